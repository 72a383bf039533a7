"""Cases of the laws that draw nothing while they train, on more rows than the laws have.

A GPU's generator gives other numbers than a CPU's, so only these can be held against each other.
"""

from typing import Any

import torch

from recsae.sae.registry import VARIANTS
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.testing.sae_cases import Case, cases

COUNT, WIDTH = 4096, 32
QUIET: dict[str, Any] = {"sae_attn_dropout": 0.0, "sae_contrastive_view": "base"}
LARGER: dict[str, Any] = {
    "sae_k": 8,
    "sae_scale_size": 8,
    "sae_batch_size": 256,
    "sae_contrastive_batch": 128,
    "sae_lr": 1e-3,
}


def larger(case: Case, changes: dict[str, Any]) -> Case:
    kind = type(case.settings)
    fitting = {name: value for name, value in changes.items() if name in kind.model_fields}
    return case._replace(settings=kind.of(case.settings.values() | fitting))


CASES = cases(VARIANTS.names)
LOUD_CASES = {name: larger(case, LARGER) for name, case in CASES.items()}
QUIET_CASES = {
    name: larger(case, LARGER | QUIET) for name, case in CASES.items() if "dropout" not in name
}


def rows() -> Rows:
    generator = torch.Generator().manual_seed(3)
    shapes = [(COUNT, 12), (12, WIDTH), (COUNT, WIDTH), (1, COUNT, WIDTH)]
    factors, loadings, noise, view = (torch.randn(shape, generator=generator) for shape in shapes)
    x_ND = factors @ loadings + 0.3 * noise + 1
    place = torch.arange(COUNT)
    return Rows(x_ND, place // 8, place % 50, x_ND + 0.3 * view)


def trainer(case: Case, device: str) -> SAETrainer:
    return SAETrainer(case.variant, case.settings, rows(), order_seed=0, device=device)
