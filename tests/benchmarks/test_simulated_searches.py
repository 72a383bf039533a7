"""Searches of the contest in simulated time: in order, never too many at once, repeatable."""

import numpy as np
import pytest
from made_table import made_world

from benchmarks.search_quality.plan import ONE_OBJECTIVE, space_for
from recsae.search.simulation.simulator import SimulatedRun, simulate
from recsae.search.strategies import strategy_for

WORKERS = 2


@pytest.mark.parametrize(
    "name", ["asha + random", "tpe + asha_promote", "one epoch, then the best"]
)
def test_laws_of_a_simulated_search(name: str) -> None:
    one, again = _search(name), _search(name)
    assert one.reports == again.reports
    assert one.settings == again.settings
    clock = [report.at for report in one.reports]
    assert clock == sorted(clock)
    began, ended = np.array(one.intervals).T
    at_once = [int(((began <= t) & (t < ended)).sum()) for t in began]
    assert max(at_once) == WORKERS
    by_trial: dict[int, list[int]] = {}
    for report in one.reports:
        by_trial.setdefault(report.trial_id, []).append(report.epochs)
    assert all(epochs == list(range(1, len(epochs) + 1)) for epochs in by_trial.values())


def _search(name: str) -> SimulatedRun:
    world = made_world()
    method = next(m for m in ONE_OBJECTIVE if m.name == name)
    space = space_for(world.recorded.table.space, method, "one", 5)
    return simulate(strategy_for(space), world.surrogate, WORKERS, 40.0, trials=30, cpu=lambda: 0.0)
