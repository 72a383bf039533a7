"""The laws of recsae.testing on every registered variant."""

import torch
from torch import Tensor

from recsae.metrics.leakage import leak_audit, leaks
from recsae.sae.base import SAESettings, Variant
from recsae.sae.code import SparseCode
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import VARIANTS
from recsae.testing import TrainingLaws, VariantLaws
from recsae.testing.sae_cases import ROWS, Case
from recsae.testing.variant_laws import depends_on_x


class TestVariants(VariantLaws):
    names = VARIANTS.names


class TestTraining(TrainingLaws):
    names = VARIANTS.names


def test_every_name_says_which_base_is_explained() -> None:
    assert all(name.startswith("SASRec_") for name in VARIANTS.names)


def test_the_law_of_leaks_finds_a_trace_of_x_that_is_not_declared() -> None:
    class Trace(Variant):
        def refine(
            self, sae: SparseAutoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor
        ) -> Tensor:
            return linear_BD + 2e-3 * x_BD

    settings = SAESettings.of({"sae_scale_size": 4, "sae_lr": 1e-2})
    model = Case(Trace(), settings, "cpu").train(3).model
    assert not model.variant.may_leak(model.settings) and depends_on_x(model)
    with torch.no_grad():
        assert leaks(leak_audit(ROWS[0].x_ND, model).figures)
