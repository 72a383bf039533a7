"""Which trials go on: the rules that a space may name, one file each.

They must not import Ray or read a clock.

Each has the methods of `search.engine.strategy.Scheduler`. With several objectives a trial stands
where non-dominated sorting puts it (`fronts`), with one in plain order (`ranking`).
"""

from collections.abc import Callable
from typing import Final

from recsae.search.engine.strategy import Scheduler
from recsae.search.schedulers.asha import Asha
from recsae.search.schedulers.asha_promote import AshaPromote
from recsae.search.schedulers.hyperband import Hyperband
from recsae.search.schedulers.median import Median
from recsae.search.schedulers.one_epoch import OneEpoch
from recsae.search.schedulers.run_all import RunAll
from recsae.space.space import SearchSpace

_MAKERS: Final[dict[str, Callable[[SearchSpace], Scheduler]]] = {
    "asha": lambda space: Asha(rungs(space), _factor(space), _objectives(space)),
    "asha_promote": lambda space: AshaPromote(rungs(space), _factor(space), _objectives(space)),
    "hyperband": lambda space: Hyperband(
        rungs(space), space.max_epochs, _factor(space), _objectives(space)
    ),
    "median": lambda space: Median(space.scheduler.grace_epochs, _objectives(space)),
    "one_epoch": lambda space: OneEpoch(
        space.scheduler.grace_epochs, space.scheduler.keep, _objectives(space)
    ),
    "none": lambda space: RunAll(),
}
_PAUSING: Final = ("asha_promote", "hyperband", "one_epoch")


def scheduler_for(space: SearchSpace) -> Scheduler:
    """Return the rule that a space names, which has been told of nothing yet."""
    return _MAKERS[space.scheduler.name](space)


def rungs(space: SearchSpace) -> tuple[int, ...]:
    """Return the epochs after which a trial may stop or pause."""
    name, grace, most = space.scheduler.name, space.scheduler.grace_epochs, space.max_epochs
    if name == "none":
        return ()
    if name == "median":
        return tuple(range(grace, most))
    if name == "one_epoch":
        return (grace,) if grace < most else ()
    found, epochs = [], grace
    while epochs < most:
        found.append(epochs)
        epochs *= space.scheduler.reduction_factor
    return tuple(found)


def pauses(space: SearchSpace) -> tuple[int, ...]:
    """Return the epochs after which a trial may pause: its state must be kept then."""
    return rungs(space) if space.scheduler.name in _PAUSING else ()


def _factor(space: SearchSpace) -> int:
    return space.scheduler.reduction_factor


def _objectives(space: SearchSpace) -> int:
    return len(space.objectives)
