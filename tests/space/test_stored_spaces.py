"""The space of a run: read as it was written, also where what it names is there no more."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recsae.errors import RecsaeError
from recsae.results import create, load_results, summary, table, write_trials
from recsae.space import Parameter, space_of, stored_space

GONE: dict[str, Any] = {
    "model_name": ["SASRec_SAE", "Gone"],
    "dataset": "gone",
    "base": {"emb_size": 64, "gone": 1},
    "parameters": {"sae_gone": {"int": [2, 16], "log": True, "when": {"model_name": ["Gone"]}}},
    "objectives": {"gone@10": "max"},
    "constraints": {"gone": "<= 3"},
    "points": [{"sae_gone": 4}],
    "search": {"sampler": "gone", "trials": 9, "gone": 1},
    "scheduler": {"name": "gone"},
}


def test_a_run_opens_whose_names_are_not_known_any_more(tmp_path: Path) -> None:
    with pytest.raises(RecsaeError, match="Gone"):
        space_of(GONE)
    create(tmp_path / "a", {"space": GONE})
    row = {"trial_id": 0, "state": "COMPLETE", "model_name": "Gone", "sae_gone": 4, "epochs": 1}
    write_trials(tmp_path / "a", [{**row, "dev/gone@10": 0.5, "dev/gone": 2.0, "started": 1e9}])
    results = load_results(tmp_path / "a")
    space = results.space
    assert space.models == ("SASRec_SAE", "Gone") and space.base.width == 64
    gone = Parameter("sae_gone", "int", 2, 16, log=True, when=(("model_name", ("Gone",)),))
    assert space.parameters == (gone,)
    assert (space.search.sampler, space.search.trials) == ("gone", 9)
    assert space.search.finalists == 0, "what is not stored is the default"
    assert space.scheduler.name == "gone"
    assert summary(results)["best"][0]["metrics"]["gone@10"] == 0.5
    assert list(table(results)["gone@10"]) == [0.5]


def test_an_older_run_of_ours_has_no_scheduler() -> None:
    values = {**GONE, "search": {"sampler": "ours"}, "scheduler": {"name": "asha"}}
    assert stored_space(values, "search.yaml").scheduler.name == "none"


def test_a_scheduler_that_was_not_stored_is_the_default() -> None:
    values = {"objectives": {"l0": "min", "ndcg@10": "max"}}
    assert stored_space(values, "search.yaml").scheduler.name == "median"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameters": {"p": [1, 2]}}, "search.yaml: space.parameters.p: expected {int: [low,"),
        ({"parameters": 3}, "search.yaml: space.parameters: expected keys and values, got 3"),
        ({"model_name": 3}, "search.yaml: space.model_name: expected a list, got 3"),
        (
            {"parameters": {"p": {"value": 1, "when": {"p": 1}}}},
            "search.yaml: space.parameters.p.when: goes round in a circle: p → p",
        ),
    ],
)
def test_what_is_no_space_is_one_line(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RecsaeError) as caught:
        stored_space({**GONE, **change}, "search.yaml")
    assert str(caught.value).startswith(message)


def test_spaces_and_results_need_neither_torch_nor_ray_nor_optuna() -> None:
    code = (
        "import recsae.space, recsae.results, recsae.report.page, sys; "
        "assert not {'torch', 'ray', 'optuna'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
