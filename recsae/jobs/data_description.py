"""`data describe`: what a data set is, how it may be split, and what a base on it will cost.

Shapes: E events, U users, I items, R targets.
"""

import contextlib
import io
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from recsae.data_digest import data_digest
from recsae.errors import RecsaeError
from recsae.interactions.datasets import read_log
from recsae.interactions.filters import finish
from recsae.interactions.frame import Interactions
from recsae.interactions.log import Log
from recsae.interactions.settings import DataSettings
from recsae.recommenders.sasrec.presets import DataFacts, flops
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.report.datasets.facts import Counted
from recsae.sequences import Sequences
from recsae.settings import fields

GIVEN: Final = "given"
LEAVE_ONE_OUT: Final = "leave-one-out"
TIME: Final = "time:0.8"
"""Shown beside unless another moment is asked for."""
QUANTILES: Final = {"min": 0.0, "25%": 0.25, "median": 0.5, "75%": 0.75, "95%": 0.95, "max": 1.0}
TOP_SHARE: Final = 0.1
OPERATIONS_A_SECOND: Final = 8e10
"""What two CPU cores did in training the base where it was measured, see sasrec/presets.py."""


class Described(NamedTuple):
    """What was found, and what plots are drawn from."""

    outcome: dict[str, Any]
    counted: Counted


def describe(settings: DataSettings) -> Described:
    """Read a data set and count; raises RecsaeError if it cannot be read or split as asked."""
    name, log = read_log(settings)
    interactions = finish(name, log, settings)
    sequences = Sequences.of(interactions, settings)
    frame = interactions.frame
    lengths_U = np.bincount(frame["user"].to_numpy(), minlength=interactions.n_users)
    counts_I = np.bincount(frame["item"].to_numpy(), minlength=interactions.n_items)
    time_E = frame["timestamp"].to_numpy() if _timed(interactions, settings) else None
    # The split that the data have by themselves goes before leave-one-out.
    asked = settings.split or (GIVEN if log.split is not None else LEAVE_ONE_OUT)
    outcome = {
        **_facts(interactions, sequences, settings),
        "fingerprint": data_digest(sequences),
        "history_lengths": _spread(lengths_U),
        "popularity": {**_spread(counts_I), "gini": gini(counts_I), "top_share": _top(counts_I)},
        "ties": None if time_E is None else _ties(interactions),
        "times": None if time_E is None else [_plain(time_E.min()), _plain(time_E.max())],
        "splits": {
            split: _sizes(sequences) if split == asked else _beside(name, log, settings, split)
            for split in _splits(settings, given=log.split is not None)
        },
        "base": _cost(sequences),
    }
    return Described(outcome, Counted(lengths_U, counts_I, time_E))


def _facts(
    interactions: Interactions, sequences: Sequences, settings: DataSettings
) -> dict[str, Any]:
    """Return what the data are called, how many there are, and what was made of them."""
    given = settings.values()
    return {
        "name": interactions.name,
        "users": interactions.n_users,
        "items": interactions.n_items,
        "events": interactions.n_events,
        "targets_met": {split: met.met for split, met in sequences.met_counts.items()},
        "dropped": dict(interactions.dropped),
        "order": sequences.order,
        "split": sequences.split,
        "columns": dict(interactions.columns),
        "attributes": _attributes(interactions),
        "unused": list(interactions.unused),
        "protocol": sequences.protocol(),
        "settings": {
            key: given[key]
            for key, field in fields(DataSettings).items()
            if given[key] != field.default
        },
    }


def gini(counts_I: npt.NDArray[np.int64]) -> float:
    """Return how unevenly events fall on items: 0 all alike, near 1 all on one."""
    count, ordered_I = len(counts_I), np.sort(counts_I)
    rank_I = np.arange(1, count + 1)
    return float(2 * (rank_I * ordered_I).sum() / (count * ordered_I.sum()) - (count + 1) / count)


def _top(counts_I: npt.NDArray[np.int64]) -> float:
    """Return the share of all events that the most popular items have."""
    most = max(1, round(TOP_SHARE * len(counts_I)))
    return float(np.sort(counts_I)[-most:].sum() / counts_I.sum())


def _spread(counts: npt.NDArray[np.int64]) -> dict[str, float]:
    found = np.quantile(counts, list(QUANTILES.values()), method="lower")
    return {**dict(zip(QUANTILES, map(int, found), strict=True)), "mean": float(counts.mean())}


def _timed(interactions: Interactions, settings: DataSettings) -> bool:
    return interactions.timed and settings.order != "file"


def _ties(interactions: Interactions) -> dict[str, int]:
    """Return how many events are at the same time as another one of their user."""
    tied_E = interactions.frame.duplicated(["user", "timestamp"], keep=False)
    return {"events": int(tied_E.sum()), "of": len(tied_E)}


def _attributes(interactions: Interactions) -> dict[str, dict[str, int]]:
    """Return of each attribute how many items have it, and how many values it has."""
    known = interactions.attributes
    if known is None:
        return {}
    found = known.groupby("attribute")[["item", "value"]].nunique()
    return {
        str(name): {"items": int(items), "values": int(values)}
        for name, items, values in found.itertuples()
    }


def _splits(settings: DataSettings, *, given: bool) -> list[str]:
    """Return the splits that are shown side by side, that which is asked for among them."""
    moment = settings.split if (settings.split or "").startswith("time:") else TIME
    return [*([GIVEN] if given else []), LEAVE_ONE_OUT, str(moment)]


def _beside(name: str, log: Log, settings: DataSettings, split: str) -> dict[str, Any]:
    """Return the sizes of another split, or why the data cannot be split so."""
    other = settings.model_copy(update={"split": split})
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # what was dropped is among the answers
            return _sizes(Sequences.of(finish(name, log, other), other))
    except RecsaeError as error:
        return {"error": str(error)}


def _sizes(sequences: Sequences) -> dict[str, Any]:
    return {
        "split": sequences.split,
        "users": sequences.n_users,
        "items": sequences.n_items,
        "events": len(sequences.items),
        "train_events": int(sequences.train_lengths.sum()),
        "targets": {"dev": len(sequences.dev.user), "test": len(sequences.test.user)},
        "targets_met": {split: met.met for split, met in sequences.met_counts.items()},
        "fingerprint": data_digest(sequences),
    }


def _cost(sequences: Sequences) -> dict[str, Any]:
    """Return what training the base of default settings takes, by counting operations."""
    settings = SASRecSettings()
    facts = DataFacts.of(sequences)
    windows = len(sequences.train_windows(settings.max_len).length)
    return {
        "train_rows": facts.train_rows,
        "windows": windows,
        "steps_an_epoch": -(-windows // settings.batch_size),
        "epochs_at_most": settings.epochs,
        "seconds_an_epoch": flops(facts, settings) / settings.epochs / OPERATIONS_A_SECOND,
        "states_bytes": facts.train_rows * settings.emb_size * 4,
    }


def _plain(number: np.generic) -> Any:
    """Return a number that JSON can hold; whole ones stay exact."""
    return number.item()
