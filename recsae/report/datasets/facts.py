"""What is known of a data set, in words or to be drawn, for the terminal and for the page alike."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from recsae.report.formats import NOTHING, duration

MOST_SHOWN: Final = 8
_LARGEST_DATE: Final = 4_102_444_800
"""Of 2100, in seconds."""


class Counted(NamedTuple):
    """What the plots are drawn from."""

    lengths_U: npt.NDArray[np.int64]
    """Events of each user."""
    counts_I: npt.NDArray[np.int64]
    """Events of each item."""
    time_E: npt.NDArray[Any] | None
    """None where the order of the file counts."""


def fact_rows(outcome: Mapping[str, Any]) -> dict[str, str]:
    """Return all that is not a split as words, in their order."""
    sizes = ", ".join(f"{outcome[name]:,} {name}" for name in ("users", "items", "events"))
    popularity, base, ties = outcome["popularity"], outcome["base"], outcome["ties"]
    rows = {
        "size": sizes,
        "columns": ", ".join(f"{role} {column}" for role, column in outcome["columns"].items()),
        "not used": _some(outcome["unused"]),
        "attributes": _some(
            f"{name} ({counts['values']:,} values, {counts['items']:,} items)"
            for name, counts in outcome["attributes"].items()
        ),
        "dropped": _some(f"{count:,} events: {why}" for why, count in outcome["dropped"].items()),
        "times": " to ".join(map(moment_words, outcome["times"] or ())),
        "order": outcome["order"],
        "same time": f"{ties['events']:,} events beside another of their user" if ties else "",
        "events a user": _spread(outcome["history_lengths"]),
        "events an item": _spread(popularity),
        "popularity": (
            f"the top 10 % of the items have {100 * popularity['top_share']:.0f} % of the events, "
            f"Gini {popularity['gini']:.2f}"
        ),
        "split": outcome["split"],
        "met before": _counts(outcome["targets_met"]),
        "a base": base_words(base),
        "fingerprint": outcome["fingerprint"],
    }
    return {name: text or NOTHING for name, text in rows.items()}


def split_rows(splits: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return what there is to say of splits in words, a row a text for each split."""
    return {name: [_of_split(name, split) for split in splits.values()] for name in _SPLIT_ROWS}


def _of_split(row: str, split: Mapping[str, Any]) -> str:
    if "error" in split:
        return str(split["error"]) if row == _IN_WORDS else NOTHING
    value = _SPLIT_ROWS[row](split)
    return f"{value:,}" if isinstance(value, int) else value


def base_words(base: Mapping[str, Any]) -> str:
    """Return what a base takes, as the rough estimate that it is."""
    seconds = base["seconds_an_epoch"]
    most = seconds * base["epochs_at_most"]
    return (
        f"{base['train_rows']:,} rows in {base['windows']:,} windows, {base['steps_an_epoch']:,} "
        f"steps an epoch; roughly {_seconds(seconds)} an epoch on two CPU cores, at most "
        f"{_seconds(most)} (operations counted, not measured here); states "
        f"{size_words(base['states_bytes'])}"
    )


def _seconds(count: float) -> str:
    return f"{count:.1f} s" if count < 10 else duration(count)


def size_words(count: int) -> str:
    """Return bytes in the unit that suits them."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def moment_words(time: float) -> str:
    """Return a time for people, as a date where it is one."""
    moment = moment_of(time)
    return f"{moment:%Y-%m-%d %H:%M}" if isinstance(moment, datetime) else f"{moment:g}"


def moment_of(time: float) -> datetime | float:
    """Return the date that a time means: seconds, milli-, micro- or nanoseconds since 1970.

    A number that is none of these between 1973 and 2100 stays itself.
    """
    for unit in (1, 10**3, 10**6, 10**9):
        if _LARGEST_DATE / 40 < time / unit < _LARGEST_DATE:
            return datetime.fromtimestamp(time / unit, UTC)
    return time


def _spread(numbers: Mapping[str, float]) -> str:
    mean = numbers["mean"]
    rest = [f"{name} {numbers[name]:,}" for name in ("min", "25%", "median", "75%", "95%", "max")]
    return f"{', '.join(rest)}; mean {mean:,.1f}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{split} {count:,}" for split, count in counts.items())


def _some(texts: Iterable[str]) -> str:
    listed = list(texts)
    more = len(listed) - MOST_SHOWN
    return "; ".join([*listed[:MOST_SHOWN], *([f"{more} more"] if more > 0 else [])])


_IN_WORDS: Final = "in words"
_SPLIT_ROWS: Final[dict[str, Callable[[Mapping[str, Any]], Any]]] = {
    "users": lambda split: split["users"],
    "items": lambda split: split["items"],
    "events": lambda split: split["events"],
    "training events": lambda split: split["train_events"],
    "dev targets": lambda split: split["targets"]["dev"],
    "test targets": lambda split: split["targets"]["test"],
    "met before": lambda split: _counts(split["targets_met"]),
    "fingerprint": lambda split: split["fingerprint"],
    _IN_WORDS: lambda split: split["split"],
}
