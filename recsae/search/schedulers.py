"""Which trials stop before their last epoch: a space's scheduler as a Ray one."""

from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, TrialScheduler

from recsae.errors import SettingError
from recsae.results import Columns
from recsae.search.reports import OBJECTIVE
from recsae.search.space import SearchSpace


def scheduler_for(space: SearchSpace) -> TrialScheduler:
    """Return the scheduler that a space names; raises SettingError for one that does not exist.

    With several objectives every trial runs to its end: no single value ranks trials at a rung.
    """
    if space.scheduler.name not in ("asha", "none"):
        raise SettingError("scheduler", f"expected asha or none, got {space.scheduler.name!r}")
    if space.scheduler.name == "none" or len(space.objectives) > 1:
        return FIFOScheduler()  # type: ignore[no-untyped-call]
    return ASHAScheduler(
        time_attr=Columns.EPOCHS,
        metric=OBJECTIVE,
        mode="max",
        max_t=space.max_epochs,
        grace_period=min(space.scheduler.grace_epochs, space.max_epochs),
        reduction_factor=space.scheduler.reduction_factor,
    )
