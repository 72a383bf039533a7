"""What latents do on the train and dev rows: how often, how strongly, after and before which items.

Shapes: R rows of both splits, N latents, I items, D width, T rows kept of a latent, P entries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from scipy import sparse
from torch import Tensor

from recsae.activations.store import Activations
from recsae.inference.codes import as_csr
from recsae.inference.histories import Ints
from recsae.interactions.attributes import tags
from recsae.sae.model import SparseAutoencoder

MOST_ITEMS: Final = 5
"""Items that a list of the table names."""
MOST_ROWS: Final = 10
"""Contexts that are kept of a latent."""
CONTEXT: Final = 5
"""Most recent items that a context shows."""
_ROWS, _LATENTS = 16_384, 1024


@dataclass(frozen=True)
class Latent:
    """One latent: its row of the table, and where it is strongest."""

    number: int
    about: dict[str, Any]
    """density, mean, max, dead, after, before, tags, raises, lowers: see `LatentTable.frame`."""
    contexts: pd.DataFrame
    """The rows with its largest values, a row each: split, user, value, history (its most recent
    items, the last one last) and next_item, which the user took."""


class LatentTable:
    """Counted in one pass over the stored rows of train and dev."""

    def __init__(
        self, model: SparseAutoencoder, activations: Activations, item_ids: npt.NDArray[Any]
    ) -> None:
        self._activations, self._ids = activations, item_ids
        self._rows = _Rows.of(activations)
        kept: list[npt.NDArray[Any]]
        kept = [np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)]
        shape = model.latents, len(activations.item_table)
        after, before = (sparse.csr_array(shape, dtype=np.float64) for _ in range(2))
        count_N, most_N = np.zeros(shape[0], np.int64), np.zeros(shape[0], np.float32)
        for start, codes in self._codes(model):
            part = slice(start, start + codes.shape[0])
            after += codes.T @ _one_hot(self._rows.last_item[part], shape[1])
            before += codes.T @ _one_hot(self._rows.next_item[part], shape[1])
            entries = codes.tocoo()
            count_N += np.bincount(entries.col, minlength=shape[0])
            np.maximum.at(most_N, entries.col, entries.data)
            found = entries.col, entries.row + start, entries.data
            kept = _strongest([np.concatenate(pair) for pair in zip(kept, found, strict=True)])
        self._strongest = kept
        self.frame = self._frame(model, count_N, most_N, after, before)
        """A row a latent, its number the index. Over the rows of train and dev:

        density: share of them on which it is positive; mean, max: of its positive values;
        dead: positive on no train row of the last epoch of its training;
        after, before: the items that are the last of the history, or follow it, where the latent
        is active, by the sum of its values above what it would be if it fired regardless of them;
        tags: the same of what is known of the items that follow, such as genre=Comedy;
        raises, lowers: the items whose score it changes most, by its row of the decoder.
        """

    def latent(self, number: int) -> Latent:
        """Return one latent."""
        latent_P, row_P, value_P = (part[self._strongest[0] == number] for part in self._strongest)
        assert len(latent_P) <= MOST_ROWS
        rows, items = self._rows, np.asarray(self._activations.items)
        starts = np.maximum(rows.start[row_P], rows.event[row_P] + 1 - CONTEXT)
        pairs = zip(starts, rows.event[row_P] + 1, strict=True)
        contexts = pd.DataFrame(
            {
                "split": np.where(row_P < rows.train, "train", "dev"),
                "user": self._activations.user_ids.to_numpy()[rows.user[row_P]],
                "value": value_P,
                "history": [self._ids[items[start:end]].tolist() for start, end in pairs],
                "next_item": self._ids[rows.next_item[row_P]],
            }
        )
        (about,) = self.frame.loc[[number]].to_dict("records")
        return Latent(number, {str(name): value for name, value in about.items()}, contexts)

    def _codes(self, model: SparseAutoencoder) -> Iterator[tuple[int, sparse.csr_array]]:
        """Yield where each block of rows begins, and its codes: first train, then dev."""
        device, start = model.W_dec.device, 0
        for x_RD in (self._activations.tensor("train_x"), self._activations.states("dev")):
            for x_BD in torch.split(x_RD, _ROWS):
                with torch.no_grad():
                    code = model.encode(x_BD.to(device).float())
                yield start, as_csr(type(code)(*(part.cpu() for part in code)), model.latents)
                start += len(x_BD)

    def _frame(
        self,
        model: SparseAutoencoder,
        count_N: Ints,
        most_N: npt.NDArray[np.float32],
        after: sparse.csr_array,
        before: sparse.csr_array,
    ) -> pd.DataFrame:
        sum_N, rows = np.asarray(after.sum(axis=1)).ravel(), self._rows
        raises, lowers = self._effects(model.W_dec.detach())
        columns = {
            "density": count_N / len(rows.user),
            "mean": sum_N / np.maximum(count_N, 1),
            "max": most_N,
            "dead": ~model.fired.cpu().numpy(),
            "after": self._most(after, rows.last_item),
            "before": self._most(before, rows.next_item),
            "tags": self._tags(before, rows.next_item),
            "raises": raises,
            "lowers": lowers,
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(len(count_N), name="latent"))

    def _most(self, mass_NI: sparse.csr_array, item_R: Ints) -> list[list[Any]]:
        """Return the items on which each latent has more than is expected of any latent."""
        share_I = np.bincount(item_R, minlength=mass_NI.shape[1]) / len(item_R)
        return _above(mass_NI, mass_NI.sum(axis=1), share_I, self._ids)

    def _tags(self, mass_NI: sparse.csr_array, item_R: Ints) -> list[list[Any]]:
        """Return the same of the items' tags, such as genre=Comedy, where there are any."""
        known = tags(self._activations.attributes, mass_NI.shape[1])
        if known is None:
            return [[] for _ in range(mass_NI.shape[0])]
        tags_IT = sparse.csr_array(known.to_numpy(np.float64))
        share_T = np.bincount(item_R, minlength=mass_NI.shape[1]) @ tags_IT / len(item_R)
        return _above(mass_NI @ tags_IT, mass_NI.sum(axis=1), share_T, known.columns.to_numpy())

    def _effects(self, atoms_ND: Tensor) -> tuple[list[list[Any]], list[list[Any]]]:
        """Return for each latent the items that its atom raises and lowers most."""
        table_ID = self._activations.tensor("item_table").to(atoms_ND)
        most = min(MOST_ITEMS, len(table_ID))
        found: tuple[list[list[Any]], list[list[Any]]] = [], []
        for part_CD in torch.split(atoms_ND, _LATENTS):
            effect_CI = part_CD @ table_ID.T
            for lists, sign in zip(found, (1, -1), strict=True):
                items_CT = (sign * effect_CI).topk(most, dim=1).indices.cpu().numpy()
                lists.extend(self._named(items_T) for items_T in items_CT)
        return found

    def _named(self, items: Ints) -> list[Any]:
        return list(self._ids[items].tolist())


