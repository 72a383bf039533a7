"""The laws of recsae.testing on every scheduler, and two of them against their plainest form."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from search.naive_rules import NaiveAsha, NaivePromote

from recsae.search.schedulers.base import Scheduler
from recsae.search.strategies import rungs_for
from recsae.space.kinds import SCHEDULERS
from recsae.testing import SchedulerLaws
from recsae.testing.scheduler_laws import worlds
from recsae.testing.worlds import ONE, TWO, World, scheduler_named, searched, space_with


class TestSchedulers(SchedulerLaws):
    names = SCHEDULERS.names


@pytest.mark.parametrize("objectives", [ONE, TWO], ids=["one", "two"])
@pytest.mark.parametrize(("name", "naive"), [("asha", NaiveAsha), ("asha_promote", NaivePromote)])
@given(data=st.data(), trials=st.integers(1, 25), workers=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_the_journals_are_those_of_the_plainest_form(
    name: str,
    naive: Callable[..., Scheduler],
    objectives: dict[str, str],
    data: st.DataObject,
    trials: int,
    workers: int,
) -> None:
    world = data.draw(worlds(objectives, trials))
    expected = searched(naive((1, 3), 3), world, trials, workers)[1]
    assert searched(scheduler_named(name, objectives), world, trials, workers)[1] == expected


def climbed(world: World, trials: int, workers: int, factor: int) -> list[tuple[set[int], ...]]:
    """Return for each rung who should go on, by the whole rung, and who did, by promotion."""
    keys = {"epochs": 9, "reduction_factor": factor}
    history, _ = searched(scheduler_named("asha_promote", **keys), world, trials, workers)
    stages, found = (*rungs_for(space_with("asha_promote", **keys)), 9), []
    for here, above in pairwise(stages):
        there = [t for t in history if t.epochs >= here]
        there.sort(key=lambda t: (*(-v for v in history.values(t.reports[here - 1])), t.trial_id))
        best = {t.trial_id for t in there[: len(there) // factor]}
        found.append((best, {t.trial_id for t in history if t.epochs >= above}))
    return found


@pytest.mark.parametrize("factor", [2, 3])
@given(data=st.data(), trials=st.integers(1, 30), workers=st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_in_the_end_the_best_of_each_rung_have_gone_on(
    factor: int, data: st.DataObject, trials: int, workers: int
) -> None:
    world = data.draw(worlds(ONE, trials, fails={}, leaks={}))
    world.epochs = lambda trial_id: 9
    for best, gone in climbed(world, trials, workers, factor):
        assert best <= gone


@pytest.mark.parametrize("factor", [2, 3])
@given(trials=st.integers(1, 40), workers=st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_no_others_go_on_when_the_best_come_first(factor: int, trials: int, workers: int) -> None:
    world = World(lambda i, epoch: (-float(i),))
    for best, gone in climbed(world, trials, workers, factor):
        assert gone == (best or {0})  # without the best of a rung none would ever be complete
