"""Does a reconstruction come from the code, or around it? For any model with a code.

A model is three functions: encode(x) -> code, reconstruct(code, x) -> R(code, x), and linear(code),
its decoder alone. A code is a tensor, or a tuple of tensors, whose first dimension is the rows; its
floating-point parts are the values. R rows of a split, D width.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from recsae.metrics.reconstruction import share_of, spread, squared_difference

PERMUTATIONS = 5
BLOCK_ROWS = 4096
"""Rows are exchanged within blocks of this size, so that a block is encoded only twice."""
MAX_LEAK_SHARE = 1e-6
MIN_FVU_WITHOUT_CODE = 0.95

Encode = Callable[[Tensor], Any]
Reconstruct = Callable[[Any, Tensor], Tensor]
Linear = Callable[[Any], Tensor]


@torch.no_grad()
def leak_audit(
    x_RD: Tensor, encode: Encode, reconstruct: Reconstruct, linear: Linear, *, seed: int = 0
) -> dict[str, float]:
    """Return fvu, fvu_code, fvu_permuted, fvu_zeroed, leak_share and leak (1.0 or 0.0).

    Needs two rows at least. The functions are called on blocks of rows.
    """
    errors = dict.fromkeys(("fvu", "fvu_code", "fvu_permuted", "fvu_zeroed", "leak_share"), 0.0)
    for x_BD, derangements in _blocks(x_RD, seed):
        for name, error in _block_errors(x_BD, derangements, encode, reconstruct, linear).items():
            errors[name] += error
    whole = spread(x_RD)
    audit = {name: share_of(error, whole) for name, error in errors.items()}
    return audit | {"leak": float(leaks(audit))}


def leaks(audit: dict[str, float]) -> bool:
    """Return True if the reconstruction uses x itself, or hardly needs the right code."""
    # Written so that a value that is not a number counts as a leak.
    sound = (
        audit["leak_share"] <= MAX_LEAK_SHARE
        and audit["fvu_permuted"] >= MIN_FVU_WITHOUT_CODE
        and audit["fvu_zeroed"] >= MIN_FVU_WITHOUT_CODE
    )
    return not sound


def derangement(rows: int, generator: torch.Generator) -> Tensor:
    """Return a random permutation of `rows` >= 2 places that leaves none where it was."""
    assert rows >= 2, "one row cannot change places"
    # Neighbours on a random ring: each place takes what its successor held.
    ring = torch.randperm(rows, generator=generator)
    return torch.empty_like(ring).scatter_(0, ring, ring.roll(-1))


def _block_errors(
    x_BD: Tensor,
    derangements: list[Tensor],
    encode: Encode,
    reconstruct: Reconstruct,
    linear: Linear,
) -> dict[str, float]:
    code = encode(x_BD)
    recon_BD = reconstruct(code, x_BD)
    zeroed_BD = reconstruct(_parts(code, _without_values), x_BD)
    permuted = [reconstruct(_rows(code, other_B), x_BD) for other_B in derangements]
    errors = {
        "fvu": squared_difference(x_BD, recon_BD),
        "fvu_code": squared_difference(x_BD, linear(code)),
        "fvu_permuted": sum(squared_difference(x_BD, p) for p in permuted) / len(permuted),
        "fvu_zeroed": squared_difference(x_BD, zeroed_BD),
    }
    other_BD = x_BD[derangements[0]]
    encode(other_BD)  # what a module remembers from its last call is now the other rows'
    leaked_BD = reconstruct(code, other_BD)
    return errors | {"leak_share": squared_difference(recon_BD, leaked_BD)}


def _blocks(x_RD: Tensor, seed: int) -> Iterator[tuple[Tensor, list[Tensor]]]:
    generator = torch.Generator().manual_seed(seed)
    for x_BD in x_RD.tensor_split(-(-len(x_RD) // BLOCK_ROWS)):
        count = len(x_BD)
        picks = [derangement(count, generator).to(x_RD.device) for _ in range(PERMUTATIONS)]
        yield x_BD, picks


def _parts(code: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Apply a change to each tensor of a code, keeping its type."""
    if isinstance(code, Tensor):
        return change(code)
    parts = [change(part) for part in code]
    return type(code)(*parts) if hasattr(code, "_fields") else type(code)(parts)


def _without_values(part: Tensor) -> Tensor:
    return torch.zeros_like(part) if part.is_floating_point() else part


def _rows(code: Any, index_B: Tensor) -> Any:
    return _parts(code, lambda part: part[index_B])
