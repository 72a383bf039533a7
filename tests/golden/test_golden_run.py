"""A run written by version 1 stays readable, figure by figure, in every later version."""

from pathlib import Path

import pandas as pd
import pytest
from golden.make_run import make

from recsae.report.page import render
from recsae.results import Results, States, load_results, state_counts, summary

RUN = Path(__file__).parent / "run_v1"


@pytest.fixture(scope="module")
def golden() -> Results:
    return load_results(RUN)


def test_summary(golden: Results) -> None:
    outcome = summary(golden)
    (best,) = outcome["best"]
    assert outcome["run"] == "run_v1"
    assert outcome["trials"] == {"COMPLETE": 18, "PRUNED": 20, "FAILED": 2}
    assert (outcome["pretrained"], outcome["seconds"]) == (False, 212.5)
    assert best["trial_id"] == 28
    assert best["settings"] == {
        "model_name": "SASRec_SAE",
        "sae_k": 13,
        "sae_scale_size": 32,
        "sae_lr": 0.005075028651562611,
        "sae_auxk": 0.0,
        "sae_epochs": 30,
    }
    assert best["metrics"]["ndcg@10"] == pytest.approx(0.0438615, rel=1e-4)
    assert best["metrics"]["leak"] is False


def test_types(golden: Results) -> None:
    kinds = {name: str(kind) for name, kind in golden.trials.dtypes.items()}
    assert kinds["trial_id"] == "int64"
    assert kinds["sae_attn_heads"] == "Int64"
    assert kinds["sae_contrastive_temp"] == "float64"
    assert kinds["sae_attn_mode"] == "str"
    assert kinds["dev/leak"] == "boolean"
    assert kinds["started"] == "datetime64[us, UTC]"


def test_last_reports_are_the_rows_of_the_trials(golden: Results) -> None:
    last = golden.curves.groupby("trial_id").last()
    trials = golden.trials.set_index("trial_id").loc[last.index]
    pd.testing.assert_series_equal(last["dev/ndcg@10"], trials["dev/ndcg@10"])
    pd.testing.assert_series_equal(last["epoch"], trials["epochs"], check_names=False)


def test_failed_trials_have_their_error(golden: Results) -> None:
    failed = golden.trials[golden.trials["state"] == States.FAILED]
    assert list(failed["trial_id"]) == [11, 26]
    assert failed["error"].str.startswith("NotFiniteError").all()
    assert sum(state_counts(golden.trials).values()) == len(golden.trials) == 40


def test_a_leaking_trial_has_the_best_figure_and_is_not_best(golden: Results) -> None:
    top = golden.trials.loc[golden.trials["dev/ndcg@10"].idxmax()]
    assert top["dev/leak"]
    assert top["trial_id"] not in set(golden.best["trial_id"])


def test_the_page_can_be_made_of_it(golden: Results) -> None:
    page = render(golden)
    assert golden.search["protocol"].split(";")[0] in page
    assert "0.0439" in page and "95.6 %" in page


def test_todays_writers_write_the_same(golden: Results, tmp_path: Path) -> None:
    make(tmp_path / "run")
    fresh = load_results(tmp_path / "run")
    pd.testing.assert_frame_equal(fresh.trials, golden.trials)
    pd.testing.assert_frame_equal(fresh.curves, golden.curves)
    assert fresh.search == golden.search


def test_it_is_small() -> None:
    files = [path for path in RUN.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 200_000
    assert not [path for path in files if path.suffix == ".html"]
