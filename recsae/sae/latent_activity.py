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
        as_mask: bool = False,
    ) -> None:
        """`window` is in epochs of `epoch_rows` rows.

        Which latents are dead is left open unless `dead_wanted`. They are given by number, or, so
        that on a GPU the host need not wait to learn how many they are, `as_mask` [N].
        """
        self.silent_N = torch.zeros(latents, dtype=torch.int64, device=device)
        """Rows since each latent was last active."""
        self.fired_N = torch.zeros(latents, dtype=torch.bool, device=device)
        """Latents that were positive in this epoch."""
        self._epoch_rows, self._window = epoch_rows, window * epoch_rows
        self._dead_wanted, self._as_mask = dead_wanted, as_mask
        self._by_window = recipe.dead_window
        self._dead_M = self.silent_N.new_empty(0)

    def begin_epoch(self) -> None:
        """Forget what fired; the published rule takes as dead what was silent all last epoch."""
        self.fired_N.zero_()
        if not self._by_window:
            self._dead_M = self._silent_for(self._epoch_rows)

    @torch.no_grad()
    def count(self, code: SparseCode) -> Tensor:
        """Note which latents are active on this batch; return those that now count as dead.

        None of them, if they are not wanted.
        """
        positive_N = self._among(
            torch.where(code.values_BK > 0, code.indices_BK, len(self.fired_N))
        )
        self.fired_N |= positive_N
        self.silent_N += code.values_BK.shape[0]
        self.silent_N.masked_fill_(
            positive_N if self._by_window else self._among(code.indices_BK), 0
        )
        return self._silent_for(self._window) if self._by_window else self._dead_M

    def _among(self, indices_BK: Tensor) -> Tensor:
        # One place more than there are latents takes the empty entries.
        here = torch.zeros(len(self.fired_N) + 1, dtype=torch.bool, device=self.fired_N.device)
        return here.scatter_(0, indices_BK.flatten(), True)[:-1]

    def _silent_for(self, rows: float) -> Tensor:
        if not self._dead_wanted:
            return self.silent_N.new_empty(0)
        dead_N = self.silent_N >= rows
        return dead_N if self._as_mask else dead_N.nonzero().squeeze(1)
