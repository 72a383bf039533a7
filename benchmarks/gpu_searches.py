"""Whole searches by the command line, once with the GPU and once with all cores instead."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gpu_data import LIKE_ML_100K, TINY

from recsae.search.journal.journal import events_of

LIMIT = 150.0
"""Seconds after which a search counts as too slow to wait for."""
LARGER = """
model_name: SASRec_SAE
parameters:
  sae_k: {int: [4, 32], log: true}
  sae_scale_size: {choice: [16, 32]}
  sae_lr: {float: [5.0e-4, 4.0e-3], log: true}
  sae_batch_size: {choice: [1024, 2048]}
  sae_epochs: 6
objectives: {ndcg@10: max}
search: {sampler: random, seed: 0}
scheduler: {name: none}
resources: {cpus: 1}
"""


def searches(small: bool) -> Iterator[dict[str, Any]]:
    """Yield what each search took, from its begin, Ray's start included, to its last event."""
    with tempfile.TemporaryDirectory() as folder:
        larger = Path(folder) / "larger.yaml"
        larger.write_text(LARGER)
        wanted = [] if small else [(str(larger), LIKE_ML_100K, 32)]
        wanted += [("smoke.yaml", TINY if small else "synthetic", 4 if small else 16)]
        for space, dataset, trials in wanted:
            words = ["tune", space, "--dataset", dataset, "--trials", str(trials)]
            found = {
                name: _recsae([*words, "--gpus", gpus], folder, gpus)
                for name, gpus in (("gpu", "auto"), ("cpu", "0"))
            }
            yield {
                "space": Path(space).name,
                "dataset": dataset,
                "trials": trials,
                "cores": os.cpu_count(),
                **{f"{name}_s": taken for name, (taken, _) in found.items()},
                "times": found["cpu"][0] / found["gpu"][0],
                **{f"{name}_found": outcome for name, (_, outcome) in found.items()},
            }


def _recsae(words: list[str], folder: str, gpus: str) -> tuple[float, dict[str, Any]]:
    """Return the seconds of a search, without its base, and what it found."""
    environment = {**os.environ, "RECSAE_STORAGE": folder}
    if gpus == "0":
        environment["CUDA_VISIBLE_DEVICES"] = ""
    command = [sys.executable, "-m", "recsae", *words, "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT)
    if done.returncode:
        raise RuntimeError(done.stderr[-1000:])
    outcome = json.loads(done.stdout.splitlines()[-1])
    moments = [event["at"] for event in events_of(Path(folder) / outcome["run"])]
    best = [one["metrics"]["ndcg@10"] for one in outcome.get("best", [])]
    return moments[-1] - moments[0], {"trials": outcome["trials"], "ndcg@10": best}
