"""Twenty kill -9 of a real search at random moments: 0 lost, 0 twice, the same suggestions."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from killed_runs import check_nothing_lost_or_twice, check_same, kill_often

from recsae.space.kinds import SAMPLERS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        not os.environ.get("RECSAE_DATA_DIR"), reason="RECSAE_DATA_DIR does not name real data"
    ),
]
KILLS, SEED = 20, 7
SEARCHES = {"tpe": "asha"} | {n: "none" for n in SAMPLERS.names if SAMPLERS.says(n, "decides")}


@pytest.mark.parametrize("sampler", SEARCHES)
def test_a_search_survives_twenty_kills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sampler: str
) -> None:
    monkeypatch.setenv("RECSAE_STORAGE", str(tmp_path))
    recsae = [sys.executable, "-m", "recsae", "tune"]
    space = ["search_spaces/sasrec_sae.yaml", "--dataset", "ml-100k", "--trials", "40"]
    kinds = ["--sampler", sampler, "--scheduler", SEARCHES[sampler]]
    same = ["--seed", str(SEED), "--workers", "1", *kinds]
    alone = [*recsae, *space, *same, "--name", "alone"]
    done = subprocess.run(alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    died = kill_often(
        [*recsae, *space, *same, "--name", "k"],
        [*recsae, "--resume", "k", "--workers", "1"],
        tmp_path / "k",
        times=KILLS,
        seed=SEED,
        lines=14,
    )
    assert died == KILLS
    check_nothing_lost_or_twice(tmp_path / "k")
    check_same(tmp_path / "k", tmp_path / "alone")
