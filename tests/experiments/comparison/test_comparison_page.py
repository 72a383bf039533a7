"""Tables and page of an outcome: complete, marked, escaped, made without torch or ray."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from comparison.plan import BASE, PLAIN, PlanSettings, words
from comparison.report import tables
from comparison.report.output import print_outcome, read_outcome, write_outputs
from comparison.report.page import render
from scripts import EXPERIMENTS

from recsae.errors import RecsaeError

LEAKING = "Attention published"


def mean(value: float) -> dict[str, float]:
    return {"mean": value, "sd": 0.001}


def line(model: str, budget: str | None, **more: Any) -> dict[str, Any]:
    figures = {"ndcg@10": mean(0.04), "hr@50": mean(0.1), "percentile": mean(0.3)}
    return {
        "model": model,
        "budget": budget,
        "leak": model == LEAKING,
        "trainings": 4,
        "errors": [],
        "dev": {"ndcg@10": mean(0.05), "fvu": mean(0.2)},
        "test": {"all": figures},
        **more,
    }


def winner_line(model: str, budget: str) -> dict[str, Any]:
    best = {"trial_id": 3, "trials": 16, "complete": 5, "seconds": 100.0}
    curse = {"search": 0.051, "fresh": 0.05, "sd": 0.001, "difference": 0.001}
    more = {"winner": {**best, "settings": {"sae_lr": 0.01}}, "curse": curse}
    return line(model, budget, search="searches/x", agreement={"cosine_alive": 0.5}, **more)


def contrast(variant: str, measure: str = "ndcg@10", **more: Any) -> dict[str, Any]:
    numbers = {"mean": -0.01, "low": -0.02, "high": -0.005, "p": 0.001}
    spreads = {"users": 0.002, "seeds": 0.001, "bases": float("nan")}
    return {
        "dataset": "<b>set</b>",
        "budget": "trials",
        "variant": variant,
        "reference": BASE,
        "group": "all",
        "measure": measure,
        "n": 1000,
        **numbers,
        **spreads,
        "in_family": True,
        "p_holm": 0.04,
        "verdict": "worse",
        **more,
    }


@pytest.fixture
def found() -> dict[str, Any]:
    plan = PlanSettings(quick=True)
    winners = [winner_line(name, "trials") for name in (PLAIN, LEAKING, "Contrastive")]
    none = {"winner": None, "errors": ["no trial was complete"], "dev": {}, "test": {}}
    dataset = {
        "protocol": "<b>set</b>: 1,000 users",
        "groups": {"all": 1000, "sparse_users": 150},
        "categories": ["a=1"],
        "bases": [],
        "lines": [line(BASE, None), *winners, line("Contrastive", "seconds", **none)],
    }
    rows = [
        contrast(LEAKING),
        contrast("Contrastive"),
        contrast("Contrastive", "hr@50", in_family=False, p=None, p_holm=None, verdict=None),
    ]
    return {
        "quick": True,
        "final": False,
        "plan": plan.values(),
        "words": words(),
        "family": 2,
        "draws": 100,
        "datasets": {"<b>set</b>": dataset},
        "contrasts": rows,
        "seconds": 12.0,
    }


def test_the_page_shows_and_escapes_everything(found: dict[str, Any]) -> None:
    page = render(found)
    assert "<b>set</b>" not in page and "&lt;b&gt;set&lt;/b&gt;" in page
    for text in (
        "QUICK RUN",
        "Attention published (leak)",
        "fixed before",
        "no trial was complete",
    ):
        assert text in page
    assert page.count('data-plot="forest-') == 1  # one measure has a test
    assert 'class="leaks"' in page
    assert "http" not in page.split("<script>", 1)[0]  # nothing is fetched


def test_a_run_of_full_size_says_nothing_of_quick(found: dict[str, Any]) -> None:
    page = render({**found, "quick": False, "final": True})
    assert "QUICK" not in page and "Too few" not in page
    assert "Too few bases" in render({**found, "quick": False})


def test_tables_mark_leaks_and_tests(found: dict[str, Any]) -> None:
    models = tables.models_table(next(iter(found["datasets"].values())))
    assert list(models["model"])[:3] == [BASE, PLAIN, "Attention published (leak)"]
    assert models["NDCG@10"][0] == "0.0400 ± 0.0010" and models["NDCG@10"][4] == "–"
    tests = tables.contrasts_table(found, everything=False)
    assert len(tests) == 2 and len(tables.contrasts_table(found)) == 3
    assert tests["contrast"][0] == "Attention published (leak) − SASRec"
    assert tests["95 % interval"][0] == "-0.0200 … -0.0050"
    assert tests["± bases"][0] == "–"


def test_everything_is_written_and_can_be_read_again(
    found: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_outputs(found, tmp_path)
    again = read_outcome(tmp_path)
    assert again["family"] == 2 and again["plan"]["trials"] == 16
    names = {"comparison.json", "comparison.html", "comparison.md", "models.csv", "contrasts.csv"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert "| Contrastive − SASRec |" in (tmp_path / "comparison.md").read_text()
    assert (tmp_path / "contrasts.csv").read_text().count("\n") == 4
    print_outcome(again, tmp_path)
    shown = capsys.readouterr().out
    assert "Contrastive − SASRec" in shown and "One family of 2 tests" in shown
    with pytest.raises(RecsaeError, match="no finished comparison"):
        read_outcome(tmp_path / "nothing")


def test_the_page_needs_neither_torch_nor_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(EXPERIMENTS))
    code = (
        "import sys, comparison.report.output as w; "
        "sys.exit(' '.join({'torch', 'ray', 'optuna'} & set(sys.modules)) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
