"""A search from Python: the answer of the command line, opened, drawn and told as it runs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import answer
from conftest import TINY

import recsae
from recsae.errors import RecsaeError

SPACE: dict[str, Any] = {
    "model_name": "SASRec_SAE",
    "dataset": TINY,
    "base": {"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 2, "base_seed": 12},
    "parameters": {
        "sae_k": {"int": [2, 8], "log": True},
        "sae_scale_size": {"choice": [1, 2]},
        "sae_epochs": 3,
        "sae_batch_size": 128,
    },
    "search": {"sampler": "random", "seed": 1},
    "scheduler": {"name": "none"},
}
PROGRAM = """
import json, sys, recsae
from recsae.callbacks.functions import Functions
told = []
add = lambda what: lambda trial: told.append([what, trial.trial_id, trial.epochs, trial.metrics])
ended = []
end = lambda run: ended.append([len(run.trials), run.search["ended"]])
trial = dict(on_start=add("start"), on_report=add("report"), on_trial_end=add("end"))
tell = Functions(on_end=end, **trial)
run = recsae.tune(json.loads(sys.argv[1]), trials=2, name="told", workers=1, callbacks=[tell])
before = len(told)
more = recsae.resume("told", trials=3, extend=True, workers=1, callbacks=[tell])
print(json.dumps({"told": told, "before": before, "lines": repr(more), "ended": ended}))
"""


@pytest.fixture(scope="module")
def outcome() -> dict[str, Any]:
    words = [sys.executable, "-c", PROGRAM, json.dumps(SPACE)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_callbacks_hear_each_event_once_over_both_drivers(outcome: dict[str, Any]) -> None:
    told, before = outcome["told"], outcome["before"]
    heads = [tuple(one[:3]) for one in told]
    for trial in range(3):
        own = [(what, epoch) for what, number, epoch, _ in told if number == trial]
        reports = [("report", epoch) for epoch in (1, 2, 3)]
        assert own == [("start", 0), *reports, ("end", 3)]
    assert {number for _, number, _ in heads[:before]} == {0, 1}
    run = recsae.load_results("told")
    for what, number, epoch, metrics in told:
        if what == "report":
            row = run.curves[(run.curves["trial_id"] == number) & (run.curves["epoch"] == epoch)]
            assert row["dev/ndcg@10"].item() == metrics["ndcg@10"]


def test_the_answer_is_that_of_the_command_line(outcome: dict[str, Any]) -> None:
    run = recsae.load_results("told")
    assert outcome["ended"] == [[2, "finished"], [3, "finished"]]
    assert outcome["lines"] == repr(run)
    assert run.outcome["best"] == answer("results", "told")["best"]
    assert repr(run).startswith("best: trial") and "3 COMPLETE" in repr(run)
    assert isinstance(run.model(), recsae.ExplainedRecommender)


def test_a_run_is_opened_by_its_folder_and_by_its_name(outcome: dict[str, Any]) -> None:
    run = recsae.load_results("told")
    assert isinstance(recsae.load_results(run.path), recsae.Results)
    with pytest.raises(RecsaeError, match="told"):
        recsae.load_results("tolt")


def test_plots_tables_and_cells(outcome: dict[str, Any]) -> None:
    run = recsae.load_results("told")
    assert {"tradeoff", "history", "importance"} <= set(dir(run.plot))
    trade, history = run.plot.tradeoff(), run.plot.history()
    assert trade is not None and trade.data and history is not None and history.data
    assert run.plot.pareto() is None  # one objective
    with pytest.raises(AttributeError, match=r"no plot 'paretto'; there are .*pareto"):
        run.plot.paretto  # noqa: B018
    latex = run.to_latex()
    assert latex.count(r"SASRec\_SAE") == 3 and r"\toprule" in latex
    assert run._repr_html_().count("<tr") == 4


@pytest.mark.parametrize(
    "space, words",
    [
        ({**SPACE, "model_name": "SASRec_SEA"}, "space: .*SASRec_SEA.*SASRec_SAE"),
        ("sasrec_sea.yaml", "sasrec_sea.yaml.*sasrec_sae.yaml"),
    ],
)
def test_a_mistake_is_a_line_and_leaves_nothing(space: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(RecsaeError, match=words):
        recsae.tune(space, name="never", storage=str(tmp_path))
    assert not [*tmp_path.iterdir()]


def test_a_space_of_values_is_that_of_a_file() -> None:
    parameters = {"sae_k": {"int": [2, 16], "log": True}, "sae_epochs": 9}
    made = recsae.Space("SASRec_SAE", parameters, objectives={"fvu": "min"}, search={"trials": 5})
    assert made.objectives == {"fvu": "min"} and made.search.trials == 5
    assert [one.name for one in made.searched] == ["sae_k"]
    with pytest.raises(RecsaeError, match=r"Space\(\).*sae_kk.*sae_k"):
        recsae.Space("SASRec_SAE", {"sae_kk": 3})


def test_all_public_names_are_listed_and_there() -> None:
    assert {"tune", "resume", "load_results", "load_model", "Space", "Callback"} <= set(dir(recsae))
    for name in dir(recsae):
        assert getattr(recsae, name) is not None
