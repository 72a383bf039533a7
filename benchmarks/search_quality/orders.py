"""The contest without a surrogate: recorded settings in random orders, judged by other seeds.

The production Director stops trainings by ASHA's rule on one seed's recorded curves, in simulated
time, as `recsae whatif` does; what it answers at each budget is judged by real trainings with seeds
that it did not see. Nothing is smoothed and nothing is proposed: it tells by what to stop and by
what to choose, and cannot tell which sampler is better.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.search_quality.answers import answers
from benchmarks.search_quality.gp import Array
from benchmarks.search_quality.judge import Judge
from benchmarks.search_quality.plan import WORKERS
from benchmarks.search_quality.recorded import COST, Recorded, load
from benchmarks.search_quality.report.outcome import DRAWS, Interval
from benchmarks.search_quality.tables import COLUMNS, EPOCHS, SEEDS, TABLES
from recsae.search.simulation.curves import Curve
from recsae.search.simulation.recorded import RecordedTrial, searched_again
from recsae.space import SearchSpace
from recsae.space.parameters import MODEL

ORDERS: Final = 300
"""Random orders of the settings; an even one is searched on seed 0, an odd one on seed 1."""
TRAININGS: Final = (6, 12, 24)
"""Budgets in trainings of median cost; in twice the largest all settings are long through."""
STOPS: Final = ("observed", "fvu", "expected")
"""What the rungs compare."""
CHOICES: Final = {"observed": "complete", "fvu": "fvu", "expected": "expected"}
"""What the answer is chosen by, as `answers` names it."""
ALL: Final = "all tables, mean"
BATCH: Final = 50


class Batch(NamedTuple):
    """Some orders of a table's settings, stopped by one rule."""

    table: str
    stop: str
    orders: range


def batches(tables: Sequence[str], orders: int) -> Iterator[Batch]:
    """Yield what is to be run."""
    for table in tables:
        for stop in STOPS:
            for start in range(0, orders, BATCH):
                yield Batch(table, stop, range(start, min(start + BATCH, orders)))


def run_batch(batch: Batch, of: Recorded | None = None) -> pd.DataFrame:
    """Return a row for each order, way to choose and budget: the recorded setting it answers."""
    recorded = of or _recorded(batch.table)
    median = float(np.nanmedian(recorded.curves[COST].sum(-1)))
    moments = np.array([count * median / WORKERS for count in TRAININGS])
    space = _space(recorded, batch.stop, moments[-1])
    trials = [_trials(recorded, seed) for seed in range(len(SEEDS))]
    rows = []
    for order in batch.orders:
        seed = order % len(SEEDS)
        places = np.random.default_rng(order).permutation(len(recorded.settings))
        offered = [trials[seed][i] for i in places]
        run = searched_again(space, offered, WORKERS).run
        for choice, selects in CHOICES.items():
            told: dict[str, Any] = {"table": batch.table, "stop": batch.stop, "choose": choice}
            told |= {"order": order, "seed": seed, "ended": run.ended}
            for count, trial in zip(TRAININGS, answers(run, moments, selects), strict=True):
                pick = -1 if trial is None else int(places[trial])
                rows.append({**told, "trainings": count, "pick": pick})
    return pd.DataFrame(rows)


@cache
def _recorded(table: str) -> Recorded:
    return load(TABLES[table])


def _space(recorded: Recorded, stop: str, seconds: float) -> SearchSpace:
    space = recorded.table.space
    objectives = {"fvu": "min"} if stop == "fvu" else {"ndcg@10": "max"}
    scheduler = type(space.scheduler).of({**space.scheduler.values(), "name": "asha"})
    decides = "expected" if stop == "expected" else "observed"
    limits = {"trials": len(recorded.settings), "max_hours": seconds / 3600}
    search = type(space.search).of({**space.search.values(), **limits, "decide_by": decides})
    return replace(space, objectives=objectives, scheduler=scheduler, search=search)


