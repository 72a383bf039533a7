"""What the page on extending shows is a package that works: all of it in one search."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from docs_pages import DOCS, blocks

GROUPS = {
    "recsae.variants": "SASRec_SAE_Mixed = mine:Mixed",
    "recsae.samplers": "lower_half = mine:LowerHalf",
    "recsae.schedulers": "first_few = mine:FirstFew",
    "recsae.metrics": "busiest = mine:Busiest",
    "recsae.readers": "arrows = mine:Arrows",
}
SPACE = {
    "model_name": "SASRec_SAE_Mixed",
    "dataset": "log.arrows",
    "parameters": {"sae_k": {"int": [2, 16]}, "sae_mixed_share": 0.3, "sae_epochs": 2},
    "objectives": {"busiest": "min"},
    "search": {"sampler": "lower_half", "trials": 4},
    "scheduler": {"name": "first_few", "keep": 2},
}


@pytest.mark.docs
def test_all_that_the_page_adds_is_searched_together(tmp_path: Path) -> None:
    shown = [b.text for b in blocks(DOCS / "extending.md") if b.language == "python"]
    (tmp_path / "mine.py").write_text("\n".join(shown))
    about = tmp_path / "mine-1.0.dist-info"  # as pip leaves an installed package
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    points = "".join(f"[{group}]\n{point}\n" for group, point in GROUPS.items())
    (about / "entry_points.txt").write_text(points)
    draw = random.Random(0)
    lines = [f"{draw.randint(1, 40)}->{draw.randint(1, 25)}" for _ in range(900)]
    (tmp_path / "log.arrows").write_text("\n".join(lines))
    (tmp_path / "space.yaml").write_text(yaml.safe_dump(SPACE))

    words = [sys.executable, "-m", "recsae", "tune", "space.yaml", "--name", "a"]
    places = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(places)}
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "2 COMPLETE, 2 PRUNED, 0 FAILED" in done.stdout
    assert "arrows: the order of lines" in done.stderr and "sae_mixed_share 0.3" in done.stdout
