"""In which order a user's events come, and which of them are training items and targets.

Shapes: E events, sorted by user and then by order; U users.
"""

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recsae.errors import RecsaeError, SettingError
from recsae.interactions.frame import DEV, TEST, TRAIN, Interactions
from recsae.interactions.settings import DataSettings

Ints = npt.NDArray[np.integer]
Times = npt.NDArray[Any]
IN_FILE_ORDER = "order of the file"


class Cut(NamedTuple):
    """Where each user's training items end, and which events are targets."""

    train_lengths: Ints
    """int32 [U]: so many of a user's first events are training items."""
    dev: Ints
    """Positions of the targets among the sorted events."""
    test: Ints
    words: str


def sorted_events(interactions: Interactions, settings: DataSettings) -> npt.NDArray[np.intp]:
    """Return the rows of the frame, user after user, each user's in the order of the settings.

    Raises SettingError for an order that needs times, where there are none.
    """
    frame = interactions.frame
    user_E, rows = frame["user"].to_numpy(), len(frame)
    part_E = frame["split"].to_numpy() if own_split(interactions, settings) else np.zeros(rows)
    drawn = settings.order.startswith("random:")
    if drawn and not interactions.timed:
        words = "has no times, so none are tied; expected time or file"
        raise SettingError("order", f"{interactions.name} {words}, got {settings.order!r}")
    if settings.order == "file" or not interactions.timed:
        return np.lexsort((part_E, user_E))  # stable, so the position in the file decides
    tie_E = np.zeros(rows)
    if drawn:
        tie_E = np.random.default_rng(int(settings.order.removeprefix("random:"))).random(rows)
    # The last key of lexsort is the first to sort by.
    return np.lexsort((tie_E, part_E, frame["timestamp"].to_numpy(), user_E))


def order_words(interactions: Interactions, settings: DataSettings) -> str:
    """Say how events are ordered."""
    if settings.order == "file" or not interactions.timed:
        return IN_FILE_ORDER
    rule = "position" if settings.order == "time" else settings.order
    return f"order (time, {rule})"


def own_split(interactions: Interactions, settings: DataSettings) -> bool:
    """Return whether the split that the set came with is the one that is meant."""
    return interactions.has_split and settings.split in (None, "given")


def cut_of(
    interactions: Interactions, settings: DataSettings, sorted_E: Ints, offsets: Ints
) -> Cut:
    """Split the sorted events as the settings say, by default as the set itself does.

    Raises SettingError for a split that the set does not allow.
    """
    if own_split(interactions, settings):
        return _given(interactions.frame["split"].to_numpy()[sorted_E], offsets)
    if settings.split == "given":
        words = "comes without a split of its own; expected leave-one-out or time:Q"
        raise SettingError("split", f"{interactions.name} {words}, got 'given'")
    if settings.split is None or settings.split == "leave-one-out":
        return _leave_one_out(offsets)
    if settings.order == "file":
        words = f"expected time or random:SEED beside split {settings.split}, got 'file'"
        raise SettingError("order", words)
    if not interactions.timed:
        words = "has no times; expected leave-one-out"
        raise SettingError("split", f"{interactions.name} {words}, got {settings.split!r}")
    return _by_time(interactions, settings.split, sorted_E, offsets)


def _leave_one_out(offsets: Ints) -> Cut:
    counts_U, end_U = np.diff(offsets), offsets[1:]
    assert counts_U.min(initial=3) >= 3, "users with fewer than 3 events are dropped when loading"
    return Cut((counts_U - 2).astype(np.int32), end_U - 2, end_U - 1, "leave-one-out")


def _given(split_E: Ints, offsets: Ints) -> Cut:
    """Keep the split's own targets; one without a context cannot be scored and is left out."""
    user_E = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    lengths_U = np.bincount(user_E[split_E == TRAIN], minlength=len(offsets) - 1).astype(np.int32)
    context_E = np.arange(len(split_E)) > offsets[user_E]
    dev_R, test_R = (np.flatnonzero((split_E == part) & context_E) for part in (DEV, TEST))
    without = int(((split_E != TRAIN) & ~context_E).sum())
    note = f" ({without:,} targets with nothing before them left out)" if without else ""
    return Cut(lengths_U, dev_R, test_R, f"given split{note}")


def _by_time(interactions: Interactions, split: str, sorted_E: Ints, offsets: Ints) -> Cut:
    """Cut at two moments, the same for all users: the quantiles 2Q - 1 and Q of all times."""
    time_E = interactions.frame["timestamp"].to_numpy()
    # A float 0.8 is a little more than 4/5, and may move the cut by an event.
    share = Fraction(split.removeprefix("time:"))
    first_dev, first_test = (quantile(time_E, part) for part in (2 * share - 1, share))
    time_E = time_E[sorted_E]
    train_U, before_test_U = (_how_many(time_E < at, offsets) for at in (first_dev, first_test))
    if not train_U.any():
        words = f"no event is before T_dev {_moment(first_dev)}, so none to train on"
        raise RecsaeError(f"{interactions.name}: split {split}: {words}")
    start_U, end_U = offsets[:-1], offsets[1:]
    # A target needs an event before it, so the first of all is none.
    dev_U, test_U = (start_U + np.maximum(count_U, 1) for count_U in (train_U, before_test_U))
    dev_R = dev_U[dev_U < start_U + before_test_U]
    test_R = test_U[test_U < end_U]
    users = len(start_U)
    words = (
        f"split {split}: T_dev {_moment(first_dev)}, T_test {_moment(first_test)}, "
        f"{users - len(dev_R):,} users without a dev target, {users - len(test_R):,} without a "
        "test target"
    )
    return Cut(train_U.astype(np.int32), dev_R, test_R, words)


def quantile(time_E: Times, share: Fraction) -> Any:
    """Return the share's quantile as the time of an event, so that whole numbers stay exact.

    It is the next event's where the share falls between two: what is before the usual quantile,
    interpolated between these two, is before this one too, and nothing else.
    """
    place = -(-share * (len(time_E) - 1) // 1)  # rounded up
    return np.partition(time_E, int(place))[int(place)]


def _how_many(chosen_E: npt.NDArray[np.bool_], offsets: Ints) -> npt.NDArray[np.int64]:
    """Return how many events of each user are chosen, int64 [U]."""
    return np.diff(np.concatenate([[0], np.cumsum(chosen_E)])[offsets])


def _moment(time: Any) -> str:
    return str(int(time)) if time == int(time) else repr(float(time))
