"""The plan of the contest, fixed before its runs: who competes, for how long, and what counts.

Changing anything here after results are known is a new contest: say so in README.md.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from benchmarks.search_quality.recorded import COST, Recorded
from recsae.space import SearchSpace

WORKERS: Final = 2
SEEDS: Final = 20
"""Searches of each method on each table. All methods share the noise of their nth trial, and those
with the same sampler share what it draws at first."""
TRAININGS: Final = (6, 12, 30)
"""The budgets: as many trainings of median cost, divided among the workers."""
LONGEST: Final = 2
"""Some searches run for so many times the larger budget: random at twice the budget, and those that
are compared with stock in time, so that it is seen how much later they are where they are later."""
POINTS: Final = 64
"""Times at which the answer so far is judged, evenly spread over the logarithm of time."""
EARLIEST: Final = 1 / 12
"""The first of them, as a share of the smaller budget."""
ONE: Final = {"ndcg@10": "max"}
TWO: Final = {"ndcg@10": "max", "l0": "min"}
ONE_EPOCH_TRIALS: Final = 9
"""All one epoch, then the best k: trials for each training that the budget has room for; a third
of the budget."""
ONE_EPOCH_KEEP: Final = 0.6
"""… and how many of them go on, for each of those trainings; the start of trials takes the rest."""

Contest = Literal["one", "two"]


@dataclass(frozen=True)
class Method:
    """One way to search."""

    name: str
    sampler: str = "random"
    scheduler: str = "none"
    library: Literal["", "stock", "syne"] = ""
    """Not ours: Ray's OptunaSearch with ASHAScheduler, or Syne Tune's ASHA or MOASHA."""
    selects: Literal["complete", "expected", "last"] = "complete"
    """The answer: the best of the trials that ran to their end, by their scores or by what they are
    expected to score; or the trial with the best last value, wherever it was stopped: Ray's
    `get_best_result`."""
    runs_of: str = ""
    """Its runs are those of another method, judged by its own rule."""
    times: float = 1.0
    """By how much its budget is larger than that of the others."""
    sized: bool = False
    """It must know its budget before it starts, so it runs anew for each."""
    longer: bool = False
    """It runs for LONGEST times the larger budget."""
    slow: bool = False
    """Left out unless asked for; what the page says of it comes from the stored results."""


OURS: Final = "ours"
STOCK: Final = "stock: OptunaSearch + ASHA"


def _both(name: str, **own: Any) -> tuple[Method, Method]:
    """Return a method of ours by observed values, and by expected ones."""
    return Method(name, **own), Method(f"{name}, expected", selects="expected", **own)


ONE_OBJECTIVE: Final = (
    Method("random"),
    Method("random, twice the budget", times=2.0, longer=True),
    *_both("asha + random", scheduler="asha"),
    Method("one epoch, then the best", scheduler="one_epoch", sized=True),
    Method("tpe, no stopping", sampler="tpe"),
    Method(STOCK, library="stock", selects="last"),
    Method("stock, best that ran to its end", library="stock", runs_of=STOCK),
    *_both("tpe + asha", sampler="tpe", scheduler="asha", longer=True),
    *_both("tpe + asha_promote", sampler="tpe", scheduler="asha_promote"),
    Method("Syne Tune ASHA", library="syne"),
    Method("gp + asha", sampler="gp", scheduler="asha", slow=True),
    *_both(OURS, sampler="ours", scheduler="asha", longer=True, slow=True),
)
# The model `ours` takes no part with two objectives: in the first contest it did worse there than
# random search, at 25 CPU seconds a search.
TWO_OBJECTIVES: Final = (
    Method("random"),
    Method("random, twice the budget", times=2.0, longer=True),
    Method("asha + random", scheduler="asha"),
    Method("median + random", scheduler="median"),
    Method("tpe, no stopping", sampler="tpe"),
    Method(STOCK, library="stock"),
    Method("tpe + asha", sampler="tpe", scheduler="asha"),
    Method("tpe + asha_promote", sampler="tpe", scheduler="asha_promote"),
    Method("tpe + median", sampler="tpe", scheduler="median", longer=True),
    Method("Syne Tune MOASHA", library="syne"),
)
RIVALS: Final = (STOCK, "tpe + asha, expected")
"""What those that run longer are compared with in time."""
METHODS: Final[dict[Contest, tuple[Method, ...]]] = {"one": ONE_OBJECTIVE, "two": TWO_OBJECTIVES}
OBJECTIVES: Final = {"one": ONE, "two": TWO}


def budgets(recorded: Recorded) -> tuple[float, ...]:
    """Return the simulated seconds of a table's budgets."""
    median = float(np.nanmedian(recorded.curves[COST].sum(-1)))
    return tuple(count * median / WORKERS for count in TRAININGS)


def times(recorded: Recorded) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the times at which a table's answers are judged, all budgets among them."""
    ends = budgets(recorded)
    spread = np.geomspace(ends[0] * EARLIEST, ends[-1] * LONGEST, POINTS)
    exact = [end * factor for end in ends for factor in (1.0, LONGEST)]
    return np.unique(np.concatenate([spread, exact]))


def space_for(space: SearchSpace, method: Method, contest: Contest, seed: int) -> SearchSpace:
    """Return a table's space as a method searches it."""
    decides = "expected" if method.selects == "expected" else "observed"
    search = {**space.search.values(), "seed": seed, "decide_by": decides}
    if not method.library:
        search |= {"sampler": method.sampler}
        scheduler = {**space.scheduler.values(), "name": method.scheduler}
        space = replace(space, scheduler=type(space.scheduler).of(scheduler))
    settings = type(space.search).of(search)
    return replace(space, objectives=dict(OBJECTIVES[contest]), search=settings)
