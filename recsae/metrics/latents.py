"""How the latents of a dictionary are used. R rows of a split, B of a block, K places of the code,
N latents, D width, C latents of a chunk.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

DENSITIES = {"density_1pct": 0.01, "density_10pct": 0.10}
CHUNK_ATOMS = 1024


class LatentUsage:
    """Counts over the blocks of a split which latents are positive."""

    def __init__(self, latents: int, device: torch.device | str = "cpu") -> None:
        # One place more than there are latents takes the empty entries.
        self._active_N = torch.zeros(latents + 1, dtype=torch.int64, device=device)
        self._rows, self._places = 0, 0

    def __call__(self, values_BK: Tensor, indices_BK: Tensor) -> None:
        """Take in the code of a block."""
        self._rows += len(values_BK)
        self._places = values_BK.shape[1]
        here = torch.where(values_BK > 0, indices_BK, len(self._active_N) - 1)
        self._active_N += torch.bincount(here.flatten(), minlength=len(self._active_N))

    def metrics(self, fired_N: Tensor) -> dict[str, float]:
        """Return l0, k_filled, dead, alive and two densities.

        l0: positive values a row; k_filled: l0 / k; dead: share of latents that never fired while
        training; alive: 1 - dead; density_1pct, density_10pct: share of latents that are positive
        on more than 1 and 10 % of these rows.
        """
        active_N = self._active_N[:-1].double()
        l0 = float(active_N.sum()) / self._rows
        dead = 1.0 - float(fired_N.double().mean())
        usage = {"l0": l0, "k_filled": l0 / self._places, "dead": dead, "alive": 1.0 - dead}
        dense = {n: (active_N > part * self._rows).double().mean() for n, part in DENSITIES.items()}
        return {**usage, **{name: float(share) for name, share in dense.items()}}


def coherence(atoms_ND: Tensor) -> dict[str, float]:
    """Return how alike decoder atoms are, by |cos| of each to the atom most like it.

    coherence: the largest; coherence_mean: their mean. Atoms of length 0 are left out; of fewer
    than two atoms nothing is alike.
    """
    atoms_ND = atoms_ND.detach().float()
    unit_ND = F.normalize(atoms_ND[atoms_ND.norm(dim=1) > 0], dim=1)
    if len(unit_ND) < 2:
        return {"coherence": 0.0, "coherence_mean": 0.0}
    most = []
    for start in range(0, len(unit_ND), CHUNK_ATOMS):
        alike_CN = (unit_ND[start : start + CHUNK_ATOMS] @ unit_ND.T).abs_()
        alike_CN.diagonal(start).zero_()  # each atom with itself
        most.append(alike_CN.amax(1))
    most_N = torch.cat(most).double()
    return {"coherence": float(most_N.max()), "coherence_mean": float(most_N.mean())}
