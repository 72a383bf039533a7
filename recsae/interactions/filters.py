"""From the events of a file to Interactions: filters, their count, dense codes."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsae.errors import RecsaeError, SettingError
from recsae.interactions.attributes import by_code
from recsae.interactions.frame import TRAIN, Interactions
from recsae.interactions.log import Log
from recsae.interactions.settings import DataSettings
from recsae.progress import say

EVENTS_AT_LEAST = 3  # a training item, a dev target and a test target


def finish(name: str, log: Log, settings: DataSettings) -> Interactions:
    """Filter, check and freeze a log; says in a line what was dropped, if anything was.

    A set's own split is forgotten if the settings ask for another. Raises RecsaeError if nothing is
    left.
    """
    log = _with_split(name, log, settings)
    total = len(log.user.codes) + sum(log.dropped.values())
    if not total:
        raise RecsaeError(f"{name}: no events in it")
    kept, dropped, parts = _core(_events(log), settings)
    dropped = log.dropped | dropped
    phrase = _phrase(log, parts, dropped, total)
    if kept.empty:
        raise RecsaeError(f"{name}: nothing is left: {phrase}")
    if dropped:
        say(f"{name}: {phrase}")
    frame = kept.copy(deep=False)  # copies on write
    users, items = _dense(frame, "user", log.user.ids), _dense(frame, "item", log.item.ids)
    return Interactions(
        name,
        frame,
        users,
        items,
        attributes=None if log.attributes is None else by_code(log.attributes.values, items),
        tag_names=None if log.attributes is None else log.attributes.tag_names,
        filtered=phrase,
        dropped=dropped,
        timed=log.time is not None,
        columns=log.columns,
        unused=log.unused,
    )


def _with_split(name: str, log: Log, settings: DataSettings) -> Log:
    if settings.split == "given" and log.split is None:
        raise SettingError("split", f"{name} comes without a split of its own, got 'given'")
    return log if settings.split in (None, "given") else log._replace(split=None)


def _events(log: Log) -> pd.DataFrame:
    # Without times the place in the file is the time.
    time = np.arange(len(log.user.codes)) if log.time is None else log.time
    columns: dict[str, NDArray[Any]] = {
        "user": log.user.codes,
        "item": log.item.codes,
        "timestamp": time,
    }
    if log.split is not None:
        columns["split"] = log.split
    return pd.DataFrame(columns)


def _core(
    events: pd.DataFrame, settings: DataSettings
) -> tuple[pd.DataFrame, dict[str, int], list[str]]:
    """Return what is kept, the events dropped by reason, and these in words."""
    if events.empty:
        return events, {}, []
    distinct = _only(events, ~_repeated(events))
    core = _Core(distinct, settings)
    kept = _only(distinct, core.keep)
    dropped = {"exact duplicate": len(events) - len(distinct)} | core.dropped
    users, items = (distinct[key].nunique() - kept[key].nunique() for key in ("user", "item"))
    parts = [
        count(len(events) - len(distinct), "exact duplicate"),
        count(users, "user", f" with {core.why_users}"),
        count(items, "item", _why_items(settings)),
    ]
    return kept, {why: n for why, n in dropped.items() if n}, [part for part in parts if part]


def _repeated(events: pd.DataFrame) -> NDArray[np.bool_]:
    """Mark the events that equal an earlier one in everything."""
    repeated = np.zeros(len(events), bool)
    user, item = events["user"].to_numpy(), events["item"].to_numpy()
    # One number a pair: to sort it is much faster than to compare rows of a frame.
    pair = user * (np.int64(item.max()) + 1) + item
    ordered = np.sort(pair)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if twice.size:  # only a pair that is there twice can be; most logs have none
        maybe = np.flatnonzero(pd.Series(pair).isin(pd.unique(twice)).to_numpy())
        repeated[maybe] = events.iloc[maybe].duplicated().to_numpy()
    return repeated


def _only(events: pd.DataFrame, keep: NDArray[np.bool_]) -> pd.DataFrame:
    return events if keep.all() else events.loc[keep].reset_index(drop=True)


class _Core:
    """Which events stay: filters of users and items, repeated until all of them hold."""

    def __init__(self, events: pd.DataFrame, settings: DataSettings) -> None:
        user, item = events["user"].to_numpy(), events["item"].to_numpy()
        train = events["split"].to_numpy() == TRAIN if "split" in events else None
        least_user = settings.min_user if train is not None else EVENTS_AT_LEAST
        least_user = max(least_user, settings.min_user)
        self.keep = np.ones(len(events), bool)
        short, rare = f"user with < {least_user} events", f"item with < {settings.min_item} events"
        untrained = "user with no training event"  # a target needs something to be predicted from
        self.dropped = dict.fromkeys((short, untrained, rare), 0)
        # Dropping an item may leave a user too short, and the other way round.
        while True:
            before = np.count_nonzero(self.keep)
            self._require(short, user, self.keep, least_user)
            if train is not None:
                self._require(untrained, user, self.keep & train, 1)
            self._require(rare, item, self.keep, settings.min_item)
            if np.count_nonzero(self.keep) == before:
                break
        reasons = [f"< {least_user} events"] if least_user > 1 else []
        self.why_users = " or ".join(reasons + ["no training event"] * (train is not None))

    def _require(
        self, why: str, code: NDArray[np.int32], counted: NDArray[np.bool_], least: int
    ) -> None:
        before = int(np.count_nonzero(self.keep))
        self.keep &= (np.bincount(code[counted], minlength=code.max() + 1) >= least)[code]
        self.dropped[why] += before - int(np.count_nonzero(self.keep))


def _phrase(log: Log, parts: list[str], dropped: dict[str, int], total: int) -> str:
    parts = [count(n, "event", f" with {why}") for why, n in log.dropped.items()] + parts
    lost = sum(dropped.values())
    words = [f"dropped {', '.join(parts)} ({count(lost, 'event')} of {total:,})"] if parts else []
    return "; ".join([*log.filters, *words]) or "as shipped"


def _why_items(settings: DataSettings) -> str:
    return f" with < {settings.min_item} events" if settings.min_item > 1 else " that only they had"


def count(number: int, noun: str, rest: str = "") -> str:
    """Return "2 events" and what follows, or "" for none."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}{rest}" if number else ""


def _dense(frame: pd.DataFrame, key: str, ids: NDArray[Any]) -> NDArray[Any]:
    """Number the codes that are left from 0 in place; return their ids."""
    codes = frame[key].to_numpy()
    occurs = np.bincount(codes, minlength=len(ids)) > 0
    frame[key] = (np.cumsum(occurs, dtype=np.int32) - np.int32(1))[codes]
    return ids[occurs]
