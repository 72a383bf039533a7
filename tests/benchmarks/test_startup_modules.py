"""What help and a mistake load: nothing heavy, so that they are there at once."""

from pathlib import Path

import pytest
from commands import heavy_modules_of

MISTAKES = (
    ["--help"],
    ["tune", "--help"],
    ["tune", "smoke.yaml", "--trails", "3"],
    ["tune", "smoke.yaml", "--trials", "x"],
    ["tune", "broken.yaml"],
    ["tune", "smoke.yaml", "--dataset", "nowhere"],
    ["tune", "smoke.yaml", "--dry_run", "--address", "auto"],
)


@pytest.mark.parametrize("words", MISTAKES, ids=" ".join)
def test_nothing_heavy_is_loaded(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.yaml").write_text("model_name: SASRec_SAE\nparameters: {sae_q: 3}\n")
    assert not heavy_modules_of(*words)
