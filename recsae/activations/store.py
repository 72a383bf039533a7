"""The states of a frozen base, stored once and read by every trial, on any node.

Shapes: N train rows, R targets of a split, D width, I items, E events, U users, V dropout views.
"""

from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from recsae.activations.extraction import SPLITS, VIEW_SEED, Split, write_states
from recsae.activations.names import (
    ITEMS,
    USERS,
    names_digest,
    read_attributes,
    read_ids,
    write_names,
)
from recsae.activations.settings import ActivationSettings
from recsae.cache import Cache
from recsae.errors import RecsaeError
from recsae.files import code_digest, digest, read_json, whole, write_json
from recsae.metrics import CUTOFFS
from recsae.metrics.panel import Panel
from recsae.metrics.ranking import Asked, Seen, ranks
from recsae.recommenders.base import Base
from recsae.recommenders.counts.models import Histories
from recsae.sequences import (
    Ints,
    Mask,
    Sequences,
    Targets,
    met_before,
    seen_items,
    without_met,
)
from recsae.test_reads import count_test_read

KIND = "activations"
Array = npt.NDArray[Any]
_META = "activations.json"
_CODE = "activations"
_FEWEST_TARGETS = 2  # one state alone has no spread, and nothing to exchange codes with
_KEYS = ("fingerprint", "dataset", "protocols", "base", "dtype", "width", "n_items")
_PLAIN = ("path", "fingerprint", "meta", "only_new")
_OPTIONAL = "train_view"


