"""States of any histories by the base, and what the autoencoder makes of states.

Every pass has the same shape, padded where there is too little: so a row's numbers do not depend on
which other rows are asked for. R rows, C rows of a chunk, L items of a window, D width.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from recsae.inference.histories import Histories, Ints
from recsae.recommenders.recommender import Recommender
from recsae.sae.code import SparseCode
from recsae.sae.model import SparseAutoencoder

WINDOWS, ROWS = 32, 256


def chunks(rows: int, size: int) -> Iterator[slice]:
    """Yield slices of at most `size` rows."""
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))


def computed_states(
    model: Recommender, histories: Histories, rows_R: Ints, device: torch.device
) -> Tensor:
    """Return the float32 states [R, D] after some histories, none of them empty."""
    states = []
    for part in chunks(len(rows_R), WINDOWS):
        items_CL = np.zeros((WINDOWS, model.max_len), np.int64)
        lengths_C = np.ones(WINDOWS, np.int64)
        for place, history in enumerate(rows_R[part]):
            last = histories.of(history)[-model.max_len :]
            items_CL[place, : len(last)], lengths_C[place] = last, len(last)
        with torch.no_grad():
            state_CD = model.last(*(torch.from_numpy(a).to(device) for a in (items_CL, lengths_C)))
        states.append(state_CD[: part.stop - part.start].float())
    return torch.cat(states) if states else torch.zeros(0, model.item_table().shape[1])


@torch.no_grad()
def encoded(model: SparseAutoencoder, x_RD: Tensor) -> SparseCode:
    """Return the codes of all rows, on the CPU."""
    none = x_RD.new_zeros(0, model.settings.sae_k)
    parts = [SparseCode(none, none.long())]
    parts += [
        SparseCode(*(part_CK[:rows] for part_CK in model.encode(x_CD)))
        for x_CD, rows in _padded(x_RD)
    ]
    return SparseCode(*(torch.cat(kind).cpu() for kind in zip(*parts, strict=True)))


@torch.no_grad()
def reconstructed(
    model: SparseAutoencoder, x_RD: Tensor, change: Callable[[SparseCode], SparseCode] | None = None
) -> Tensor:
    """Return R(c, x) [R, D] of all rows, c being their code, or what `change` makes of it."""
    parts = [x_RD[:0]]
    for x_CD, rows in _padded(x_RD):
        code = model.encode(x_CD)
        parts.append(model.reconstruct(code if change is None else change(code), x_CD)[:rows])
    return torch.cat(parts)


def _padded(x_RD: Tensor) -> Iterator[tuple[Tensor, int]]:
    """Yield chunks of always the same shape, and how many of their rows count."""
    for part in chunks(len(x_RD), ROWS):
        x_CD = x_RD.new_zeros(ROWS, x_RD.shape[1])
        rows = part.stop - part.start
        x_CD[:rows] = x_RD[part]
        yield x_CD, rows
