"""The table of corrections: its lines, its figures, and that it goes on where it was stopped."""

import csv
import json
from pathlib import Path
from types import ModuleType

import pytest
from conftest import TINY
from scripts import experiment

from recsae.sae.recipes import corrections
from recsae.sae.registry import variants

BASE = ["--emb_size", "8", "--num_heads", "1", "--num_layers", "1", "--epochs", "1"]
FAST = ["--seeds", "2", "--sae_epochs", "1", "--sae_batch_size", "128"]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return experiment("corrections")


def call(script: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["corrections.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        script.run()
    return int(ended.value.code or 0)


def test_the_table_is_written_and_a_second_call_trains_nothing(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["--dataset", TINY, "--out", str(tmp_path), *BASE, *FAST]
    assert call(script, monkeypatch, *arguments) == 0
    with (tmp_path / "corrections.csv").open() as file:
        rows = list(csv.DictReader(file))
    labels = [row["training"] for row in rows]
    # The plain autoencoder has no term of its own and no dropout; input scaling is one line more.
    assert len(labels) == len(set(labels)) == 2 * (len(corrections()) - 2 + 2)
    assert labels[0] == "reference" and "default - projection" in labels
    assert all(float(row["fvu"]) > 0 and 0 <= float(row["dead"]) <= 1 for row in rows)
    assert float(rows[1]["fvu difference"]) == pytest.approx(
        float(rows[1]["fvu"]) - float(rows[0]["fvu"])
    )
    message = (tmp_path / "corrections.md").read_text()
    assert all(f"| {label} |" in message for label in labels)
    assert "reference + unit_start" in capsys.readouterr().out

    def fail(*_: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(script, "train_one", fail)
    assert call(script, monkeypatch, *arguments) == 0
    kept = json.loads((tmp_path / "trainings.json").read_text())
    assert len(kept) == 2 * len(labels)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sae_recipe", "default"], "--sae_recipe: is what the study varies"),
        (["--sae_k", "0"], "sae_k: expected an integer >= 1, got 0"),
        (["--model_name", "SASRec_SEA"], "did you mean 'SASRec_SAE'"),
        (["--model_name", "SASRec_PCA"], "SASRec_PCA: is not trained"),
        (["--activations", "nowhere"], "nowhere"),
        (["--activations", "nowhere", "--emb_size", "8"], "--emb_size: expected it or"),
    ],
)
def test_a_mistake_is_one_line(
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert call(script, monkeypatch, *arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_only_corrections_of_what_the_variant_has_are_lines(script: ModuleType) -> None:
    def chosen(name: str) -> set[str]:
        return {entry.label.split()[-1] for entry in script.entries(variants()[name])}

    assert "own_term" in chosen("SASRec_SAE_Contrastive")
    assert "own_term" not in chosen("SASRec_SAE_Attention")
    assert "dropout" in chosen("SASRec_SAE_Attention")
    assert "unit_rows" not in chosen("SASRec_SAE_Random")
