"""The answer of a run: what won, what it keeps, what simpler is as good, what to do next."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from report.made_up_runs import RUNS, trial

from recsae.errors import SettingError
from recsae.files import write_json
from recsae.jobs.results import run_outcome
from recsae.report.answers.chosen_columns import chosen, marks, write_csv, write_latex
from recsae.report.answers.lines import WIDTH, answer_lines, step_lines, top_lines
from recsae.report.answers.next_steps import next_steps
from recsae.report.answers.verdict import verdict
from recsae.report.summary import summary_lines
from recsae.results import Files, load_results

Maker = Callable[..., Path]
ROWS = [
    trial(i, "COMPLETE", **{"dev/ndcg@10": value, "dev/share": value / 0.2, "sae_k": k})
    for i, (k, value) in enumerate([(3, 0.150), (5, 0.189), (6, 0.185), (16, 0.190), (4, 0.120)])
]


@pytest.fixture
def run(make_run: Maker) -> Path:
    """Return a run whose best trial, 3, has scores over users: one deviation is 0.002."""
    path = make_run(ROWS)
    interval = {"mean": -0.01, "low": -0.01392, "high": -0.00608, "verdict": "worse"}
    dev = {"ndcg@10": 0.19, "share": 0.95}
    scores = {"dev": dev, "test": {}, "difference": {"dev": {"ndcg@10": interval}}}
    folder = path / Files.BEST / "3"
    folder.mkdir(parents=True)
    write_json(folder / Files.METRICS, scores)
    return path


def test_the_smallest_k_within_one_deviation_is_named(run: Path) -> None:
    found = verdict(load_results(run))
    assert found["trial_id"] == 3 and found["objectives"] == {"ndcg@10": 0.19}
    assert found["noise"] == {"sd": pytest.approx(0.002), "of": "users"}
    assert [(one["trial_id"], one["k"]) for one in found["simpler"]] == [(1, 5)]
    kept = found["keeps"]["dev"]
    assert kept == {"share": 0.95, "low": pytest.approx(0.9304), "high": pytest.approx(0.9696)}


def test_three_lines_say_it(run: Path) -> None:
    assert answer_lines(verdict(load_results(run))) == [
        "best: trial 3, SASRec_SAE, dev ndcg@10 0.19",
        "keeps of the base's NDCG@10: 95.0 % [93.0 %, 97.0 %] on dev (95 % over users)",
        "simpler: trial 1 with k 5 (ndcg@10 0.1890) cannot be told from it, within one deviation "
        "over users, 0.0020 ndcg@10",
    ]


def test_without_scores_nothing_is_told_of_luck(make_run: Maker) -> None:
    found = verdict(load_results(make_run(ROWS)))
    assert found["noise"] is None and found["simpler"] == []
    assert "is not known" in answer_lines(found)[-1]


def test_the_noise_of_seeds_is_taken_where_it_is_known(golden_run: Path) -> None:
    results = load_results(golden_run)
    told = verdict(results)["noise"]
    row = results.expected[results.expected.trial_id == results.best.trial_id.iloc[0]].iloc[0]
    spread = row["expected_sd/ndcg@10"]
    assert told == ({"sd": spread, "of": "seeds"} if spread > 0 else None)


@pytest.mark.parametrize("rows", RUNS.values(), ids=RUNS.keys())
def test_a_run_in_any_state_ends_with_what_to_do(
    make_run: Maker, rows: list[dict[str, Any]]
) -> None:
    path = make_run(rows)
    lines = summary_lines(run_outcome(path))
    complete = any(r["state"] == "COMPLETE" and not r.get("dev/leak") for r in rows)
    assert lines[0].startswith("best: trial ") == complete
    assert "go on:" in lines and any(f"--resume {path.name}" in line for line in lines)


def test_the_table_has_the_searched_settings_alone_in_80_columns(golden_run: Path) -> None:
    found = verdict(load_results(golden_run))
    lines = top_lines(found)
    assert lines[0].split()[:5] == ["trial", "ndcg@10", "model", "k", "scale_size"]
    assert len(lines) == 7 and lines[-1].startswith("too narrow for ")
    assert max(len(line) for line in lines) <= WIDTH


def test_commands_repeat_every_digit_and_can_be_pasted(run: Path) -> None:
    results = load_results(run)
    results.search["base"]["fingerprint"] = "abc123"
    results.trials.loc[3, "sae_lr"] = 0.1 + 0.2
    steps = next_steps(results, finished=True)
    assert "--sae_lr 0.30000000000000004" in steps["retrain"]
    assert steps["go on"].startswith("recsae tune --resume run --extend --trials 128 --storage ")
    lines = step_lines(steps)
    assert all(len(line) <= WIDTH or " " not in line.strip(" \\") for line in lines)
    at = lines.index("retrain:")
    pasted = "\n".join(lines[at + 1 : lines.index("open:")]).replace("\\\n", " ")
    assert shlex.split(pasted) == shlex.split(steps["retrain"])


def test_columns_are_found_by_short_names_and_sorted_by_direction(make_run: Maker) -> None:
    results = load_results(make_run(RUNS["mixed"], constraints={"l0": "<= 2.5"}))
    frame = chosen(results, sort="l0", columns=["k,ndcg@10", "mark"], top=3)
    assert list(frame.columns) == ["trial_id", "sae_k", "dev/ndcg@10", "mark"]
    assert frame["trial_id"].tolist() == [0, 1, 2] and frame["mark"].tolist() == ["*", "x", "leaks"]
    best_first = chosen(results, sort="ndcg@10", columns=[], top=1)
    assert best_first["trial_id"].item() == 3
    assert marks(results).tolist() == ["*", "x", "leaks", "x", "x"]


def test_an_unknown_column_names_its_flag_and_the_nearest(make_run: Maker) -> None:
    results = load_results(make_run(RUNS["mixed"]))
    with pytest.raises(SettingError, match=r"^--sort: no such column: 'ndgc@10' \(did you mean"):
        chosen(results, sort="ndgc@10", columns=[], top=None)
    with pytest.raises(SettingError, match=r"^--columns: no such column: 'x'"):
        chosen(results, sort=None, columns=["sae_k,x"], top=None)


def test_csv_has_all_digits_and_latex_is_escaped(make_run: Maker, tmp_path: Path) -> None:
    results = load_results(make_run([trial(0, "COMPLETE", **{"dev/ndcg@10": 0.1 + 0.2})]))
    frame = chosen(results, sort=None, columns=["sae_k,ndcg@10"], top=None)
    write_csv(frame, tmp_path / "t.csv")
    assert (
        tmp_path / "t.csv"
    ).read_text() == "trial_id,sae_k,dev/ndcg@10\n0,2,0.30000000000000004\n"
    write_latex(frame, tmp_path / "t.tex")
    lines = (tmp_path / "t.tex").read_text().splitlines()
    assert lines[0] == r"\begin{tabular}{rrr}" and lines[2] == r"trial\_id & sae\_k & ndcg@10 \\"
    assert lines[4] == r"0 & 2 & 0.3000 \\" and lines[-1] == r"\end{tabular}"
