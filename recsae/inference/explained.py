"""A recommender with the autoencoder that explains it. R rows, D width, N latents, I items."""

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from scipy import sparse
from torch import Tensor

from recsae.activations.store import Activations
from recsae.errors import RecsaeError, SettingError
from recsae.inference.codes import as_csr, from_csr, steered
from recsae.inference.histories import (
    TRAIN,
    Given,
    Histories,
    Ints,
    histories_of,
    say_empty,
    train_histories,
)
from recsae.inference.ids import Ids
from recsae.inference.latents import Latent, LatentTable
from recsae.inference.rankings import top_items
from recsae.inference.states import computed_states, encoded, reconstructed
from recsae.recommenders.recommender import Recommender
from recsae.sae.model import SparseAutoencoder

_RECOMMENDED: Final = {
    "user": "user",
    "rank": "rank",
    "item": "item",
    "score": "score",
    "other_rank": "base_rank",
    "other_score": "base_score",
}
_STEERED: Final = {
    "user": "user",
    "item": "item",
    "other_rank": "rank_before",
    "rank": "rank_after",
    "other_score": "score_before",
    "score": "score_after",
}


class ExplainedRecommender:
    """What `recsae.load_model` returns.

    `histories` are lists of the data's own item ids, one a user; a dict of such lists by user; a
    DataFrame with the columns user, item and perhaps time; or "dev", "test" or "all": what is
    stored of each user before the target of that split, or all events. An unknown item is left out
    and named in a line on standard error; so is a user without any known item.
    """

    def __init__(
        self,
        model: SparseAutoencoder,
        activations: Activations,
        recommender: Callable[[], Recommender],
        path: Path,
        *,
        leaks: bool,
        device: torch.device,
    ) -> None:
        self.path = path
        """The folder of the model."""
        self.activations = activations
        self.leaks = leaks
        """Whether the reconstruction uses the state beside the code."""
        self._model, self._recommender, self._device = model.to(device), recommender, device
        self._table_ID = activations.tensor("item_table").to(device)

    @property
    def model_name(self) -> str:
        """The variant of the autoencoder."""
        return self._model.variant.name

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that it was trained with; `sae_k` is the k at which it is used."""
        return self._model.settings.values()

    @cached_property
    def users(self) -> Ids:
        """The original ids of the data's users."""
        return Ids(self.activations.user_ids)

    @cached_property
    def items(self) -> Ids:
        """The original ids of the data's items."""
        return Ids(self.activations.item_ids)

    def encode(self, histories: Given | Histories) -> sparse.csr_array:
        """Return the codes as a matrix, a row a history and a column a latent.

        The row of a history without any known item is empty. The split "train" has a row an event.
        """
        if isinstance(histories, str) and histories == TRAIN:
            histories = train_histories(self.activations)
        asked, rows_R, x_RD = self._states(histories)
        codes = as_csr(encoded(self._model, x_RD), self._model.latents)
        if len(rows_R) == len(asked.users):
            return codes
        place = sparse.csr_array(
            (np.ones(len(rows_R), np.float32), (rows_R, np.arange(len(rows_R)))),
            shape=(len(asked.users), len(rows_R)),
        )
        return sparse.csr_array(place @ codes)

    @torch.no_grad()
    def decode(self, codes: sparse.sparray) -> npt.NDArray[np.float32]:
        """Return the states [R, D] that the autoencoder makes of codes [R, N].

        Raises RecsaeError for an autoencoder that needs more than the code.
        """
        self._refuse_leak("decode codes")
        code = from_csr(codes, self._model.latents)
        nothing_RD = torch.zeros(len(code.values_BK), self._model.width, device=self._device)
        code = type(code)(*(part.to(self._device) for part in code))
        return np.asarray(self._model.reconstruct(code, nothing_RD).cpu())

    def recommend(
        self, histories: Given | Histories, k: int = 10, *, seen: bool = False
    ) -> pd.DataFrame:
        """Return the k items that score best, a row each: user, rank, item, score, base_rank,
        base_score.

        The score is that of the reconstructed state, as `evaluate` has it; base_rank and base_score
        are those of the base itself. Items of the history are left out of both rankings, unless
        `seen`.
        """
        asked, rows_R, x_RD = self._states(histories)
        recon_RD = reconstructed(self._model, x_RD)
        seen_R = None if seen else asked.seen(rows_R)
        top = top_items(recon_RD, x_RD, self._table_ID, seen_R, _k(k))
        return self._named(top, asked, rows_R, _RECOMMENDED)

    def steer(
        self,
        histories: Given | Histories,
        by: Mapping[int, float],
        k: int = 10,
        *,
        seen: bool = False,
    ) -> pd.DataFrame:
        """Return how rankings change when numbers are added to latents: {17: 2.0} adds 2 to 17.

        A value does not fall below 0, so a large negative number switches a latent off. A row an
        item that is among the k best before or after: user, item, rank_before, rank_after,
        score_before, score_after. Raises RecsaeError for an autoencoder that needs more than the
        code, SettingError for a latent that it does not have.
        """
        self._refuse_leak("steer")
        for latent, amount in by.items():
            self._check_latent(latent)
            if not np.isfinite(amount):
                raise SettingError("by", f"expected a finite number for latent {latent}")
        asked, rows_R, x_RD = self._states(histories)
        before_RD = reconstructed(self._model, x_RD)
        after_RD = reconstructed(self._model, x_RD, partial(steered, by=by))
        seen_R = None if seen else asked.seen(rows_R)
        top = top_items(after_RD, before_RD, self._table_ID, seen_R, _k(k), of_either=True)
        return self._named(top, asked, rows_R, _STEERED)

    @property
    def latents(self) -> pd.DataFrame:
        """What each latent does on the train and dev rows, a row each; test plays no part.

        See `LatentTable.frame` for the columns. Computed once.
        """
        return self._latent_table.frame

    def latent(self, number: int) -> Latent:
        """Return what is known of one latent; raises SettingError if there is none."""
        self._check_latent(number)
        return self._latent_table.latent(number)

    @cached_property
    def titles(self) -> dict[Any, str]:
        """The title of each item that has one, by its id."""
        known = self.activations.attributes
        known = known[known["attribute"] == "title"]
        return dict(zip(self.items.values[known["item"]].tolist(), known["value"], strict=True))

    @cached_property
    def _latent_table(self) -> LatentTable:
        return LatentTable(self._model, self.activations, self.items.values)

    def _check_latent(self, number: int) -> None:
        count = self._model.latents
        if not 0 <= number < count:
            nearest = 0 if number < 0 else count - 1
            raise SettingError(
                "latent", f"expected 0 to {count - 1}, got {number} (the nearest is {nearest})"
            )

    def _refuse_leak(self, what: str) -> None:
        if self.leaks:
            raise leak_refusal(self.path, self._model, what)

    def _states(self, given: Given | Histories) -> tuple[Histories, Ints, Tensor]:
        """Return histories, which of them are not empty [R], and the states after those [R, D].

        What is stored is taken as it is, so that scores are those that `evaluate` has.
        """
        asked = given
        if not isinstance(asked, Histories):
            asked = histories_of(asked, self.activations, self.items)
        say_empty(asked)
        rows_R = np.flatnonzero(asked.lengths)
        if asked.split is not None and asked.rows is not None:
            x_RD = self._stored(asked.split)[torch.from_numpy(asked.rows[rows_R])]
            return asked, rows_R, x_RD.float().to(self._device)
        x_RD = computed_states(self._recommender(), asked, rows_R, self._device)
        stored = getattr(torch, self.activations.meta["dtype"])
        return asked, rows_R, x_RD.to(stored).float()

    def _stored(self, split: str) -> Tensor:
        if split == TRAIN:
            return self.activations.tensor("train_x")
        return self.activations.states("dev" if split == "dev" else "test")

    def _named(
        self, top: pd.DataFrame, asked: Histories, rows_R: Ints, columns: Mapping[str, str]
    ) -> pd.DataFrame:
        """Return the frame with original ids, its columns chosen, in order, and renamed."""
        ids = {"user": asked.users[rows_R[top["row"]]], "item": self.items.values[top["item"]]}
        return top.assign(**ids)[[*columns]].rename(columns=columns)


def leak_refusal(path: Path, model: SparseAutoencoder, what: str) -> RecsaeError:
    """Return what to tell of a model that leaks and therefore cannot do something."""
    mode = model.settings.values().get("sae_attn_mode")
    words = f"{model.variant.name}{f' in mode {mode}' if mode else ''}"
    return RecsaeError(
        f"{path}: {words} cannot {what}: its reconstruction uses the state beside the "
        "code; expected a model that does not leak"
    )


def _k(k: int) -> int:
    if k < 1:
        raise SettingError("k", f"expected an integer >= 1, got {k}")
    return k