@dataclass(frozen=True, eq=False)
class Activations:
    """Read-only memory-mapped arrays; all that training and scoring an autoencoder needs."""

    path: Path
    fingerprint: str
    meta: dict[str, Any]
    """dataset, protocols by mask, base {fingerprint, settings, weights, metrics}, its scores by
    user group, dtype, width, n_items; views {number, seed} if there are any."""
    train_x: Array
    """[N, D]: states after which a training item follows, user after user, in order."""
    train_user: Ints
    train_next: Ints
    """int32 [N]: the item that follows."""
    train_last: npt.NDArray[np.bool_]
    """[N]: whether it is its user's last train row."""
    train_lengths: Ints
    """int32 [U]: so many of a user's first events are training items."""
    dev_x: Array
    dev_target: Ints
    dev_user: Ints
    dev_position: Ints
    test_x: Array
    test_target: Ints
    test_user: Ints
    test_position: Ints
    items: Ints
    """int32 [E]: all events, of user after user."""
    offsets: Ints
    """int64 [U+1]: user u's events are items[offsets[u]:offsets[u+1]]."""
    item_table: Array
    """float32 [I, D]: what follows a state x is scored by x @ item_table.T."""
    train_view: Array | None = None
    """[V, N, D]: the train rows again with the base's dropout on, V times; None if V is 0."""
    only_new: bool = False
    """Whether the targets that their user had met before are left out of dev and test."""

    @classmethod
    def open(cls, path: Path) -> "Activations":
        """Map the folder of a store; needs neither the data nor the base.

        Raises RecsaeError if it is damaged.
        """
        with whole(path):
            meta = read_json(path / _META)
            # A missing key raises here, where `whole` makes it a mistake of the file.
            meta = {name: meta[name] for name in (*_KEYS, *meta)}
            return cls(path=path, fingerprint=meta["fingerprint"], meta=meta, **_arrays(path))

    def with_new_targets(self) -> "Activations":
        """Return the same states without the targets that their user had met before.

        Raises RecsaeError if too few are left to score.
        """
        for split in SPLITS:
            left = int((~self.met(split)).sum())
            if left < _FEWEST_TARGETS:
                message = f"expected {_FEWEST_TARGETS} or more new {split} targets, found {left}"
                raise RecsaeError(f"{self.meta['dataset']}: {message}: all others were met before")
        words = {mask: without_met(text) for mask, text in self.meta["protocols"].items()}
        return replace(self, only_new=True, meta={**self.meta, "protocols": words})

    def tensor(self, name: str) -> Tensor:
        """Return an array as a tensor over the same pages; what is written to it stays here."""
        # c: copy on write, for torch asks for memory that may be written to.
        return torch.from_numpy(np.load(self.path / f"{name}.npy", mmap_mode="c"))

    def rows(
        self, positions: Literal["all", "last"] = "all"
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """Return the train rows: states [N, D] as stored, users [N], items that follow [N], and
        the rows' dropout views [V, N, D] if there are any."""
        names = ("train_x", "train_user", "train_next")
        states_ND, user_N, next_N = (self.tensor(name) for name in names)
        view_VND = None if self.train_view is None else self.tensor("train_view")
        if positions == "last":
            last_N = self.tensor("train_last")
            states_ND, user_N, next_N = states_ND[last_N], user_N[last_N], next_N[last_N]
            view_VND = None if view_VND is None else view_VND[:, last_N]
        return states_ND, user_N, next_N, view_VND

    def states(self, split: Split) -> Tensor:
        """Return the float32 states [R, D] of a split's targets."""
        states_RD = self.tensor(f"{split}_x")
        if self.only_new:
            states_RD = states_RD[torch.from_numpy(self._is_new(split))]
        return states_RD.float()

    def targets(self, split: Split) -> Targets:
        """Return the targets of a split."""
        targets = self._stored_targets(split)
        return targets.at(self._is_new(split)) if self.only_new else targets

    def _stored_targets(self, split: Split) -> Targets:
        names = (f"{split}_{part}" for part in ("user", "position", "target"))
        return Targets(*(getattr(self, name) for name in names))

    def _is_new(self, split: Split) -> npt.NDArray[np.bool_]:
        return ~met_before(self.items, self.offsets, self._stored_targets(split))

    def seen(self, split: Split, mask: Mask = "history") -> Seen:
        """Return what each row of a split may not be offered."""
        offsets, items = seen_items(self.items, self.offsets, self.targets(split), mask)
        return Seen(torch.from_numpy(offsets), torch.from_numpy(items))

    def panel(self, split: Split, mask: Mask = "history", device: str = "cpu") -> Panel:
        """Return the users of a split, ready to be scored."""
        targets = self.targets(split)
        asked = Asked(torch.tensor(targets.item).to(device), self.seen(split, mask))
        popularity_R = self.item_train_counts()[targets.item]
        counts = self.history_lengths(split), popularity_R, self.met(split)
        return Panel(asked, len(self.item_table), *counts)

    def met(self, split: Split) -> npt.NDArray[np.bool_]:
        """Return which targets of a split their user had met before, bool [R]."""
        return met_before(self.items, self.offsets, self.targets(split))

    @cached_property
    def user_ids(self) -> "pd.Series[Any]":
        """The original id of each user code: numbers, or texts."""
        return read_ids(self.path, USERS)

    @cached_property
    def item_ids(self) -> "pd.Series[Any]":
        """The original id of each item code."""
        return read_ids(self.path, ITEMS)

    @cached_property
    def attributes(self) -> pd.DataFrame:
        """What is known of the items: item (code), attribute, value; no row if nothing is."""
        return read_attributes(self.path)

    def item_train_counts(self) -> npt.NDArray[np.int64]:
        """Return how often each item is a training item, int64 [I]."""
        return self.histories().item_counts()

    def histories(self) -> Histories:
        """Return all events, as the baselines count them."""
        return Histories(self.items, self.offsets, self.train_lengths, len(self.item_table))

    def train_events(self) -> Ints:
        """Return the last event of the history of each train row, int64 [N]."""
        offsets = np.asarray(self.offsets, np.int64)
        user_N = np.asarray(self.train_user, np.int64)
        # A user's train rows follow each other, from the first event on.
        first_U = np.searchsorted(user_N, np.arange(len(offsets) - 1))
        return np.asarray(offsets[user_N] + np.arange(len(user_N)) - first_U[user_N])

    def history_lengths(self, split: Split) -> npt.NDArray[np.int64]:
        """Return the number of events before each target of a split, int64 [R]."""
        targets = self.targets(split)
        return (targets.position - self.offsets[targets.user]).astype(np.int64)


def key_of(sequences: Sequences, base: Base, store: ActivationSettings) -> str:
    """Name the states of a base by all that they depend on."""
    named = names_digest(sequences)
    return digest(base.states_key, store.values(), code_digest(_CODE), named)


def extract(
    sequences: Sequences,
    base: Base,
    store: ActivationSettings,
    cache: Cache,
    device: torch.device,
) -> tuple[Activations, bool]:
    """Return the states of a base, computed if nobody has; True if computed."""
    key = key_of(sequences, base, store)

    def build(folder: Path) -> None:
        write_states(folder, sequences, base.model(device), store, device)
        write_names(folder, sequences)
        count_test_read(base.path)
        stored = Activations(path=folder, fingerprint=key, meta={}, **_arrays(folder))
        write_json(folder / _META, _described(stored, sequences, base, store))

    folder, built = cache.get(KIND, key, build)
    activations = Activations.open(folder)
    # The same content may have come under another name.
    labels = {"dataset": sequences.name, "protocols": _protocols(sequences)}
    return replace(activations, meta={**activations.meta, **labels}), built


def _described(
    stored: Activations, sequences: Sequences, base: Base, store: ActivationSettings
) -> dict[str, Any]:
    """Return what is known of new states, see `Activations.meta`; scores the base by them."""
    about = {name: base.meta[name] for name in ("fingerprint", "model_name", "settings")}
    scores = _score(stored)
    views = {"number": store.activation_views, "seed": VIEW_SEED}
    return {
        "fingerprint": stored.fingerprint,
        "dataset": sequences.name,
        "protocols": _protocols(sequences),
        "base": {**about, "weights": base.weights, "metrics": scores["metrics"]},
        "groups": scores["groups"],
        "dtype": store.activation_dtype,
        "width": stored.train_x.shape[1],
        "n_items": sequences.n_items,
        **({"views": views} if store.activation_views else {}),
    }


def _protocols(sequences: Sequences) -> dict[str, str]:
    return {mask: sequences.protocol(mask, CUTOFFS) for mask in get_args(Mask)}


def _score(activations: Activations) -> dict[str, dict[str, Any]]:
    """Score the base from the stored rows, as its autoencoders are: overall and by group."""
    found: dict[str, dict[str, Any]] = {"metrics": {}, "groups": {}}
    for split in SPLITS:
        panel = activations.panel(split)
        table_ID = activations.tensor("item_table")
        rank_R = ranks(activations.states(split), table_ID, *panel.asked)
        found["metrics"][split] = panel.scores(rank_R)
        found["groups"][split] = panel.groups(rank_R)
    return found


def _arrays(path: Path) -> dict[str, Any]:
    names = [field.name for field in fields(Activations) if field.name not in _PLAIN]
    if not (path / f"{_OPTIONAL}.npy").exists():
        names.remove(_OPTIONAL)
    return {name: np.load(path / f"{name}.npy", mmap_mode="r") for name in names}
