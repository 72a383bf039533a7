"""A driver that is killed loses nothing; its run goes on as if it had never been (toy trials)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from killed_runs import check_nothing_lost_or_twice, check_same, kill_often
from search.local_ray import FOLDERS

from recsae.space.kinds import SAMPLERS

SLOW = [
    pytest.param(*pair, marks=pytest.mark.slow)  # a minute each
    for pair in [
        ("random", "asha_promote"),
        *((name, "none") for name in SAMPLERS.names if SAMPLERS.says(name, "decides")),
    ]
]


def command(tmp_path: Path, name: str, sampler: str, scheduler: str) -> list[str]:
    """A driver of twelve toy trials, one at a time."""
    code = (
        "import pathlib, test_tuner as t\n"
        f"tmp = pathlib.Path({str(tmp_path)!r})\n"
        f"space = t.space(12, {scheduler!r}, epochs=9, search={{'trials': 12, 'seed': 7, "
        f"'sampler': {sampler!r}}})\n"
        f"t.go_on(tmp, space, 'BriefTrial', {name!r}, workers=1)\n"
    )
    return [sys.executable, "-c", code]


@pytest.mark.parametrize(("sampler", "scheduler"), [("tpe", "asha"), *SLOW])
def test_killed_searches_go_on_as_if_nothing_had_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sampler: str, scheduler: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, FOLDERS)))
    alone = command(tmp_path, "alone", sampler, scheduler)
    subprocess.run(alone, check=True, capture_output=True)
    often = command(tmp_path, "killed", sampler, scheduler)
    assert kill_often(often, often, tmp_path / "killed", times=2, seed=3, lines=12) > 0
    check_nothing_lost_or_twice(tmp_path / "killed")
    check_same(tmp_path / "killed", tmp_path / "alone")
