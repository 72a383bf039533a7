"""A whole comparison on a tiny data set, its searches faked; cut short and gone on with."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from comparison import searches, training
from comparison.plan import CONTENDERS, PlanSettings
from comparison.run import compare

from recsae.errors import RecsaeError
from recsae.results.folder import write_trials
from recsae.search.engine.history import History
from recsae.search.engine.new_trials import completed
from recsae.search.strategies import sampler_for
from recsae.space import SearchSpace
from recsae.test_reads import reads_of_test

DATA = "synthetic:users=300,items=60,concepts=4,length=10"
BASE = {"emb_size": 16, "num_heads": 2, "num_layers": 1, "epochs": 1}
PLAN = PlanSettings(
    trials=2, seconds=25.0, bases=2, seeds=2, sae_k=2, epochs=1, workers=1, quick=True
)


def fake_search(
    space: SearchSpace, activations: Path, run: Path, *, workers: int, min_trials: int
) -> Any:
    """Write the rows of a search of three trials, 10 s each: the last one is the best."""
    sampler, history = sampler_for(space), History(space.objectives)
    rows = []
    for number in range(3):
        proposal = completed(space, sampler.propose(history, number), number)
        row = {"trial_id": number, "state": "COMPLETE", "model_name": proposal.model_name}
        scores = {"dev/ndcg@10": 0.1 + 0.1 * number, "dev/leak": False}
        times = {"started": 1e9 + 10 * number, "ended": 1e9 + 10 * number + 9}
        rows.append({**row, **proposal.settings, **scores, **times})
    assert (workers, min_trials) == (1, PLAN.trials)
    write_trials(run, rows)
    return SimpleNamespace(interrupted=False)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Fake the searches; note the files that trainings write."""
    written: list[Path] = []
    save = training.save

    def noted(one: Any, path: Path) -> None:
        save(one, path)
        written.append(path)

    monkeypatch.setattr(training, "save", noted)
    monkeypatch.setattr(searches, "run_search", fake_search)
    return written


def test_a_comparison_cut_short_goes_on_and_ends_the_same(
    trained: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = training._trained

    def third_breaks(job: Any, scorer: Any) -> Any:
        if len(trained) == 3:
            raise KeyboardInterrupt
        return train(job, scorer)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training, "_trained", third_breaks)
        compare([DATA], PLAN, tmp_path / "cut", BASE)
    assert len(trained) == 3 and not (tmp_path / "cut" / "comparison.json").exists()
    found = compare([DATA], PLAN, tmp_path / "cut", BASE)
    whole = len(trained)
    assert whole == len(set(trained)) == 2 + 2 + 5 * 2 * 2 * 1 + 5 * 2 * 2 - _shared(found)

    again = compare([DATA], PLAN, tmp_path / "cut", BASE)
    assert len(trained) == whole  # nothing was left to do
    fresh = compare([DATA], PLAN, tmp_path / "fresh", BASE)
    for other in (again, fresh):
        assert json.dumps({**other, "seconds": 0}) == json.dumps({**found, "seconds": 0})


def _shared(found: dict[str, Any]) -> int:
    """Return the trainings that both budgets share: where their winners are the same trial."""
    [dataset] = found["datasets"].values()
    winners = {(w["model"], w["budget"]): w["winner"] for w in dataset["lines"] if w["budget"]}
    same = [
        winners[c.label, "trials"]["trial_id"] == winners[c.label, "seconds"]["trial_id"]
        for c in CONTENDERS
    ]
    return sum(same) * PLAN.bases * PLAN.seeds


def test_what_a_comparison_tells(trained: list[Path], tmp_path: Path) -> None:
    found = compare([DATA], PLAN, tmp_path, BASE, {"min_user": 5})
    [dataset] = found["datasets"].values()
    assert "with < 5 events" in dataset["protocol"]
    lines = {(one["model"], one["budget"]): one for one in dataset["lines"]}
    for name in ("SASRec", "Popularity", "MarkovChain", "SASRec_PCA"):
        assert 0 <= lines[name, None]["test"]["all"]["ndcg@10"]["mean"] <= 1
    for contender in CONTENDERS:
        line = lines[contender.label, "trials"]
        assert line["winner"]["trial_id"] == 1  # of the first two trials
        assert line["trainings"] == 4 and line["errors"] == []
        assert line["curse"]["search"] == pytest.approx(0.2)
        assert -1 <= line["agreement"]["cosine"] <= 1
        assert line["winner"]["settings"]["sae_k"] == PLAN.sae_k
    assert lines["Attention published", "trials"]["leak"]
    assert not lines["Attention code", "trials"]["leak"]
    assert found["quick"] and {row["verdict"] for row in found["contrasts"]} == {None}
    assert found["family"] > 0
    assert reads_of_test(tmp_path / "trainings") == len(trained)


def test_two_comparisons_do_not_share_a_folder(trained: list[Path], tmp_path: Path) -> None:
    from filelock import FileLock

    with FileLock(tmp_path / ".lock"), pytest.raises(RecsaeError, match="another comparison"):
        compare([DATA], PLAN, tmp_path, BASE)


def test_a_training_that_diverges_is_told_and_left_out(
    trained: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recsae.errors import SettingError

    train = training._trained

    def diverges(job: Any, scorer: Any) -> Any:
        if job.model_name == "SASRec_SAE_Contrastive":
            raise SettingError("sae_lr", "training diverged")
        return train(job, scorer)

    monkeypatch.setattr(training, "_trained", diverges)
    found = compare([DATA], PLAN, tmp_path, BASE)
    assert not any(row["variant"] == "Contrastive" for row in found["contrasts"])
    [dataset] = found["datasets"].values()
    errors = [one["errors"] for one in dataset["lines"] if one["model"] == "Contrastive"]
    assert errors and all(several for several in errors)
    assert all("training diverged" in text for several in errors for text in several)
