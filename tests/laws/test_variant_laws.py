"""What every registered variant obeys once trained, without being named here."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.cases import CASES, ROWS, Case, drawn_case, here, other_rows, same, weights
from torch import Tensor

from recsae.errors import SettingError
from recsae.metrics.leakage import MAX_LEAK_SHARE, leak_audit, leaks
from recsae.sae.base import SAESettings, Variant
from recsae.sae.code import SparseCode
from recsae.sae.files import load, save
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variants


@torch.no_grad()
def depends_on_x(model: SparseAutoencoder) -> bool:
    """Whether R(c, x) changes with x, given as an argument or remembered from encoding."""
    x, other = other_rows(1), other_rows(2)
    code = model.encode(x)
    recon = model.reconstruct(code, x)
    model.encode(other)
    return not torch.equal(recon, model.reconstruct(code, other))


def test_the_reconstruction_depends_on_x_only_if_declared(
    case: Case, trained: SparseAutoencoder
) -> None:
    declared = case.variant.may_leak(case.settings)
    assert depends_on_x(trained) is declared
    figures = leak_audit(here(ROWS[0].x_ND), trained).figures
    assert leaks(figures) is declared
    assert (figures["leak_share"] > MAX_LEAK_SHARE) is declared


def test_that_law_finds_a_trace_of_x_that_is_not_declared() -> None:
    class Trace(Variant):
        def refine(
            self, sae: SparseAutoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor
        ) -> Tensor:
            return linear_BD + 2e-3 * x_BD

    model = Case(Trace(), SAESettings.of({"sae_scale_size": 4, "sae_lr": 1e-2})).train(3).model
    assert not model.variant.may_leak(model.settings) and depends_on_x(model)
    assert leaks(leak_audit(here(ROWS[0].x_ND), model).figures)


@torch.no_grad()
def test_codes_are_sparse_and_not_negative(case: Case, trained: SparseAutoencoder) -> None:
    code = trained.encode(other_rows())
    assert code.values_BK.shape == code.indices_BK.shape == (50, case.settings.sae_k)
    assert (code.values_BK >= 0).all() and (code.values_BK > 0).any()
    assert code.indices_BK.min() >= 0 and code.indices_BK.max() < trained.latents
    assert all(len(set(row)) == len(row) for row in code.indices_BK.tolist())
    l0 = (code.values_BK > 0).sum(1).double().mean()
    assert 0 < l0 <= case.settings.sae_k


@torch.no_grad()
def test_forward_is_reconstruct_after_encode(trained: SparseAutoencoder) -> None:
    x = other_rows()
    assert torch.equal(trained(x), trained.reconstruct(trained.encode(x), x))


@torch.no_grad()
def test_dropout_is_inactive_in_evaluation(trained: SparseAutoencoder) -> None:
    assert not any(module.training for module in trained.modules())
    assert torch.equal(trained(other_rows()), trained(other_rows()))


@torch.no_grad()
def test_rows_do_not_see_each_other(trained: SparseAutoencoder) -> None:
    x = other_rows()
    torch.testing.assert_close(trained(x.flip(0)).flip(0), trained(x))
    torch.testing.assert_close(trained(x[7:8]), trained(x)[7:8])


def test_measures_do_not_depend_on_the_order_of_the_rows(trained: SparseAutoencoder) -> None:
    x = here(ROWS[0].x_ND)
    one, other = (leak_audit(rows, trained).figures for rows in (x, x.flip(0)))
    for name in ("fvu", "fvu_code", "fvu_zeroed"):
        assert one[name] == pytest.approx(other[name], rel=1e-5, abs=1e-9), name


def test_decoder_rows_have_length_one_under_the_default_recipe(
    case: Case, trained: SparseAutoencoder
) -> None:
    length_N = trained.W_dec.norm(dim=1)
    if case.settings.sae_recipe == "default" or case.variant.frozen_dictionary:
        torch.testing.assert_close(length_N, torch.ones_like(length_N))
    assert (length_N - 1).abs().max() < 0.2


@torch.no_grad()
def test_saved_and_loaded_it_is_the_same(
    case: Case, trained: SparseAutoencoder, tmp_path: Path
) -> None:
    save(trained, tmp_path / "model", {"note": 1})
    loaded, extra = load(tmp_path / "model")
    assert extra == {"note": 1} and loaded.settings == case.settings
    assert type(loaded.variant) is type(case.variant)
    assert same(weights(loaded), trained.kept(weights(trained)))
    loaded.to(other_rows().device)
    assert torch.equal(loaded(other_rows()), trained(other_rows()))


@pytest.mark.parametrize("name", variants())
@settings(max_examples=12)
@given(data=st.data())
def test_drawn_settings_obey_too(name: str, data: st.DataObject) -> None:
    case = data.draw(drawn_case(name))
    run = case.train(epochs=1)
    model, x = run.model, other_rows()
    assert all(weight.isfinite().all() for weight in model.parameters())
    with torch.no_grad():
        code = model.encode(x)
        assert code.values_BK.shape == (50, case.settings.sae_k) and (code.values_BK >= 0).all()
        assert torch.equal(model(x), model.reconstruct(code, x))
    assert depends_on_x(model) <= case.variant.may_leak(case.settings)
    again = case.trainer()
    again.load_state_dict(run.state_dict())
    assert again.epoch() == run.epoch()
    assert same(weights(again.model), weights(model))


@pytest.mark.parametrize("name", variants())
def test_settings_are_named_and_explained(name: str) -> None:
    kind = variants()[name]
    assert name.startswith("SASRec_") and kind.Settings.of({}).sae_k >= 1
    for field, info in kind.Settings.model_fields.items():
        assert field.startswith("sae_") and info.description, field


@pytest.mark.parametrize("name", variants())
def test_more_active_latents_than_there_are_is_refused(name: str) -> None:
    kind = variants()[name]
    fitting = next(case for case in CASES.values() if case.variant.name == name).settings
    over = type(fitting).of(fitting.values() | {"sae_k": 1000})
    with pytest.raises(SettingError, match="sae_k"):
        Case(kind, over).trainer()
