"""Leaks that somebody hid are found, and honest models are not accused."""

from typing import Any

import pytest
import torch
from metrics.planted_leaks import LEAKS, WIDTH, Code, FirstPairing, Planted, rows
from torch import Tensor

from recsae.metrics.leakage import leak_audit, leaks, written_anew


def bare(code: Any, generator: torch.Generator) -> Code:
    return Code(*written_anew(code.values, code.indices, WIDTH, generator))


@pytest.mark.parametrize("kind", LEAKS, ids=lambda kind: kind.__name__)
def test_a_small_leak_is_found(kind: type[Planted]) -> None:
    model = kind()
    found = leak_audit(rows(), model, bare=bare).figures
    assert found["leak_share"] > 1e-6 and leaks(found)
    # Small: neither the permuted code nor the zeroed one would have told.
    assert min(found["fvu_permuted"], found["fvu_zeroed"]) > 0.95


class Nonlinear(Planted):
    """Honest: adds what it makes of the code."""

    def beside(self, code: Any, x: Tensor) -> Tensor:
        return 100 * torch.tanh(self.decode(code)).flip(1)


class Counting(Nonlinear):
    """Honest: counts its calls, and remembers rows that it never uses."""

    calls = 0

    def encode(self, x: Tensor) -> Any:
        self.calls, self.last = self.calls + 1, x
        return super().encode(x)


@pytest.mark.parametrize("kind", [Nonlinear, Counting])
def test_the_honest_are_not_accused(kind: type[Planted]) -> None:
    found = leak_audit(rows(), kind(), bare=bare).figures
    assert found["leak_share"] < 1e-9 and not leaks(found)


def test_a_global_memory_of_first_pairings_gains_nothing() -> None:
    """It cannot be told from a large decoder; but what is scored was made before it knew the x."""
    known: dict[tuple[float, ...], Tensor] = {}

    class Everywhere(FirstPairing):
        def __init__(self) -> None:
            pass

        def __deepcopy__(self, memo: Any) -> "Everywhere":
            return Everywhere()

        def reconstruct(self, code: Any, x: Tensor) -> Tensor:
            return self.decode(code) + 0.5 * self.beside(code, x)

    Everywhere.known = known  # type: ignore[misc]
    found = leak_audit(rows(), Everywhere(), bare=bare).figures
    assert leaks(found) or found["fvu"] > found["fvu_code"]
