"""What every rule keeps to, in searches of any curves, failures, leaks and numbers of workers."""

from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from search.naive_rules import NaiveAsha, NaivePromote
from search.ruled_searches import NAMES, ONE, TWO, World, resumed, ruled, ruled_space, searched

from recsae.results import States
from recsae.search.engine.budgets import Budget
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial, Scheduler
from recsae.search.schedulers import pauses, rungs


@st.composite
def worlds(draw: st.DrawFn, objectives: Mapping[str, str], trials: int, **same: Any) -> World:
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
        epochs=lambda trial_id: lengths[trial_id],
        seconds=lambda trial_id: speeds[trial_id],
        **spoilt,
    )


class Asked(Scheduler):
    """A rule that is asked everything twice, and must stay as it is."""

    def __init__(self, rule: Scheduler) -> None:
        self.rule = rule

    def judge(self, history: History, trial: Trial) -> Decision:
        before = frozen(self.rule)
        answers = [self.rule.judge(history, trial) for _ in range(2)]
        assert answers[0] == answers[1] and frozen(self.rule) == before
        return answers[0]

    def resume(self, history: History, may_ask: bool) -> ResumeTrial | None:
        before = frozen(self.rule)
        answers = [self.rule.resume(history, ask) for ask in (may_ask, not may_ask, may_ask)]
        assert answers[0] == answers[2] and frozen(self.rule) == before
        return answers[0]

    def on_event(self, history: History, trial: Trial) -> None:
        self.rule.on_event(history, trial)


def frozen(rule: object) -> str:
    """Return all that a rule knows, as text."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        if hasattr(value, "tolist"):
            return value.tolist()
        return plain(vars(value)) if hasattr(value, "__dict__") else value

    return repr(plain(deepcopy(rule)))


@pytest.mark.parametrize("objectives", [ONE, TWO], ids=["one", "two"])
@pytest.mark.parametrize("name", NAMES)
class TestEveryRule:
    @given(data=st.data(), trials=st.integers(1, 14), workers=st.integers(1, 3))
    @settings(max_examples=25, deadline=None)
    def test_a_search_ends_and_each_epoch_is_heard_once(
        self, name: str, objectives: dict[str, str], data: st.DataObject, trials: int, workers: int
    ) -> None:
        world = data.draw(worlds(objectives, trials))
        rule = ruled(name, objectives)
        history, journal = searched(rule, world, trials, workers)
        assert len(history) == trials
        told = Counter((e["trial_id"], e.get("epochs")) for e in journal if "epochs" in e)
        assert set(told.values()) <= {1}
        for trial in history:
            assert [r.epochs for r in trial.reports] == list(range(1, trial.epochs + 1))
            assert trial.epochs <= world.epochs(trial.trial_id)
            assert trial.state != States.RUNNING
        allowed = pauses(ruled_space(name, objectives))
        assert {e["epochs"] for e in journal if e.get("decided") == "pause"} <= {*allowed}

    @given(data=st.data(), trials=st.integers(1, 14), workers=st.integers(1, 3))
    @settings(max_examples=25, deadline=None)
    def test_there_is_an_answer_if_one_trial_is_sound(
        self, name: str, objectives: dict[str, str], data: st.DataObject, trials: int, workers: int
    ) -> None:
        world = data.draw(worlds(objectives, trials))
        if not pauses(ruled_space(name, objectives)) and name != "none":
            # What was stopped never comes back, in the place of one that fails or leaks later.
            world.fails, world.leaks = {}, dict.fromkeys(world.leaks, 1)
        history, _ = searched(ruled(name, objectives), world, trials, workers)
        if any(world.sound(i) for i in range(trials)):
            assert history.answered

    @given(data=st.data(), trials=st.integers(1, 14), workers=st.integers(1, 3))
    @settings(max_examples=25, deadline=None)
    def test_a_replay_from_anywhere_leads_to_the_same_events(
        self, name: str, objectives: dict[str, str], data: st.DataObject, trials: int, workers: int
    ) -> None:
        world = data.draw(worlds(objectives, trials))
        limit = data.draw(st.none() | st.integers(1, 40))
        _, journal = searched(ruled(name, objectives), world, trials, workers, max_epochs=limit)
        cut = data.draw(st.integers(0, len(journal)))
        budget = Budget(trials, max_epochs=limit)
        rest = resumed(ruled(name, objectives), world, budget, journal, cut)
        assert rest == journal[cut:]

    @given(data=st.data(), trials=st.integers(1, 8), workers=st.integers(1, 3))
    @settings(max_examples=10, deadline=None)
    def test_a_question_changes_nothing(
        self, name: str, objectives: dict[str, str], data: st.DataObject, trials: int, workers: int
    ) -> None:
        world = data.draw(worlds(objectives, trials))
        rules = [ruled(name, objectives), Asked(ruled(name, objectives))]
        one, other = (searched(rule, world, trials, workers)[1] for rule in rules)
        assert one == other

    @given(data=st.data(), trials=st.integers(1, 8), more=st.integers(1, 8))
    @settings(max_examples=15, deadline=None)
    def test_an_extended_search_asks_for_the_rest(
        self, name: str, objectives: dict[str, str], data: st.DataObject, trials: int, more: int
    ) -> None:
        world = data.draw(worlds(objectives, trials + more, fails={}, leaks={}))
        _, journal = searched(ruled(name, objectives), world, trials)
        budget = Budget(trials + more)
        rule = ruled(name, objectives)
        history, all_ = searched(rule, world, trials + more, past=journal)
        assert all_[: len(journal)] == journal and budget.trials == len(history)
        assert history.answered

    @given(data=st.data(), trials=st.integers(1, 8), limit=st.integers(1, 12))
    @settings(max_examples=15, deadline=None)
    def test_an_ended_budget_leaves_an_answer(
        self, name: str, objectives: dict[str, str], data: st.DataObject, trials: int, limit: int
    ) -> None:
        world = data.draw(worlds(objectives, trials, fails={}, leaks={}))
        history, _ = searched(ruled(name, objectives), world, trials, max_epochs=limit)
        assert history.answered

    def test_only_the_rungs_say_where_trials_are_judged(
        self, name: str, objectives: dict[str, str]
    ) -> None:
        space = ruled_space(name, objectives)
        world = World(lambda i, epoch: (-float(i), float(i))[: len(objectives)], objectives)
        _, journal = searched(ruled(name, objectives), world, 12)
        ends = {e["epochs"] for e in journal if e.get("decided") in ("pause", "stop")}
        assert ends <= set(rungs(space)) and bool(ends) == (name != "none")


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
    assert searched(ruled(name, objectives), world, trials, workers)[1] == expected


def climbed(world: World, trials: int, workers: int, factor: int) -> list[tuple[set[int], ...]]:
    """Return for each rung who should go on, by the whole rung, and who did, by promotion."""
    keys = {"epochs": 9, "reduction_factor": factor}
    history, _ = searched(ruled("asha_promote", **keys), world, trials, workers)
    stages, found = (*rungs(ruled_space("asha_promote", **keys)), 9), []
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
