"""Proposals: reproducible, inside the space, told as Optuna should hear it; without a Ray."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState
from ray.tune.search import Searcher

from recsae.search.searcher import Proposal, Proposer, StudySearcher, trial_seed
from recsae.search.space import SearchSpace, space_of

PARAMETERS: dict[str, Any] = {
    "sae_k": {"int": [2, 16], "log": True},
    "sae_lr": {"float": [1e-4, 1e-1], "log": True},
    "sae_scale_size": {"choice": [2, 4, 8]},
    "sae_epochs": 3,
}
CONDITIONAL = {
    **PARAMETERS,
    "sae_attn_heads": {"choice": [1, 2, 4], "when": {"model_name": "SASRec_SAE_Attention"}},
}


def space(sampler: str = "tpe", seed: int = 0, trials: int = 30, **keys: Any) -> SearchSpace:
    values = {
        "model_name": "SASRec_SAE",
        "dataset": "synthetic",
        "parameters": PARAMETERS,
        "objectives": {"ndcg@10": "max"},
        "search": {"sampler": sampler, "seed": seed, "trials": trials},
    }
    return space_of({**values, **keys})


def conditional(**keys: Any) -> SearchSpace:
    models = ["SASRec_SAE", "SASRec_SAE_Attention"]
    return space(model_name=models, parameters=CONDITIONAL, **keys)


def play(proposer: Proposer, trials: int) -> list[Proposal]:
    """One worker: each trial is told before the next is asked for."""
    proposals = []
    for _ in range(trials):
        proposal = proposer.ask()
        rate = proposal.settings["sae_lr"]
        proposer.tell(proposal.trial_id, {"ndcg@10": rate, "l0": 1 / rate, "leak": False})
        proposals.append(proposal)
    return proposals


def told(proposer: Proposer) -> list[Any]:
    return proposer._study.get_trials(deepcopy=False)


def test_only_a_model_that_has_a_seed_is_given_one() -> None:
    parameters = {"sae_k": {"int": [2, 16]}}
    for model, seeded in [("SASRec_PCA", False), ("SASRec_SAE", True)]:
        proposal = Proposer(space(model_name=model, parameters=parameters)).ask()
        assert ("sae_seed" in proposal.settings) is seeded


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_the_same_seed_proposes_the_same_trials(sampler: str) -> None:
    first = play(Proposer(conditional(sampler=sampler)), 25)
    assert first == play(Proposer(conditional(sampler=sampler)), 25)
    assert first != play(Proposer(conditional(sampler=sampler, seed=1)), 25)


def test_proposals_do_not_depend_on_the_process() -> None:
    code = "import test_searcher as t\nfor p in t.play(t.Proposer(t.conditional()), 25): print(p)"
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": python_path()},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0].count("Proposal(") == 25
    assert outputs[0] == outputs[1]


def python_path() -> str:
    here = Path(__file__).parent
    return os.pathsep.join([str(here), str(here.parents[1])])


def test_trials_are_numbered_from_zero_and_end_with_the_budget() -> None:
    proposer = Proposer(space(trials=4))
    assert [p.trial_id for p in play(proposer, 4)] == [0, 1, 2, 3]
    assert proposer.finished


def test_settings_are_complete_and_in_range() -> None:
    for proposal in play(Proposer(space()), 15):
        assert 2 <= proposal.settings["sae_k"] <= 16
        assert 1e-4 <= proposal.settings["sae_lr"] <= 1e-1
        assert proposal.settings["sae_scale_size"] in (2, 4, 8)
        assert proposal.settings["sae_epochs"] == 3
        assert proposal.settings["sae_batch_size"] == 256  # a default, told all the same


def test_a_setting_with_a_condition_is_searched_for_its_model_only() -> None:
    proposals = play(Proposer(conditional()), 20)
    assert {p.model_name for p in proposals} == {"SASRec_SAE", "SASRec_SAE_Attention"}
    for proposal in proposals:
        attends = proposal.model_name == "SASRec_SAE_Attention"
        assert ("sae_attn_heads" in proposal.settings) == attends


@given(st.integers(0, 2**31), st.integers(0, 10_000))
@settings(max_examples=50)
def test_a_trial_has_its_own_seed(seed: int, trial_id: int) -> None:
    mine = trial_seed(seed, trial_id)
    assert 0 <= mine < 2**31
    assert mine == trial_seed(seed, trial_id)
    assert mine not in (trial_seed(seed, trial_id + 1), trial_seed(seed + 1, trial_id))


def test_trials_get_their_seed_unless_the_space_fixes_it() -> None:
    free = [p.settings["sae_seed"] for p in play(Proposer(space(seed=5)), 3)]
    assert free == [trial_seed(5, n) for n in range(3)]
    fixed = Proposer(space(parameters={**PARAMETERS, "sae_seed": 7}))
    assert [p.settings["sae_seed"] for p in play(fixed, 3)] == [7, 7, 7]


def test_tpe_learns() -> None:
    proposals = play(Proposer(space(trials=60)), 60)
    early, late = proposals[:10], proposals[-20:]
    assert mean_rate(late) > 2 * mean_rate(early)


def mean_rate(proposals: list[Proposal]) -> float:
    return sum(p.settings["sae_lr"] for p in proposals) / len(proposals)


def test_a_failed_trial_is_told_as_failed() -> None:
    proposer = Proposer(space())
    for metrics in (None, {"ndcg@10": float("nan")}, {"l0": 3.0}, {"ndcg@10": None}):
        proposer.tell(proposer.ask().trial_id, metrics)
    assert {trial.state for trial in told(proposer)} == {TrialState.FAIL}


def test_a_leaking_trial_is_infeasible() -> None:
    proposer = Proposer(space())
    for leak in (True, False, None):
        proposer.tell(proposer.ask().trial_id, {"ndcg@10": 0.5, "leak": leak})
    assert [trial.constraints["leak"] > 0 for trial in told(proposer)] == [True, False, False]
    assert [trial.state for trial in told(proposer)] == [TrialState.COMPLETE] * 3


def test_several_objectives_are_told_in_the_spaces_order() -> None:
    proposer = Proposer(space(objectives={"l0": "min", "ndcg@10": "max"}))
    proposer.tell(proposer.ask().trial_id, {"ndcg@10": 0.25, "l0": 3.0})
    assert told(proposer)[0].values == [3.0, 0.25]
    assert [d.name for d in proposer._study.directions] == ["MINIMIZE", "MAXIMIZE"]
    play(proposer, 15)  # past the random start


class Slots:
    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self) -> int:
        return self.number


def searcher(slots: Slots, **keys: Any) -> StudySearcher:
    return StudySearcher(Proposer(space(**keys)), slots, {"work": {"device": "cpu"}})


def test_the_searcher_counts_the_trials_at_once_itself() -> None:
    slots = Slots(2)
    ours = searcher(slots)
    assert ours.set_max_concurrency(1)
    assert ours.suggest("a")["trial_id"] == 0
    assert ours.suggest("b")["trial_id"] == 1
    assert ours.suggest("c") is None
    slots.number = 3  # a node has joined
    assert ours.suggest("c")["trial_id"] == 2
    slots.number = 1  # two nodes have gone
    ours.on_trial_complete("a", {"metrics/ndcg@10": 0.1})
    assert ours.suggest("d") is None
    ours.on_trial_complete("b", None, error=True)
    ours.on_trial_complete("c", {"metrics/ndcg@10": 0.2, "state": "FAILED"})
    assert ours.suggest("d")["trial_id"] == 3
    states = [trial.state for trial in told(ours._proposer)]
    assert states == [TrialState.COMPLETE, TrialState.FAIL, TrialState.FAIL, TrialState.RUNNING]


def test_a_cluster_without_room_still_gets_one_trial_to_wait() -> None:
    assert searcher(Slots(0)).suggest("a")["trial_id"] == 0


def test_the_searcher_ends_after_the_last_trial() -> None:
    ours = searcher(Slots(9), trials=2)
    configs = [ours.suggest(name) for name in "ab"]
    assert [config["trial_id"] for config in configs] == [0, 1]
    assert configs[0]["work"] == {"device": "cpu"}
    assert ours.suggest("c") == Searcher.FINISHED


def test_a_trial_is_told_once() -> None:
    ours = searcher(Slots(1))
    ours.suggest("a")
    ours.on_trial_complete("a", {"metrics/ndcg@10": 0.5})
    ours.on_trial_complete("a", None, error=True)
    assert [trial.values for trial in told(ours._proposer)] == [[0.5]]


def test_tunes_snapshots_of_the_searcher_are_harmless(tmp_path: Path) -> None:
    ours = searcher(Slots(1))
    ours.save_to_dir(str(tmp_path))
    ours.restore(str(tmp_path / "nothing"))
    assert ours.suggest("a")["trial_id"] == 0
