"""Which trials stop before their last epoch: a space's scheduler as a Ray one."""

from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, TrialScheduler

from recsae.results import Columns
from recsae.search.reports import OBJECTIVE
from recsae.search.space import SearchSpace


def rungs(space: SearchSpace) -> tuple[int, ...]:
    """Return the epochs after which a trial may be stopped."""
    if space.scheduler.name == "none":
        return ()
    found, epochs = [], space.scheduler.grace_epochs
    while epochs < space.max_epochs:
        found.append(epochs)
        epochs *= space.scheduler.reduction_factor
    return tuple(found)


def scheduler_for(space: SearchSpace) -> TrialScheduler:
    """Return the scheduler that a space names."""
    if space.scheduler.name == "none":
        return FIFOScheduler()  # type: ignore[no-untyped-call]
    assert len(space.objectives) == 1, "no single value ranks trials at a rung"
    return ASHAScheduler(
        time_attr=Columns.EPOCHS,
        metric=OBJECTIVE,
        mode="max",
        max_t=space.max_epochs,
        grace_period=space.scheduler.grace_epochs,
        reduction_factor=space.scheduler.reduction_factor,
    )
