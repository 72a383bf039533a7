"""Finalists as trials: their seeds, their order, their journal; and on a real Ray, with a kill."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from killed_runs import kill_after
from search.local_ray import FOLDERS
from search.toy_spaces import toy_space

from recsae.cache import Cache
from recsae.files import read_json
from recsae.jobs.finalists import Training, run_finalists
from recsae.results import create, load_results
from recsae.results.finalist_selection import chosen
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.history import History, Trial
from recsae.search.finalists import (
    AllModels,
    Listed,
    finalist_seed,
    finalist_space,
    fresh_trials,
    history_of,
    key_of,
    row_of,
)
from recsae.space import SearchSpace
from recsae.testing.driver import MemoryJournal, drive

OBJECTIVES = {"ndcg@10": "max"}


def space(scheduler: str = "none", **search: object) -> SearchSpace:
    search = {"trials": 8, "seed": 7, "sampler": "random", **search}
    return toy_space(scheduler, epochs=4, search=search)


def finished(trial_id: int, epochs: int = 2) -> Trial:
    settings = {"sae_k": trial_id, "sae_seed": 5, "sae_epochs": epochs}
    return Trial(trial_id, "SASRec_SAE", {"sae_k": trial_id}, settings, epochs)


def test_fresh_seeds_are_their_own() -> None:
    seeds = [finalist_seed(7, trial, index) for trial in range(50) for index in range(5)]
    assert len(set(seeds)) == len(seeds) and all(0 <= seed < 2**31 for seed in seeds)
    assert finalist_seed(7, 3, 1) == seeds[3 * 5 + 1] != finalist_seed(8, 3, 1)


def test_each_finalist_is_trained_with_each_seed_and_its_own_settings() -> None:
    fresh = fresh_trials([finished(4), finished(9)], 3, search_seed=7)
    keys = [key_of(one.drawn) for one in fresh]
    expected = [(trial, finalist_seed(7, trial, i)) for i in range(3) for trial in (4, 9)]
    assert keys == expected
    assert [one.settings for one in fresh] == [
        {"sae_k": trial, "sae_seed": seed, "sae_epochs": 2} for trial, seed in expected
    ]


def test_all_run_to_their_end_whatever_the_search_allowed() -> None:
    found = finalist_space(space("asha", seed=3, max_hours=0.1, max_epochs=9), 4)
    search = found.search
    assert (search.trials, search.max_hours, search.max_epochs) == (4, None, None)
    assert (found.scheduler.name, search.seed) == ("none", 3)


def director(journal: MemoryJournal, trials: list[Trial] | None = None) -> Director:
    fresh = fresh_trials(trials or [finished(4), finished(9)], 2, search_seed=7)
    led = Director(Listed(fresh), History(OBJECTIVES), Budget(1000), journal=journal)
    led.replay(list(journal))
    return led


def run(led: Director, reports: int | None = None) -> Director:
    return drive(led, lambda *_: {"ndcg@10": 0.1, "train/loss": 1.0}, reports=reports)


@pytest.mark.parametrize("reports", range(8))
def test_a_list_goes_on_from_any_moment(reports: int) -> None:
    journal = MemoryJournal()
    run(director(journal), reports)
    assert run(director(journal)).finished
    heard = Counter((e["trial_id"], e["epochs"]) for e in journal if e["kind"] == "reported")
    assert len(heard) == 8 and set(heard.values()) == {1}
    rows = [row_of(trial) for trial in history_of(journal, OBJECTIVES)]
    assert {row["trial_id"] for row in rows} == {4, 9} and len(rows) == 4
    assert all(row["dev/ndcg@10"] == 0.1 and row["seconds"] == 2.0 for row in rows)
    assert all("train/loss" not in row for row in rows)


def test_other_finalists_come_on_top_of_what_is_trained() -> None:
    journal = MemoryJournal()
    run(director(journal))
    run(director(journal, [finished(9), finished(11)]))
    keys = [key_of(e["drawn"]) for e in journal if e["kind"] == "asked"]
    assert len(keys) == len(set(keys)) == 6


def test_a_failed_training_has_no_figures() -> None:
    led = director(MemoryJournal())
    led.next()
    led.report(0, 1, 1.0, {"ndcg@10": 0.1})
    led.fail(0, "no room")
    row = row_of(led.history.trials[0])
    assert row["error"] == "no room" and row["epochs"] == 1 and "dev/ndcg@10" not in row


def test_all_models_stay_and_only_lost_ones_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    best = AllModels(tmp_path, [(4, 77), (9, 78), (9, 79)], OBJECTIVES)
    for number in ("0", "1"):
        (tmp_path / ".models" / number).mkdir(parents=True)
    best.restore([({"trial_id": 5, "sae_seed": 79}, ())])  # was moved, or deleted, long ago
    assert not (tmp_path / ".models").exists() and capsys.readouterr().err == ""
    (tmp_path / ".models" / "0").mkdir(parents=True)
    best.add({"trial_id": 0, "sae_seed": 77})
    assert [path.name for path in tmp_path.glob("[!.]*")] == ["4-77"]
    best.add({"trial_id": 1, "sae_seed": 78, "dev/leak": True})
    assert capsys.readouterr().err == ""
    best.add({"trial_id": 1, "sae_seed": 78})
    assert "9-78 did not arrive" in capsys.readouterr().err


DRIVER = """
import pathlib, sys, test_finalists as t
from recsae.cache import Cache
from recsae.jobs import evaluation
from recsae.jobs.finalists import Training, run_finalists
from recsae.test_reads import count_test_read
from recsae.search.ray.cluster import cluster
from recsae.search.ray.tuner import run_search

