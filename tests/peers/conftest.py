"""What sparsify and SAELens themselves make of models, told at the end of the tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

FIGURES: list[str] = []
Codes = tuple[Tensor, Tensor]
"""Dense codes and reconstructions."""


def sparsify_codes(coder: Any, x_BD: Tensor) -> Codes:
    """Return what a SparseCoder makes of states."""
    values_BK, places_BK, pre_BN = coder.encode(x_BD)
    return torch.zeros_like(pre_BN).scatter(1, places_BK, values_BK), coder(x_BD).sae_out


def saelens_codes(sae: Any, x_BD: Tensor) -> Codes:
    """Return what a TopKSAE makes of states."""
    return sae.encode(x_BD), sae(x_BD)


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Callable[[Path], Callable[[Tensor], Codes]]:
    """Return what opens a folder by the library that the test is of, by its `layout`."""
    layout = request.getfixturevalue("layout")
    if layout == "sparsify":
        library = pytest.importorskip("sparsify", reason="eai-sparsify is not installed")
        load, codes = library.SparseCoder.load_from_disk, sparsify_codes
    else:
        library = pytest.importorskip("sae_lens", reason="sae-lens is not installed")
        load, codes = library.SAE.load_from_disk, saelens_codes

    def open_folder(folder: Path) -> Callable[[Tensor], Codes]:
        model = load(folder)

        def of(x_BD: Tensor) -> Codes:
            with torch.no_grad():
                return codes(model, x_BD)

        return of

    return open_folder


@pytest.fixture
def told() -> Iterator[Callable[[str], None]]:
    """Return what notes a line for the end of the run."""
    yield FIGURES.append


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was measured."""
    if FIGURES:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(FIGURES))
