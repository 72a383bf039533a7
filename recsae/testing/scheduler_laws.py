"""What every scheduler keeps to, with any curves, failures, leaks and numbers of workers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsae.results import States
from recsae.search.engine.budgets import Budget
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial
from recsae.search.schedulers.base import Scheduler
from recsae.search.strategies import pauses_for, rungs_for
from recsae.space.kinds import SCHEDULERS
from recsae.testing.worlds import ONE, TWO, World, resumed, scheduler_named, searched, space_with

LAWS = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
)


class SchedulerLaws:
    """Laws of each of `names`, with one objective and with two."""

    names: ClassVar[Sequence[str]]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Repeat each law for each scheduler, and for one and two objectives."""
        metafunc.parametrize("name", self.names)
        if "objectives" in metafunc.fixturenames:
            metafunc.parametrize("objectives", [ONE, TWO], ids=["one", "two"])

    def test_what_its_text_says_holds_of_the_class(self, name: str) -> None:
        kind = SCHEDULERS.get(name)
        assert issubclass(kind, Scheduler) and SCHEDULERS.about(name).description
        for trait in ("pauses", "halving"):
            assert SCHEDULERS.says(name, trait) == getattr(kind, trait), trait
        assert set(kind.uses) <= set(space_with(name).scheduler.values())

    @given(data=st.data(), trials=st.integers(1, 14), workers=st.integers(1, 3))
    @LAWS
    def test_a_search_ends_and_each_epoch_is_reported_once(
        self, name: str, objectives: dict[str, str], data: st.DataObject, trials: int, workers: int
    ) -> None:
        world = data.draw(worlds(objectives, trials))
        scheduler = scheduler_named(name, objectives)
        history, journal = searched(scheduler, world, trials, workers)
        assert len(history) == trials
        reported = Counter((e["trial_id"], e.get("epochs")) for e in journal if "epochs" in e)
        assert set(reported.values()) <= {1}
        for trial in history:
            assert [r.epochs for r in trial.reports] == list(range(1, trial.epochs + 1))
            assert trial.epochs <= world.epochs(trial.trial_id)
            assert trial.state != States.RUNNING
        allowed = pauses_for(space_with(name, objectives))
        assert {e["epochs"] for e in journal if e.get("decided") == "pause"} <= {*allowed}

    @given(data=st.data(), trials=st.integers(1, 14), workers=st.integers(1, 3))
    @LAWS
    def test_there_is_an_answer_if_one_trial_is_sound(
        self, name: str, objectives: dict[str, str], data: st.DataObject, trials: int, workers: int
    ) -> None:
        world, space = data.draw(worlds(objectives, trials)), space_with(name, objectives)
        if rungs_for(space) and not pauses_for(space):
            # What was stopped never comes back, in the place of one that fails or leaks later.
            world.fails, world.leaks = {}, dict.fromkeys(world.leaks, 1)
        history, _ = searched(scheduler_named(name, objectives), world, trials, workers)
        if any(world.sound(i) for i in range(trials)):
            assert history.has_answer

    @given(data=st.data(), trials=st.integers(1, 14), workers=st.integers(1, 3))
    @LAWS
    def test_a_replay_from_anywhere_leads_to_the_same_events(
        self, name: str, objectives: dict[str, str], data: st.DataObject, trials: int, workers: int
    ) -> None:
        world = data.draw(worlds(objectives, trials))
        limit = data.draw(st.none() | st.integers(1, 40))
        scheduler = scheduler_named(name, objectives)
        _, journal = searched(scheduler, world, trials, workers, max_epochs=limit)
        cut = data.draw(st.integers(0, len(journal)))
        budget = Budget(trials, max_epochs=limit)
        rest = resumed(scheduler_named(name, objectives), world, budget, journal, cut)
        assert rest == journal[cut:]

    @given(data=st.data(), trials=st.integers(1, 8), workers=st.integers(1, 3))
    @LAWS
    def test_a_question_changes_nothing(
        self, name: str, objectives: dict[str, str], data: st.DataObject, trials: int, workers: int
    ) -> None:
        world = data.draw(worlds(objectives, trials))
        schedulers = [
            scheduler_named(name, objectives),
            AskedTwice(scheduler_named(name, objectives)),
        ]
        one, other = (searched(each, world, trials, workers)[1] for each in schedulers)
        assert one == other

    @given(data=st.data(), trials=st.integers(1, 8), more=st.integers(1, 8))
    @LAWS
    def test_an_extended_search_asks_for_the_rest(
        self, name: str, objectives: dict[str, str], data: st.DataObject, trials: int, more: int
    ) -> None:
        world = data.draw(worlds(objectives, trials + more, fails={}, leaks={}))
        _, journal = searched(scheduler_named(name, objectives), world, trials)
        scheduler = scheduler_named(name, objectives)
        history, all_ = searched(scheduler, world, trials + more, past=journal)
        assert all_[: len(journal)] == journal and len(history) == trials + more
        assert history.has_answer

    @given(data=st.data(), trials=st.integers(1, 8), limit=st.integers(1, 12))
    @LAWS
    def test_an_ended_budget_leaves_an_answer(
        self, name: str, objectives: dict[str, str], data: st.DataObject, trials: int, limit: int
    ) -> None:
        world = data.draw(worlds(objectives, trials, fails={}, leaks={}))
        history, _ = searched(scheduler_named(name, objectives), world, trials, max_epochs=limit)
        assert history.has_answer

    def test_trials_stop_and_pause_at_the_rungs_alone(
        self, name: str, objectives: dict[str, str]
    ) -> None:
        rungs = rungs_for(space_with(name, objectives))
        world = World(lambda i, epoch: (-float(i), float(i))[: len(objectives)], objectives)
        _, journal = searched(scheduler_named(name, objectives), world, 12)
        ends = {e["epochs"] for e in journal if e.get("decided") in ("pause", "stop")}
        assert ends <= set(rungs) and bool(ends) == bool(rungs)