def score_model(folder, mask, cache, device):  # as if test were twice dev
    count_test_read(folder)
    value = float((folder / "settings.json").read_text())
    return {"metrics": {"dev": {}, "test": {"ndcg@10": value}}, "difference": {}, "groups": {}}

evaluation.score_model = score_model
tmp, finalists = pathlib.Path(sys.argv[1]), int(sys.argv[2])
space = t.space(finalists=finalists, finalist_seeds=2)
run = tmp / "run"
factory = "fake_trials:LuckyTrial"
with cluster(None):
    if not (run / "finalists").exists():
        run_search(space, tmp, run, trial_factory=factory, workers=1)
    training = Training(tmp, Cache.default(), workers=1, trial_factory=factory)
    assert run_finalists(run, space, training)
"""


def test_killed_finalists_are_trained_once_and_scored_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, FOLDERS)))
    path = tmp_path / "run"
    create(path, {"space": space().resolved()})

    def command(finalists: int) -> list[str]:
        return [sys.executable, "-W", "ignore", "-c", DRIVER, str(tmp_path), str(finalists)]

    assert kill_after(command(2), path / "finalists", lines=2 + 5 + 2, pause=0.0)
    subprocess.run(command(2), check=True, capture_output=True)
    check(tmp_path, path, finalists=2, reads=1)
    before = (path / "finalists.parquet").read_bytes()
    again = space(finalists=2, finalist_seeds=2)
    assert run_finalists(path, again, Training(tmp_path, Cache.default())), "nothing is left to do"
    assert (path / "finalists.parquet").read_bytes() == before
    subprocess.run(command(3), check=True, capture_output=True)
    check(tmp_path, path, finalists=3, reads=2)


def check(tmp_path: Path, path: Path, finalists: int, reads: int) -> None:
    results = load_results(path)
    picked = chosen(results.trials, OBJECTIVES, {}, finalists)
    assert results.finalists is not None
    keys = [key_of(row) for row in results.finalists.to_dict("records")]
    assert sorted(keys) == sorted((t, finalist_seed(7, t, i)) for t in picked for i in range(2))
    starts = Counter((tmp_path / "starts").read_text().split())
    seeds = {str(seed) for _, seed in keys}
    assert sum(starts[seed] - 1 for seed in seeds) <= 1, "only the one that was killed started anew"
    assert results.finalists["dev/ndcg@10"].nunique() == len(keys)
    assert results.finalists["test/ndcg@10"].notna().all()
    scores = results.finalist_scores
    assert [one["wins"] for one in scores] == [True] + [False] * (finalists - 1)
    winner = scores[0]["trial_id"]
    left = {entry.name for entry in (path / "finalists").iterdir()}
    assert left == {"journal", *(f"{t}-{seed}" for t, seed in keys if t == winner)}
    assert read_json(path / "test_reads.json")["reads"] == reads
    for model in (path / "finalists").glob("*-*"):
        assert read_json(model / "test_reads.json")["reads"] == 1
