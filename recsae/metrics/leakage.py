"""Does a reconstruction come from the code, or around it? For any model with a code.

A model has encode(x) -> code, reconstruct(code, x) -> R(code, x), and decode(code), its decoder
alone. A code is a tensor, or a tuple of tensors, whose first dimension is the rows; its
floating-point parts are the values. R rows of a split, B rows of a block, D width.

Whatever R(code, x) gets of x past the code is a leak: openly, by the second argument; by what the
model remembers of a call (an attribute, a buffer); or by parts of a code that are no code. So the
model that is scored is a copy, made before it sees a row, and its reconstructions are compared

- with its own, of the same codes beside the input of other rows, after a look at those (the
  definition of leak_share);
- with those of copies that never see the rows: they get the bare code, its rows and its entries in
  another order, beside rows of the other half of the block. They are asked first, so that a memory
  which copying does not reach (a global) cannot know by then which row a code belongs to.

What a model stored outside of itself in an earlier pass over the same rows stays hidden here; a
new process, as `evaluate` is, shows it, because it does not reproduce the figures.
"""

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from recsae.metrics.reconstruction import share_of, spread, squared_difference

PERMUTATIONS = 5
BLOCK_ROWS = 4096
"""Rows are exchanged within blocks of this size."""
MAX_LEAK_SHARE = 1e-6
MIN_FVU_WITHOUT_CODE = 0.95
MAX_LEAK_RANK = 0.01
"""Share of rows whose rank may change with another row's input beside the same code."""
_ROUNDING = 1e-11  # of the squared length: no more than what another order of sums makes
_ERRORS = ("fvu", "fvu_code", "fvu_permuted", "fvu_zeroed", "own", "apart", "moved")
_NEEDS_MORE = (AttributeError, TypeError, ValueError, LookupError)


class Coder(Protocol):
    """A model with a code."""

    def encode(self, x_BD: Tensor, /) -> Any:
        """Return the code of rows."""

    def reconstruct(self, code: Any, x_BD: Tensor, /) -> Tensor:
        """Return R(code, x)."""

    def decode(self, code: Any, /) -> Tensor:
        """Return what the decoder alone makes of a code."""


@dataclass
class Audit:
    """What one pass over a split shows."""

    figures: dict[str, float]
    """fvu, fvu_code, fvu_permuted, fvu_zeroed, leak_share."""
    recon_RD: Tensor
    """R(c_i, x_i): what is scored."""
    others_PR: Tensor
    """The row j whose code stands in for that of row i, in each permutation; on the CPU."""
    kept: dict[str, Tensor] = field(default_factory=dict)
    """Of a deep audit: `code`, `zeroed`, `foreign` [R, D], and `permuted` [P, R, D] unless that is
    recon_RD in another order, as it is when nothing leaks."""


