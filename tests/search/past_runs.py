"""Made-up runs with a searched, conditional, scaled space, for tests of what reads them back."""

import copy
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from recsae.results import Results, create, load_results, write_curves, write_trials

MODELS = ["SASRec_SAE", "SASRec_SAE_Attention"]
WIDTH = 16
SPACE: dict[str, Any] = {
    "model_name": MODELS,
    "parameters": {
        "sae_k": {"int": [2, 16], "log": True},
        "sae_scale_size": {"choice": [2, 4, 8]},
        "sae_lr": {"float": [1e-4, 1e-1], "log": True, "scale": "latents"},
        "sae_auxk": {"choice": [0, 0.5, 1.0]},
        "sae_attn_heads": {"choice": [1, 2, 4], "when": {"model_name": [MODELS[1]]}},
        "sae_epochs": 9,
    },
    "objectives": {"ndcg@10": "max"},
}

Value = Callable[[dict[str, Any]], float]


def by_rate(drawn: dict[str, Any]) -> float:
    """Score by the rate alone, best at 1e-3."""
    return 0.1 - 0.01 * (math.log10(drawn["sae_lr"]) + 3) ** 2


def draw(random: np.random.Generator) -> dict[str, Any]:
    """Return what a search may draw of SPACE."""
    drawn: dict[str, Any] = {
        "model_name": str(random.choice(MODELS)),
        "sae_k": int(random.integers(2, 17)),
        "sae_scale_size": int(random.choice([2, 4, 8])),
        "sae_lr": 10 ** random.uniform(-4, -1),
        "sae_auxk": float(random.choice([0, 0.5, 1.0])),
    }
    if drawn["model_name"] == MODELS[1]:
        drawn["sae_attn_heads"] = int(random.choice([1, 2, 4]))
    return drawn


def settings(drawn: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that a trial of `drawn` has: rates scaled, all that it does not say."""
    factor = math.sqrt(2**14 / (drawn["sae_scale_size"] * WIDTH))
    return {**drawn, "sae_lr": drawn["sae_lr"] * factor, "sae_epochs": 9, "sae_seed": 5}


def make_run(
    path: Path,
    trials: int,
    value: Value = by_rate,
    states: tuple[str, ...] = ("COMPLETE",),
    **change: Any,
) -> tuple[Results, list[dict[str, Any]]]:
    """Write a run whose states take turns; return it, and what each trial drew."""
    random = np.random.default_rng(0)
    space = copy.deepcopy(SPACE) | change
    create(path, {"space": space, "activations": {"width": WIDTH}})
    drawn, rows, points = [], [], []
    for i in range(trials):
        one, state = draw(random), states[i % len(states)]
        epochs = {"COMPLETE": 9, "PRUNED": 1, "PAUSED": 3, "RUNNING": 2, "FAILED": 0}[state]
        curve = [
            {"dev/ndcg@10": value(one) * (1 - 0.5 / e), "dev/l0": one["sae_k"] * 1.0}
            for e in range(1, epochs + 1)
        ]
        points += [{"trial_id": i, "epoch": e, **p} for e, p in enumerate(curve, 1)]
        ended = {} if state in ("RUNNING", "PAUSED") else {"ended": 1e9 + i + epochs}
        about = {"trial_id": i, "state": state, "epochs": epochs, "started": 1e9 + i, **ended}
        failed = {"error": "ValueError: boo"} if state == "FAILED" else {"dev/leak": False}
        rows.append({**about, **settings(one), **(curve[-1] if curve else {}), **failed})
        drawn.append(one)
    write_trials(path, rows)
    write_curves(path, points)
    return load_results(path), drawn
