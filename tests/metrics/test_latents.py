"""How much of the code and of the dictionary is used, by hand."""

from types import SimpleNamespace
from typing import NamedTuple

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from recsae.metrics import latents
from recsae.metrics.latents import LatentUsage, likeness
from recsae.metrics.registry import metrics


class Used(NamedTuple):
    """What metrics of the code read of an evaluation."""

    usage: LatentUsage
    model: SimpleNamespace


def used(values: Tensor, indices: Tensor, fired: list[bool]) -> dict[str, float]:
    usage = LatentUsage(len(fired))
    for row, places in zip(values, indices, strict=True):  # a block a row
        usage(row.unsqueeze(0), places.unsqueeze(0))
    scored = Used(usage, SimpleNamespace(fired=torch.tensor(fired)))
    known = [metric for metric in metrics().values() if metric.family == "code"]
    return {metric.name: metric.compute(scored) for metric in known}  # type: ignore[arg-type]


def test_counts_by_hand() -> None:
    values = [[0.5, 0.0, 2.0, 0.1], [0.0, 0.0, 0.0, 3.0]]
    indices = [[0, 1, 2, 3], [4, 5, 6, 3]]
    fired = [True, False, True, True, False, False, False, True]
    assert used(torch.tensor(values), torch.tensor(indices), fired) == {
        "l0": 2.0,
        "k_filled": 0.5,
        "dead": 0.5,
        "alive": 0.5,
        "density_1pct": 3 / 8,
        "density_10pct": 3 / 8,
    }


def test_a_full_code_and_an_empty_one() -> None:
    indices = torch.tensor([[0, 1]] * 3)
    full = used(torch.ones(3, 2), indices, [True] * 5)
    assert full["l0"] == 2.0 and full["k_filled"] == 1.0 and full["dead"] == 0.0
    empty = used(torch.zeros(3, 2), indices, [False] * 5)
    assert empty["l0"] == 0.0 and empty["dead"] == 1.0 and empty["density_1pct"] == 0.0


def test_densities_are_of_more_than_their_share_of_the_rows() -> None:
    values = torch.zeros(100, 3)
    values[0, 0] = values[:2, 1] = values[:11, 2] = 1.0
    found = used(values, torch.arange(3).expand(100, 3), [True] * 3)
    assert found["density_1pct"] == pytest.approx(2 / 3)  # one row of 100 is not more than 1 %
    assert found["density_10pct"] == pytest.approx(1 / 3)


def test_likeness_of_atoms_by_hand() -> None:
    atoms = torch.tensor([[2.0, 0.0], [0.0, 1.0], [-3.0, 4.0], [0.0, 0.0]])
    assert likeness(atoms).tolist() == pytest.approx([0.6, 0.8, 0.8])  # the second with the third
    assert not likeness(torch.eye(4)).any()
    assert likeness(torch.ones(1, 3)).tolist() == [0.0]


@given(count=st.integers(2, 20), chunk=st.integers(1, 25))
def test_likeness_does_not_depend_on_the_chunks(count: int, chunk: int) -> None:
    atoms = torch.randn(count, 5, generator=torch.Generator().manual_seed(count))
    whole = likeness(atoms)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latents, "CHUNK_ATOMS", chunk)
        assert torch.allclose(likeness(atoms), whole, atol=1e-6)
    assert torch.allclose(likeness(-3 * atoms), whole, atol=1e-6)
