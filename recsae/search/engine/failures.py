"""When a search gives up: its first trials fail with the same error, and none got any farther."""

from collections.abc import Iterable, Set
from typing import Final

from recsae.results import States
from recsae.results.failures import kind_of
from recsae.search.engine.history import Trial

EQUAL_FAILURES: Final = 3
"""So many trials fail alike before a search ends that has found nothing."""


def common_error(trials: Iterable[Trial], before: Set[int]) -> str | None:
    """Return the error that the first trials have in common; None while there is any hope.

    There is hope if a trial is COMPLETE, PRUNED or PAUSED, or runs and has trained for longer than
    those that failed. `before`: trials that ended under earlier drivers; a search that was mended
    is not judged by them.
    """
    known = list(trials)
    failed = [trial for trial in known if trial.state == States.FAILED]
    recent = [trial for trial in failed if trial.trial_id not in before]
    first = recent[:EQUAL_FAILURES]
    if len(first) < EQUAL_FAILURES or len({kind_of(trial.error) for trial in first}) > 1:
        return None
    farthest = max(trial.epochs for trial in failed)
    for trial in known:
        if trial.state == States.RUNNING and trial.epochs > farthest:
            return None
        if trial.state not in (States.RUNNING, States.FAILED):
            return None
    return first[0].error