def _trials(recorded: Recorded, seed: int) -> list[RecordedTrial]:
    found = []
    for number, own in enumerate(recorded.settings):
        settings: dict[str, Any] = dict(own)
        model = str(settings.pop(MODEL))
        metrics = {name: recorded.curves[name][seed, number] for name in COLUMNS}
        curve = Curve(recorded.curves[COST][seed, number], metrics)
        found.append(RecordedTrial(number, model, settings, EPOCHS, curve))
    return found


def outcomes(frame: pd.DataFrame, tables: Mapping[str, Recorded], scale: float) -> dict[str, Any]:
    """Return what the orders came to, table by table and over all, in units of 1/scale.

    The intervals draw the orders anew, the same ones for all ways, and the values of the judge
    with their errors: ways that choose alike are not told apart by either.
    """
    found: dict[str, Any] = {}
    drawn: list[dict[str, list[Drawn]]] = []
    for number, (name, recorded) in enumerate(tables.items()):
        rows, judge = frame[frame["table"] == name], Judge.of(recorded)
        drawn.append(_ways(rows, judge, np.random.default_rng(number)))
        answered = rows[rows["pick"] >= 0]["pick"]
        found[name] = {
            "orders": int(rows["order"].nunique()),
            "best": judge.best * scale,
            "judged_fresh": float(judge.fresh[answered].mean()),
            "ways": _told(drawn[-1], scale),
        }
    if len(drawn) > 1:
        together = {
            way: [Drawn.mean([one[way][place] for one in drawn]) for place in range(len(TRAININGS))]
            for way in drawn[0]
        }
        best = float(np.mean([own["best"] for own in found.values()]))
        found[ALL] = {"best": best, "ways": _told(together, scale)}
    return found


class Drawn(NamedTuple):
    """A value, and what it is in each draw."""

    value: float
    draws: Array

    @classmethod
    def mean(cls, several: Sequence["Drawn"]) -> "Drawn":
        """Return the mean of several whose draws are independent."""
        return cls(
            float(np.mean([one.value for one in several])),
            np.mean([one.draws for one in several], axis=0),
        )


def _ways(rows: pd.DataFrame, judge: Judge, rng: np.random.Generator) -> dict[str, list[Drawn]]:
    """Return the mean value of the answers of each way, a budget after the other."""
    orders = rows["order"].nunique()
    shares = rng.multinomial(orders, np.full(orders, 1 / orders), DRAWS) / orders
    luck = rng.standard_normal((DRAWS, len(judge.errors))) * judge.errors
    ways: dict[str, list[Drawn]] = {}
    for (stop, choose, _), own in rows.groupby(["stop", "choose", "trainings"], sort=False):
        valued = _valued(own.sort_values("order"), judge, shares, luck)
        ways.setdefault(f"{stop}, {choose}", []).append(valued)
    return ways


def _told(ways: dict[str, list[Drawn]], scale: float) -> dict[str, dict[str, list[list[float]]]]:
    """Return the values of each way, and how much more they are than the first way's."""
    first = next(iter(ways.values()))
    told = {}
    for way, own in ways.items():
        values = [Interval.of(one.value, one.draws) for one in own]
        more = [
            Interval.of(one.value - base.value, one.draws - base.draws)
            for one, base in zip(own, first, strict=True)
        ]
        told[way] = {
            name: [[figure * scale for figure in interval] for interval in intervals]
            for name, intervals in (("value", values), ("more", more))
        }
    return told


def _valued(rows: pd.DataFrame, judge: Judge, shares: Array, luck: Array) -> Drawn:
    """Return the mean value of the answers of one way at one budget."""
    pick, seed = rows["pick"].to_numpy(), rows["seed"].to_numpy()
    answered = pick >= 0
    # Without an answer it is that of a setting drawn at random.
    values = np.where(answered, judge.values[seed, pick], judge.values.mean())
    chosen = np.zeros((len(rows), len(judge.errors)))
    chosen[np.flatnonzero(answered), pick[answered]] = 1.0
    drawn = shares @ values + np.einsum("dn,dn->d", shares @ chosen, luck)
    return Drawn(float(values.mean()), drawn)
