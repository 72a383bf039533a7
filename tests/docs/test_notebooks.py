"""The notebooks: kept without outputs, and each runs from its first cell to its last."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from docs_pages import ROOT
from notebooks import cells

NOTEBOOKS = sorted((ROOT / "experiments/notebooks").glob("*.ipynb"))
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_are_three() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "first_search",
        "own_recommender",
        "reading_results",
    ]


@EACH
def test_a_notebook_is_light_and_is_python(path: Path) -> None:
    book = json.loads(path.read_text())
    assert book["nbformat"] == 4 and path.stat().st_size < 20_000
    code = [one for one in book["cells"] if one["cell_type"] == "code"]
    assert all(one["outputs"] == [] and one["execution_count"] is None for one in code)
    assert book["cells"][0]["cell_type"] == "markdown"
    for text in cells(path):
        ast.parse(text)


@pytest.mark.notebooks
@pytest.mark.timeout(900)
@EACH
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("RECSAE_")}
    env |= {"RECSAE_CACHE": str(tmp_path / "cache")}
    words = [sys.executable, str(ROOT / "tests/support/notebooks.py"), str(path)]
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "<table" in done.stdout
