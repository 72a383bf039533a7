"""Which latents are alive. B rows of a batch, K active, N latents, M dead ones."""

import torch
from torch import Tensor

from recsae.sae.code import SparseCode
from recsae.sae.recipes import Recipe


class Activity:
    """Counts, a batch at a time, which latents were active and for how many rows they were not."""

    def __init__(
        self,
        latents: int,
        epoch_rows: int,
        window: float,
        recipe: Recipe,
        device: torch.device,
        *,
        dead_wanted: bool = True,
    ) -> None:
        """`window` is in epochs of `epoch_rows` rows.

        Which latents are dead is left open unless `dead_wanted`: on a GPU the host waits for it.
        """
        self.silent_N = torch.zeros(latents, dtype=torch.int64, device=device)
        """Rows since each latent was last active."""
        self.fired_N = torch.zeros(latents, dtype=torch.bool, device=device)
        """Latents that were positive in this epoch."""
        self._epoch_rows, self._window = epoch_rows, window * epoch_rows
        self._dead_wanted = dead_wanted
        self._as_we_go = recipe.dead_window
        self._dead_M = self._silent_for(self._epoch_rows)

    def begin_epoch(self) -> None:
        """Forget what fired; the published rule takes as dead what was silent all last epoch."""
        self.fired_N = torch.zeros_like(self.fired_N)
        self._dead_M = self._silent_for(self._epoch_rows)

    @torch.no_grad()
    def count(self, code: SparseCode) -> Tensor:
        """Note which latents are active on this batch; return those that now count as dead.

        None of them, if they are not wanted.
        """
        positive_N = self._among(torch.where(code.values_BK > 0, code.indices_BK, -1))
        self.fired_N |= positive_N
        self.silent_N += code.values_BK.shape[0]
        self.silent_N.masked_fill_(
            positive_N if self._as_we_go else self._among(code.indices_BK), 0
        )
        return self._silent_for(self._window) if self._as_we_go else self._dead_M

    def _among(self, indices_BK: Tensor) -> Tensor:
        # One place more than there are latents takes the empty entries, -1.
        here = torch.zeros(len(self.fired_N) + 1, dtype=torch.bool, device=self.fired_N.device)
        here[indices_BK] = True
        return here[:-1]

    def _silent_for(self, rows: float) -> Tensor:
        if not self._dead_wanted:
            return self.silent_N.new_empty(0)
        return (self.silent_N >= rows).nonzero().squeeze(1)
