"""How the latents of a dictionary are used. R rows of a split, B of a block, K places of the code,
N latents, D width, C latents of a chunk.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

CHUNK_ATOMS = 1024


class LatentUsage:
    """Counts over the blocks of a split which latents are positive."""

    def __init__(self, latents: int, device: torch.device | str = "cpu") -> None:
        # One place more than there are latents takes the empty entries.
        self._active_N = torch.zeros(latents + 1, dtype=torch.int64, device=device)
        self._rows = 0
        self.places = 0
        """K."""

    def __call__(self, values_BK: Tensor, indices_BK: Tensor) -> None:
        """Take in the code of a block."""
        self._rows += len(values_BK)
        self.places = values_BK.shape[1]
        here = torch.where(values_BK > 0, indices_BK, len(self._active_N) - 1)
        self._active_N += torch.bincount(here.flatten(), minlength=len(self._active_N))

    @property
    def l0(self) -> float:
        """Positive values a row."""
        return float(self._active_N[:-1].double().sum()) / self._rows

    def denser_than(self, share: float) -> float:
        """Return the share of latents that are positive on more than a share of the rows."""
        return float((self._active_N[:-1].double() > share * self._rows).double().mean())


def likeness(atoms_ND: Tensor) -> Tensor:
    """Return |cos| of each atom to the one most like it, float64 [N].

    Atoms of length 0 are left out; of fewer than two atoms nothing is alike.
    """
    atoms_ND = atoms_ND.detach().float()
    unit_ND = F.normalize(atoms_ND[atoms_ND.norm(dim=1) > 0], dim=1)
    if len(unit_ND) < 2:
        return torch.zeros(1, dtype=torch.float64)
    most = []
    for start in range(0, len(unit_ND), CHUNK_ATOMS):
        alike_CN = (unit_ND[start : start + CHUNK_ATOMS] @ unit_ND.T).abs_()
        alike_CN.diagonal(start).zero_()  # each atom with itself
        most.append(alike_CN.amax(1))
    return torch.cat(most).double()