class AskedTwice(Scheduler):
    """A scheduler that is asked everything twice, and must stay as it is."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler

    def judge(self, history: History, trial: Trial) -> Decision:
        """Ask twice."""
        before = frozen(self.scheduler)
        answers = [self.scheduler.judge(history, trial) for _ in range(2)]
        assert answers[0] == answers[1] and frozen(self.scheduler) == before
        return answers[0]

    def resume(self, history: History, may_ask: bool) -> ResumeTrial | None:
        """Ask twice, and the other question between."""
        before = frozen(self.scheduler)
        answers = [self.scheduler.resume(history, ask) for ask in (may_ask, not may_ask, may_ask)]
        assert answers[0] == answers[2] and frozen(self.scheduler) == before
        return answers[0]

    def on_event(self, history: History, trial: Trial) -> None:
        """Tell the scheduler."""
        self.scheduler.on_event(history, trial)


def frozen(scheduler: object) -> str:
    """Return all that a scheduler knows, as text."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        if hasattr(value, "tolist"):
            return value.tolist()
        return plain(vars(value)) if hasattr(value, "__dict__") else value

    return repr(plain(deepcopy(scheduler)))


@st.composite
def worlds(draw: st.DrawFn, /, objectives: Mapping[str, str], trials: int, **same: Any) -> World:
    """Draw what trials will report: some curves with ties, trials of several lengths and speeds."""
    seed, levels = draw(st.integers(0, 999)), draw(st.sampled_from([3, 1000]))
    rng = np.random.default_rng(seed)
    values = rng.integers(0, levels, (trials, 9, len(objectives))) / levels
    lengths = rng.choice([9, 9, 9, 1, 2, 3, 4], trials).tolist()
    speeds = rng.choice([1.0, 1.5, 4.0], trials).tolist()
    some = st.dictionaries(st.integers(0, trials - 1), st.integers(1, 9), max_size=trials)
    spoilt = {"fails": draw(some), "leaks": draw(some)} | same
    return World(
        lambda trial_id, epoch: tuple(values[trial_id, epoch - 1].tolist()),
        objectives,
        epochs=lambda trial_id: int(lengths[trial_id]),
        seconds=lambda trial_id: float(speeds[trial_id]),
        **spoilt,
    )
