"""Interactions as sequences, packed in two flat arrays: the events of user after user.

Shapes: E events, U users, R targets, W windows, B windows of a batch, L length of its longest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from recsae.errors import RecsaeError
from recsae.interactions.frame import Interactions
from recsae.interactions.settings import DataSettings
from recsae.splits import IN_FILE_ORDER, cut_of, order_words, sorted_events

_MET, _LEFT_OUT = "targets were met before", " and left out"

Ints = npt.NDArray[np.integer]
Mask = Literal["history", "all", "none"]
_DEFAULTS = DataSettings()


class Targets(NamedTuple):
    """The events that a split asks for; the context of one is all that its user did before."""

    user: Ints
    """int32 [R]."""
    position: Ints
    """int64 [R]: index of the event in the flat arrays."""
    item: Ints
    """int32 [R]."""

    def at(self, chosen_R: npt.NDArray[np.bool_]) -> "Targets":
        """Return some of the targets, in their order."""
        return Targets(*(part[chosen_R] for part in self))


class Met(NamedTuple):
    """How many targets their user had met before."""

    met: int
    of: int
    """Targets in all, whether or not such ones are left out."""


class Windows(NamedTuple):
    """Runs of events of one user each."""

    start: Ints
    """int64 [W]: index of the first event in the flat arrays."""
    length: Ints
    """int64 [W]."""


@dataclass(frozen=True, eq=False)
class Sequences:
    """Who did what in which order, which of it may be trained on, and what is to be predicted."""

    name: str
    items: Ints
    """int32 [E]: sorted by user, then by order in time."""
    offsets: Ints
    """int64 [U+1]: user u's events are items[offsets[u]:offsets[u+1]]."""
    train_lengths: Ints
    """int32 [U]: so many of a user's first events are training items."""
    dev: Targets
    test: Targets
    n_items: int
    order: str
    """In words: how events are ordered, and how much of it is settled by ties."""
    split: str
    filtered: str

    met_counts: dict[str, Met]
    """By split."""
    user_ids: npt.NDArray[Any]
    """[U]: original ids, numbers or texts."""
    item_ids: npt.NDArray[Any]
    """[n_items]"""
    attributes: pd.DataFrame | None = None
    """Columns item (code), attribute, value; None if nothing is known of the items."""
    left_out: bool = False
    """Whether targets that were met before are left out."""
    train_at: Ints | None = None
    """int64 [N]: the events that train rows predict, where their states came without the data;
    None: all training items but the first of each user."""

    @classmethod
    def of(cls, interactions: Interactions, settings: DataSettings = _DEFAULTS) -> "Sequences":
        """Order and split, by the settings `order`, `split` and `targets`.

        Raises RecsaeError if no target is left to choose by or to report.
        """
        frame = interactions.frame
        sorted_E = sorted_events(interactions, settings)
        item_E, user_E, time_E = (
            frame[name].to_numpy()[sorted_E] for name in ("item", "user", "timestamp")
        )
        counts_U = np.bincount(user_E, minlength=interactions.n_users)
        offsets = np.concatenate([[0], np.cumsum(counts_U)]).astype(np.int64)
        cut = cut_of(interactions, settings, sorted_E, offsets)
        found = {"dev": cut.dev, "test": cut.test}
        targets = {name: Targets(user_E[at_R], at_R, item_E[at_R]) for name, at_R in found.items()}
        met = {name: met_before(item_E, offsets, part) for name, part in targets.items()}
        if settings.targets == "new":
            targets = {name: part.at(~met[name]) for name, part in targets.items()}
        for name, left in targets.items():
            if not len(left.user):
                why = f"all {len(met[name]):,} were met before" if len(met[name]) else cut.words
                raise RecsaeError(f"{interactions.name}: no {name} target is left: {why}")
        order = order_words(interactions, settings)
        return cls(
            name=interactions.name,
            items=item_E,
            offsets=offsets,
            train_lengths=cut.train_lengths,
            dev=targets["dev"],
            test=targets["test"],
            n_items=interactions.n_items,
            order=order + ("" if order == IN_FILE_ORDER else _tie_words(time_E, targets["test"])),
            split=cut.words,
            filtered=interactions.filtered,
            met_counts={name: Met(int(met_R.sum()), len(met_R)) for name, met_R in met.items()},
            user_ids=interactions.users,
            item_ids=interactions.items,
            attributes=interactions.attributes,
            left_out=settings.targets == "new",
        )

    @property
    def n_users(self) -> int:
        """How many users there are."""
        return len(self.offsets) - 1

    def targets(self, split: Literal["dev", "test"]) -> Targets:
        """Return the targets of a split."""
        return self.dev if split == "dev" else self.test

    def protocol(self, mask: Mask = "history", cutoffs: Sequence[int] = (10,)) -> str:
        """Say in one line all that a score depends on beside the model."""
        size = f"{self.n_users:,} users, {self.n_items:,} items, {len(self.items):,} events"
        cuts = "cut-off " + ", ".join(str(k) for k in cutoffs)
        parts = [f"{self.name}: {size}", self.filtered, self.order, self.split, self._met_words()]
        return "; ".join([*filter(None, parts), f"mask {mask}", cuts, "all items ranked"])

    def met(self, split: Literal["dev", "test"]) -> npt.NDArray[np.bool_]:
        """Return which targets of a split their user had met before, bool [R]."""
        return met_before(self.items, self.offsets, self.targets(split))

    def _met_words(self) -> str:
        counts = (self.met_counts[split] for split in ("dev", "test"))
        dev, test = (f"{count.met:,} of {count.of:,}" for count in counts)
        words = f"{test} {_MET} (dev {dev})"
        return without_met(words) if self.left_out else words

    def train_rows(self) -> Windows:
        """Return, for each user, the events whose follower is a training item too."""
        return Windows(self.offsets[:-1], np.maximum(self.train_lengths.astype(np.int64) - 1, 0))

    def train_windows(self, max_len: int, rng: np.random.Generator | None = None) -> Windows:
        """Cut every train row into one window; long histories are cut at a random phase."""
        start_U, rows_U = self.train_rows()
        first_U = np.minimum(rows_U, max_len)
        if rng is not None:
            # At a random phase, so that over the epochs every item is predicted with some context.
            phase_U = rng.integers(1, max_len + 1, size=len(rows_U))
            first_U = np.where(rows_U > max_len, phase_U, rows_U)
        windows_U = (rows_U > 0) + -(-(rows_U - first_U) // max_len)
        user_W, turn_W = _expand(windows_U)
        begin_W = np.where(turn_W == 0, 0, first_U[user_W] + (turn_W - 1) * max_len)
        size_W = np.where(turn_W == 0, first_U[user_W], max_len)
        return Windows(start_U[user_W] + begin_W, np.minimum(size_W, rows_U[user_W] - begin_W))

    def train_cover(self, max_len: int) -> tuple[Windows, Ints]:
        """Cut the train rows into windows that overlap by half, and say how many rows to skip.

        Past the skipped ones each row occurs once, with max_len/2 items before it if they exist.
        """
        start_U, rows_U = self.train_rows()
        stride = max(1, max_len // 2)
        windows_U = (rows_U > 0) + -(-np.maximum(rows_U - max_len, 0) // stride)
        user_W, turn_W = _expand(windows_U)
        begin_W = turn_W * stride
        windows = Windows(start_U[user_W] + begin_W, np.minimum(rows_U[user_W] - begin_W, max_len))
        return windows, np.where(turn_W > 0, max_len - stride, 0)

    def train_events(self) -> Ints:
        """Return the train rows' events, int64 [N], in the order of the flat arrays."""
        user_N, step_N = _expand(self.train_rows().length)
        return self.train_rows().start[user_N] + step_N

    def train_targets(self) -> Ints:
        """Return the events that the train rows predict, int64 [N], user after user."""
        return self.train_events() + 1 if self.train_at is None else self.train_at

    def train_users(self) -> npt.NDArray[np.int32]:
        """Return the user of each train row, int32 [N]."""
        places = np.searchsorted(self.offsets, self.train_targets(), side="right")
        return (places - 1).astype(np.int32)

    def contexts(self, targets: Targets, max_len: int) -> Windows:
        """Return the at most `max_len` events before each target."""
        length_R = np.minimum(targets.position - self.offsets[targets.user], max_len)
        return Windows(targets.position - length_R, length_R)

    def batch(self, windows: Windows, shift: int = 0) -> Ints:
        """Return the windows' items, int64 [B, L], padded on the right with item 0.

        With `shift` 1, the items that follow them.
        """
        step_L = np.arange(int(windows.length.max(initial=0)))
        index_BL = windows.start[:, None] + step_L + shift
        items_BL = self.items[np.minimum(index_BL, len(self.items) - 1)].astype(np.int64)
        return np.where(step_L < windows.length[:, None], items_BL, 0)


def _tie_words(time_E: npt.NDArray[Any], targets: Targets) -> str:
    """Say how many targets happened at the same time as the event before them."""
    tied = int((time_E[targets.position] == time_E[targets.position - 1]).sum())
    return f", {tied:,} of {len(targets.user):,} targets tie in time with the event before"


def batches(windows: Windows, size: int, rng: np.random.Generator | None = None) -> Iterator[Ints]:
    """Yield indices of at most `size` windows of about the same length, so little is padding.

    With `rng` the batches, and the windows among their equals, come in random order.
    """
    count = len(windows.length)
    index_W = np.arange(count) if rng is None else rng.permutation(count)
    # Stable after a permutation: equal lengths stay in random order.
    index_W = index_W[np.argsort(windows.length[index_W], kind="stable")]
    starts = np.arange(0, count, size)
    for start in starts if rng is None else rng.permutation(starts):
        yield index_W[start : start + size]


def without_met(protocol: str) -> str:
    """Return a protocol line for the same data without the targets that were met before."""
    return protocol if _LEFT_OUT in protocol else protocol.replace(_MET, f"{_MET}{_LEFT_OUT}")


def seen_items(
    items: Ints, offsets: Ints, targets: Targets, mask: Mask
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return offsets [R+1] and items of what each target's row masks: unique, not the target.

    "history": what its user did before; "all": at any time, so the future too; "none": nothing. A
    row whose target was met before masks nothing: else the mask would tell the answer.
    """
    if mask == "none":
        return np.zeros(len(targets.user) + 1, np.int64), np.zeros(0, np.int32)
    end_R = offsets[targets.user + 1] if mask == "all" else targets.position
    met_R = met_before(items, offsets, targets)
    length_R = np.where(met_R, 0, end_R - offsets[targets.user])
    row_S, step_S = _expand(length_R)
    item_S = items[offsets[targets.user][row_S] + step_S].astype(np.int64)
    # One number a (row, item) pair: np.unique of it sorts and drops repeats at once.
    width = int(items.max(initial=0)) + 1
    other = item_S != targets.item[row_S]
    row_S, item_S = np.divmod(np.unique(row_S[other] * width + item_S[other]), width)
    counts_R = np.bincount(row_S, minlength=len(targets.user))
    return np.concatenate([[0], np.cumsum(counts_R)]).astype(np.int64), item_S.astype(np.int32)


def met_before(items: Ints, offsets: Ints, targets: Targets) -> npt.NDArray[np.bool_]:
    """Return whether a target's item stands in what its user did before it, bool [R]."""
    start_R = offsets[targets.user]
    row_S, step_S = _expand(targets.position - start_R)
    met_R = np.zeros(len(targets.user), bool)
    met_R[row_S[items[start_R[row_S] + step_S] == targets.item[row_S]]] = True
    return met_R


def _expand(lengths: Ints) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return for lengths [2, 3] the runs they belong to, 0 0 1 1 1, and the steps, 0 1 0 1 2."""
    run = np.repeat(np.arange(len(lengths)), lengths)
    first = np.cumsum(lengths) - lengths
    return run, np.arange(len(run)) - first[run]