@torch.no_grad()
def leak_audit(
    x_RD: Tensor,
    model: Coder,
    *,
    bare: Callable[[Any, torch.Generator], Any] | None = None,
    on_code: Callable[[Any], None] = lambda code: None,
    deep: bool = False,
    seed: int = 0,
) -> Audit:
    """Audit a model on two rows at least, in blocks; `deep` keeps more reconstructions.

    `bare` writes a code anew: its active latents and their values, nothing else, in another order.
    `on_code` is shown the code of each block. The model itself is left as it is.
    """
    copies = _Copies(model, bare or _copied, torch.Generator().manual_seed(seed))
    errors = dict.fromkeys(_ERRORS, 0.0)
    recons, others = [], []
    kept: dict[str, list[Tensor]] = {}
    start = 0
    for x_BD in x_RD.tensor_split(-(-len(x_RD) // BLOCK_ROWS)):
        block = copies.block(x_BD, on_code)
        for name, error in block.errors(x_BD).items():
            errors[name] += error
        recons.append(block.recon_BD)
        others.append(block.others_PB.cpu() + start)
        start += len(x_BD)
        if deep:
            for name, tensor in block.kept().items():
                kept.setdefault(name, []).append(tensor)
    if not errors["moved"]:
        # They are the reconstructions in another order, which `others_PR` gives back.
        kept.pop("permuted", None)
    # Rows are the last dimension but one, with or without permutations before them.
    joined = {name: torch.cat(t, dim=t[0].dim() - 2) for name, t in kept.items()}
    figures = _figures(errors, spread(x_RD))
    return Audit(figures, torch.cat(recons), torch.cat(others, 1), joined)


def _figures(errors: Mapping[str, float], whole: float) -> dict[str, float]:
    """Return the audit's figures from the sums of squares of all blocks and of the states."""
    shares = {name: share_of(error, whole) for name, error in errors.items()}
    leak_share = max(shares["own"], shares["apart"], key=_nan_first)
    figures = {name: share for name, share in shares.items() if name.startswith("fvu")}
    return {**figures, "leak_share": leak_share}


def leaks(figures: Mapping[str, float]) -> bool:
    """Return True if the reconstruction uses x itself, or hardly needs the right code.

    `leak_rank`, where it was measured, catches what is small beside x but decides the ranking.
    """
    # Written so that a value that is not a number counts as a leak.
    sound = (
        figures["leak_share"] <= MAX_LEAK_SHARE
        and figures["fvu_permuted"] >= MIN_FVU_WITHOUT_CODE
        and figures["fvu_zeroed"] >= MIN_FVU_WITHOUT_CODE
        and figures.get("leak_rank", 0.0) <= MAX_LEAK_RANK
    )
    return not sound


def derangement(rows: int, generator: torch.Generator) -> Tensor:
    """Return a random permutation of `rows` >= 2 places that leaves none where it was."""
    assert rows >= 2, "one row cannot change places"
    # Neighbours on a random ring: each place takes what its successor held.
    ring = torch.randperm(rows, generator=generator)
    return torch.empty_like(ring).scatter_(0, ring, ring.roll(-1))


def written_anew(
    values_BK: Tensor, indices_BK: Tensor, latents: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return the same active latents of each row, in a random order of the K places.

    Places without a value (0) name the lowest latents that are not active, whatever they named.
    """
    rows, places = values_BK.shape
    order_BK = torch.rand(rows, places, generator=generator).argsort(1).to(values_BK.device)
    values_BK, indices_BK = values_BK.gather(1, order_BK), indices_BK.gather(1, order_BK)
    empty_BK = values_BK == 0
    if not bool(empty_BK.any()):
        return values_BK, indices_BK
    pool = min(latents, 2 * places)  # has room for all empty places whatever is active
    taken_BM = torch.zeros(rows, pool + 1, dtype=torch.uint8, device=values_BK.device)
    taken_BM.scatter_(1, torch.where(empty_BK, pool, indices_BK.clamp_max(pool)), 1)
    free_BM = taken_BM[:, :pool].argsort(dim=1, stable=True)
    turn_BK = (empty_BK.cumsum(1) - 1).clamp_min(0)
    return values_BK, torch.where(empty_BK, free_BM.gather(1, turn_BK), indices_BK)


@dataclass
class _Block:
    """The reconstructions of a block, B rows, P permutations."""

    recon_BD: Tensor
    code_BD: Tensor
    zeroed_BD: Tensor
    foreign_BD: Tensor
    apart_BD: Tensor | None
    permuted_PBD: Tensor
    others_PB: Tensor

    def errors(self, x_BD: Tensor) -> dict[str, float]:
        """Return sums of squares, of which the figures are shares."""
        moved = [self.recon_BD[other_B] for other_B in self.others_PB]
        pairs = list(zip(self.permuted_PBD, moved, strict=True))
        permuted = [squared_difference(x_BD, one_BD) for one_BD, _ in pairs]
        apart = self.apart_BD
        found = {
            "fvu": squared_difference(x_BD, self.recon_BD),
            "fvu_code": squared_difference(x_BD, self.code_BD),
            "fvu_permuted": sum(permuted) / len(permuted),
            "fvu_zeroed": squared_difference(x_BD, self.zeroed_BD),
            "own": squared_difference(self.recon_BD, self.foreign_BD),
            "apart": math.inf if apart is None else self._but_rounding(self.recon_BD, apart),
            "moved": max(self._but_rounding(*pair) for pair in pairs),
        }
        assert set(found) == set(_ERRORS)
        return found

    def _but_rounding(self, a_BD: Tensor, b_BD: Tensor) -> float:
        error = squared_difference(a_BD, b_BD)
        return 0.0 if error <= _ROUNDING * float(a_BD.double().square().sum()) else error

    def kept(self) -> dict[str, Tensor]:
        """Return what only a deep audit keeps."""
        return {
            "code": self.code_BD,
            "zeroed": self.zeroed_BD,
            "foreign": self.foreign_BD,
            "permuted": self.permuted_PBD,
        }


class _Copies:
    """The copies of a model that an audit works with."""

    def __init__(
        self, model: Coder, bare: Callable[[Any, torch.Generator], Any], generator: torch.Generator
    ) -> None:
        self._scored, self._sender, *self._apart = (_copy(model) for _ in range(4))
        self._bare, self._generator = bare, generator

    def block(self, x_BD: Tensor, on_code: Callable[[Any], None]) -> _Block:
        """Reconstruct a block in every way; what is scored comes after the copies apart."""
        model, count = self._scored, len(x_BD)
        draws = [derangement(count, self._generator) for _ in range(PERMUTATIONS)]
        others_PB = torch.stack(draws).to(x_BD.device)
        # Before the scored copy sees a row: no memory outside of the copies knows them yet.
        apart_BD = self._reconstructed_apart(self._sender.encode(x_BD), x_BD)
        code = model.encode(x_BD)
        on_code(code)
        recon_BD = model.reconstruct(code, x_BD)
        zeroed_BD = model.reconstruct(_parts(code, _without_values), x_BD)
        permuted = [model.reconstruct(_rows(code, other_B), x_BD) for other_B in others_PB]
        other_BD = x_BD[others_PB[0]]
        model.encode(other_BD)  # what it remembers of its last call is now the other rows'
        foreign_BD = model.reconstruct(code, other_BD)
        linear_BD = model.decode(code)
        together = torch.stack(permuted)
        return _Block(recon_BD, linear_BD, zeroed_BD, foreign_BD, apart_BD, together, others_PB)

    def _reconstructed_apart(self, code: Any, x_BD: Tensor) -> Tensor | None:
        """Return R by copies that never saw the rows; None if the bare code is not enough."""
        order_B = torch.randperm(len(x_BD), generator=self._generator).to(x_BD.device)
        halves = order_B.tensor_split(2)
        apart_BD = torch.empty_like(x_BD)
        # Each copy decodes the codes of one half beside the rows of the other half.
        for model, own, other in zip(self._apart, halves, reversed(halves), strict=True):
            guests = x_BD[other[torch.arange(len(own), device=x_BD.device) % len(other)]]
            model.encode(guests)  # what it remembers, if anything, is of others
            try:
                bare = self._bare(_rows(code, own), self._generator)
                apart_BD[own] = model.reconstruct(bare, guests)
            except _NEEDS_MORE:
                return None
        return apart_BD


def _copy(model: Coder) -> Coder:
    twin = copy.deepcopy(model)
    return twin.eval() if isinstance(twin, torch.nn.Module) else twin


def _nan_first(share: float) -> float:
    return math.inf if math.isnan(share) else share


def _parts(code: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Apply a change to each tensor of a code, keeping its type."""
    if isinstance(code, Tensor):
        return change(code)
    parts = [change(part) for part in code]
    return type(code)(*parts) if hasattr(code, "_fields") else type(code)(parts)


def _copied(code: Any, _: torch.Generator) -> Any:
    return _parts(code, torch.clone)


def _without_values(part: Tensor) -> Tensor:
    return torch.zeros_like(part) if part.is_floating_point() else part


def _rows(code: Any, index_B: Tensor) -> Any:
    return _parts(code, lambda part: part[index_B])
