"""The page of several runs, and the command that writes it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Recsae
from report.made_up_runs import RUNS, trial
from report.read_pages import Page

from recsae.errors import RecsaeError
from recsae.report.pages import paper_figures, templates
from recsae.report.pages.comparison import comparison, figures, named
from recsae.results import load_results

Maker = Callable[..., Path]


@pytest.fixture(autouse=True)
def small_plotly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "packed_plotly", lambda: "plotly")


def test_runs_stand_beside_each_other(make_run: Maker) -> None:
    one = load_results(make_run(RUNS["mixed"], name="one"))
    more = [trial(i, "COMPLETE", **{"dev/ndcg@10": 0.15 + i / 100}) for i in range(3)]
    two = load_results(make_run(more, constraints={"dead": "<= 1"}, name="two"))
    page = Page(comparison(named([one, two])))
    assert page.open == []
    assert "one – 5 3 8 5 s 1, SASRec_SAE 3 0.1100 – – –" in page.visible
    assert "8 of 8 trials" in page.visible
    assert "constraints.dead – <= 1" in page.visible
    # No trial of the other keeps to its constraint.
    assert {len(plot["data"]) for plot in page.plots.values()} == {1, 2}
    assert "different tasks" not in page.visible


def test_runs_without_a_shared_objective_have_no_figure(make_run: Maker) -> None:
    runs = named(
        [
            load_results(make_run(RUNS["two"], name="one")),
            load_results(make_run(RUNS["two"], {"l0": "min"}, name="two")),
        ]
    )
    assert figures(runs) == {}
    assert Page(comparison(runs)).open == []


def test_any_two_runs_have_a_page(make_run: Maker) -> None:
    for number, rows in enumerate(RUNS.values()):
        runs = [make_run(rows, name=f"{number}.one"), make_run(RUNS["mixed"], name=f"{number}.two")]
        assert Page(comparison(named([load_results(run) for run in runs]))).open == []


def test_runs_of_one_name_are_told_by_their_paths(make_run: Maker, tmp_path: Path) -> None:
    run = make_run(RUNS["two"], name="a/run")
    other = make_run(RUNS["two"], name="b/run")
    assert list(named([load_results(run), load_results(other)])) == [str(run), str(other)]


def test_report_takes_several_runs(make_run: Maker, recsae: Recsae, tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_run(RUNS["mixed"], name=name)
    words = ["--storage", tmp_path, "--json"]
    assert recsae("report", "one", "two", *words).json == {
        "runs": ["one", "two"],
        "report": str(tmp_path / "one-two.html"),
    }
    page = tmp_path / "page.html"
    assert recsae("report", "one", "two", "-o", page, *words).json["report"] == str(page)
    assert page.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["one", "one"], "one: expected different runs, got the same twice"),
        (["one", "-o", "x.html"], "--out: expected several runs"),
        (["one", "--figures", "figs"], "--figures: needs kaleido; install it by pip install"),
    ],
)
def test_what_does_not_go_is_a_line(
    make_run: Maker,
    recsae: Recsae,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    expected: str,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    make_run(RUNS["mixed"], name="one")
    assert expected in recsae("report", *words, "--storage", tmp_path).mistake


def test_a_missing_browser_is_a_line(
    make_run: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def nothing(**options: object) -> None:
        raise RuntimeError("\n\nKaleido requires Google Chrome\n")

    monkeypatch.setattr(paper_figures, "check_drawn_here", lambda: None)
    monkeypatch.setattr("plotly.io.write_images", nothing)
    runs = [load_results(make_run(RUNS["two"], name=name)) for name in ("one", "two")]
    with pytest.raises(RecsaeError, match=r"there is none .Kaleido requires Google Chrome"):
        paper_figures.write_figures(figures(named(runs)), tmp_path / "figs")
