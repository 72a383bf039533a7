"""From the events of a file to Interactions: filters, their count, dense codes."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsae.errors import RecsaeError
from recsae.interactions.frame import TRAIN, Interactions
from recsae.interactions.log import Log
from recsae.interactions.settings import DataSettings
from recsae.progress import say

EVENTS_AT_LEAST = 3  # a training item, a dev target and a test target


def finish(name: str, log: Log, settings: DataSettings) -> Interactions:
    """Filter, check and freeze a log; says in a line what was dropped, if anything was.

    Raises RecsaeError if nothing is left.
    """
    if not len(log.user.codes):
        raise RecsaeError(f"{name}: no events in it")
    events = _events(log)
    distinct = _only(events, ~_repeated(events))
    kept = _only(distinct, _kept(distinct, settings))
    filtered = _phrase(events, distinct, kept, settings)
    if kept.empty:
        raise RecsaeError(f"{name}: nothing is left: {filtered}")
    if len(kept) < len(events):
        say(f"{name}: {filtered}")
    frame = kept.copy(deep=False)  # copies on write
    users, items = _dense(frame, "user", log.user.ids), _dense(frame, "item", log.item.ids)
    tags = None if log.tags is None else _attributes(log.tags, items)
    return Interactions(name, frame, users, items, tags, filtered, timed=log.time is not None)


def _events(log: Log) -> pd.DataFrame:
    time = np.arange(len(log.user.codes), dtype=np.float64) if log.time is None else log.time
    columns = {"user": log.user.codes, "item": log.item.codes, "timestamp": time}
    if log.split is not None:
        columns["split"] = log.split
    return pd.DataFrame(columns)


def _repeated(events: pd.DataFrame) -> NDArray[np.bool_]:
    """Mark the events that equal an earlier one in everything."""
    repeated = np.zeros(len(events), bool)
    user, item = events["user"].to_numpy(), events["item"].to_numpy()
    pair = user * (np.int64(item.max()) + 1) + item
    ordered = np.sort(pair)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if twice.size:  # only a pair that is there twice can be; most logs have none
        maybe = np.flatnonzero(np.isin(pair, twice))
        repeated[maybe] = events.iloc[maybe].duplicated().to_numpy()
    return repeated


def _only(events: pd.DataFrame, keep: NDArray[np.bool_]) -> pd.DataFrame:
    return events if keep.all() else events.loc[keep].reset_index(drop=True)


def _kept(events: pd.DataFrame, settings: DataSettings) -> NDArray[np.bool_]:
    """Mark the events to keep: filters of users and items, repeated until both hold."""
    user, item = events["user"].to_numpy(), events["item"].to_numpy()
    has_split = "split" in events
    train = events["split"].to_numpy() == TRAIN if has_split else None
    least_user = _least_user(settings, has_split=has_split)
    keep = np.ones(len(events), bool)
    while True:
        before = np.count_nonzero(keep)
        keep &= (np.bincount(user[keep], minlength=user.max() + 1) >= least_user)[user]
        if train is not None:  # a target needs something to be predicted from
            keep &= (np.bincount(user[keep & train], minlength=user.max() + 1) > 0)[user]
        keep &= (np.bincount(item[keep], minlength=item.max() + 1) >= settings.min_item)[item]
        if np.count_nonzero(keep) == before:
            return keep


def _phrase(
    events: pd.DataFrame, distinct: pd.DataFrame, kept: pd.DataFrame, settings: DataSettings
) -> str:
    if len(kept) == len(events):
        return "as shipped"
    users, items = (distinct[key].nunique() - kept[key].nunique() for key in ("user", "item"))
    parts = [
        _count(len(events) - len(distinct), "exact duplicate"),
        _count(users, "user", f" with {_why_users(settings, has_split='split' in events)}"),
        _count(items, "item", _why_items(settings)),
    ]
    total = len(events) - len(kept)
    return f"dropped {', '.join(filter(None, parts))} ({_count(total, 'event')} of {len(events):,})"


def _least_user(settings: DataSettings, *, has_split: bool) -> int:
    return settings.min_user if has_split else max(EVENTS_AT_LEAST, settings.min_user)


def _why_users(settings: DataSettings, *, has_split: bool) -> str:
    least = _least_user(settings, has_split=has_split)
    reasons = [f"< {least} events"] if least > 1 else []
    return " or ".join(reasons + ["no training event"] * has_split)


def _why_items(settings: DataSettings) -> str:
    return f" with < {settings.min_item} events" if settings.min_item > 1 else " that only they had"


def _count(number: int, noun: str, rest: str = "") -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}{rest}" if number else ""


def _dense(frame: pd.DataFrame, key: str, ids: NDArray[Any]) -> NDArray[Any]:
    """Number the codes that are left from 0 in place; return their ids."""
    codes = frame[key].to_numpy()
    occurs = np.bincount(codes, minlength=len(ids)) > 0
    frame[key] = (np.cumsum(occurs, dtype=np.int32) - np.int32(1))[codes]
    return ids[occurs]


def _attributes(tags: pd.DataFrame, items: NDArray[Any]) -> pd.DataFrame | None:
    """Return the tags by item code: all False for an item without any, no tag that nobody has."""
    found = tags.index.get_indexer(pd.Index(items.astype(str)))
    values = tags.to_numpy()[found] & (found >= 0)[:, None]
    used = np.flatnonzero(values.any(axis=0))
    return pd.DataFrame(values[:, used], columns=tags.columns[used]) if used.size else None
