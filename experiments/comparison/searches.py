"""One search of a comparison, long enough for both budgets, in a process of its own."""

import contextlib
import os
import shutil
import time
from functools import cache
from pathlib import Path
from typing import Any

import torch

import comparison
from comparison.bases import Prepared
from comparison.plan import PlanSettings
from recsae.files import digest, source_digest, write_json
from recsae.machine import machine
from recsae.results import create
from recsae.search.ray.tuner import run_search
from recsae.search.versions import code, versions
from recsae.space import SearchSpace

DONE = "done.json"
"""Written last into a search's folder: without it, the search is done again."""


def key(space: SearchSpace, plan: PlanSettings, prepared: Prepared) -> str:
    """Return a name for all that a search depends on."""
    budgets = (plan.trials, plan.seconds)
    return digest(space.resolved(), *budgets, prepared.fingerprint, code_of_search())


@cache
def code_of_search() -> str:
    """Return a name for the code that a search of this process depends on."""
    return digest(code(), source_digest(comparison.SOURCES))


def search(space: SearchSpace, plan: PlanSettings, prepared: Prepared, run: Path) -> None:
    """Search into the folder `run`, a run like any other; one trial at a time."""
    start = time.perf_counter()
    shutil.rmtree(run, ignore_errors=True)
    create(run, _about(space, prepared))
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
        activations = Path(prepared.activations)
        ended = run_search(space, activations, run, workers=1, min_trials=plan.trials)
    if ended.interrupted:
        raise KeyboardInterrupt
    write_json(run / DONE, {"seconds": round(time.perf_counter() - start, 3)})


def _about(space: SearchSpace, prepared: Prepared) -> dict[str, Any]:
    return {
        "space": space.resolved(),
        "fingerprint": space.fingerprint,
        "source": prepared.source,
        "dataset": prepared.dataset,
        "protocol": prepared.protocol,
        "seed": space.search.seed,
        "versions": versions(),
        "machine": machine(torch.device("cpu")),
        "base": prepared.base,
        "activations": {
            "fingerprint": prepared.fingerprint,
            "width": prepared.base["settings"].get("emb_size"),
        },
        "pretrained": False,
    }
