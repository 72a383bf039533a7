"""The page of the columns: as committed, and with every column that a real trial writes."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from recsae.activations.store import Activations
from recsae.report.column_meanings import MEANINGS
from recsae.report.dictionary import PAGE, page
from recsae.report.glossary import LOSS_TERMS, explained
from recsae.results import (
    Columns,
    Files,
    create,
    load_results,
    write_curve_of_k,
    write_curves,
    write_finalists,
    write_importance,
    write_ladders,
    write_trials,
)
from recsae.results.columns import MERGED_TAIL
from recsae.results.frames import read_frame
from recsae.sae.registry import variants
from recsae.search.engine.reports import metric_columns
from recsae.trial import SAETrial

SETTINGS = {name for kind in variants().values() for name in kind.Settings.model_fields}


def test_the_page_is_what_the_columns_make_of_it() -> None:
    hint = "python -m recsae.report.dictionary writes it"
    assert PAGE.read_text() == page(), hint


@pytest.mark.parametrize("name", list(variants()))
def test_every_column_that_a_trial_writes_is_explained(
    activations: Activations, tmp_path: Path, name: str
) -> None:
    kind = variants()[name].Settings
    small = {"sae_epochs": 1, "sae_batch_size": 64}
    settings = kind.of({key: value for key, value in small.items() if key in kind.model_fields})
    metrics = metric_columns(SAETrial(name, settings, activations).step())
    create(tmp_path / "a", {"space": {"objectives": {"ndcg@10": "max"}}})
    dev = {key: value for key, value in metrics.items() if key.startswith("dev/")}
    known = {"trial_id": 0, "state": "COMPLETE", "model_name": name}
    write_trials(tmp_path / "a", [{**known, **settings.values(), **dev}])
    write_curves(tmp_path / "a", [{"trial_id": 0, "epoch": 1, **metrics}])
    write_finalists(tmp_path / "a", [{"trial_id": 0, "seed": 1, **dev}])
    results = load_results(tmp_path / "a")
    assert results.finalists is not None and any(key.startswith("train/") for key in metrics)
    assert unexplained(Files.RESULTS, results.trials, SETTINGS) == []
    assert unexplained(Files.CURVES, results.curves, SETTINGS) == []
    assert unexplained(Files.FINALISTS, results.finalists, SETTINGS) == []


def unexplained(file: str, columns: Iterable[str], settings: Iterable[str]) -> list[str]:
    """Return the columns of a frame that the page does not explain."""
    known = {*MEANINGS[file], *(settings if file == Files.RESULTS else ())}
    return [name for name in columns if name not in known and not is_explained(name)]


def is_explained(name: str) -> bool:
    prefix, _, metric = name.rpartition("/")
    if prefix == "train":
        return metric in LOSS_TERMS
    return prefix in ("dev", "test") and bool(explained([metric]))


def test_every_fixed_column_is_there_and_explained(tmp_path: Path) -> None:
    create(tmp_path / "a", {"space": {"objectives": {"ndcg@10": "max"}}})
    write_finalists(tmp_path / "a", [])
    write_ladders(tmp_path / "a", [{"trial_id": 0, "k": 1}])
    write_importance(tmp_path / "a", [])
    write_curve_of_k(tmp_path, [])
    run = load_results(tmp_path / "a")
    frames = {
        Files.RESULTS: [*run.trials, *MERGED_TAIL],
        Files.CURVES: run.curves,
        Files.FINALISTS: run.finalists,
        Files.LADDERS: run.ladders,
        Files.IMPORTANCE: run.importance,
        Files.CURVE_OF_K: read_frame(tmp_path / Files.CURVE_OF_K),
    }
    assert {file: set(columns) for file, columns in frames.items() if columns is not None} == {
        file: set(meanings) for file, meanings in MEANINGS.items()
    }


def test_what_nobody_explains_is_found() -> None:
    columns = [Columns.TRIAL_ID, "dev/ndcg@5", "dev/odd", "train/loss", "train/odd", "odd", "sae_k"]
    assert unexplained(Files.RESULTS, columns, {"sae_k"}) == ["dev/odd", "train/odd", "odd"]