@dataclass(frozen=True)
class _Rows:
    """Where the rows of train, then of dev, come from: arrays [R]."""

    train: int
    """How many are of train."""
    user: Ints
    start: Ints
    """The first event of the user."""
    event: Ints
    """The last event of the history."""
    last_item: Ints
    next_item: Ints

    @classmethod
    def of(cls, activations: Activations) -> "_Rows":
        offsets, dev = np.asarray(activations.offsets, np.int64), activations.targets("dev")
        train_user = np.asarray(activations.train_user, np.int64)
        user = np.concatenate([train_user, dev.user])
        event = np.concatenate([activations.train_events(), dev.position - 1])
        last, following = activations.items[event], activations.items[event + 1]
        return cls(len(train_user), user, offsets[user], event, last, following)


def _above(
    mass: sparse.csr_array,
    sum_N: npt.NDArray[np.float64],
    share: npt.NDArray[np.float64],
    names: npt.NDArray[Any],
) -> list[list[Any]]:
    """Return the columns in which a row has most above its sum times the column's share."""
    entries = mass.tocoo()
    excess_P = entries.data - sum_N[entries.row] * share[entries.col]
    order_P = np.lexsort((-excess_P, entries.row))
    order_P = order_P[excess_P[order_P] > 0]
    row_P, name_P = entries.row[order_P], names[entries.col[order_P]]
    first_N = np.searchsorted(row_P, np.arange(len(sum_N) + 1))
    return [list(name_P[a : min(b, a + MOST_ITEMS)].tolist()) for a, b in pairwise(first_N)]


def _one_hot(items: Ints, width: int) -> sparse.csr_array:
    ones = np.ones(len(items)), (np.arange(len(items)), items)
    return sparse.csr_array(ones, shape=(len(items), width))


def _strongest(entries: list[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    """Return of entries (latent, row, value) the largest of each latent, largest first."""
    latent_P, row_P, value_P = entries
    order_P = np.lexsort((row_P, -value_P, latent_P))
    latent_P = latent_P[order_P]
    place_P = np.arange(len(latent_P)) - np.searchsorted(latent_P, latent_P)
    kept_P = order_P[place_P < MOST_ROWS]
    return [part[kept_P] for part in entries]
