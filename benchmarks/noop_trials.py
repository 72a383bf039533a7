"""Trials that do nothing but report: what is left is the cost of the search itself.

Worker processes import this file by its name.
"""

import os
from pathlib import Path
from typing import Any

EPOCHS = 3
FIGURES = 20
"""Metrics a report, about as many as a real trial has."""


def figures(score: float, epochs: int) -> dict[str, float | None]:
    """Return the metrics of an epoch."""
    value = score * (1 - 0.5**epochs)
    return {"ndcg@10": value, **{f"figure_{n}": value + n for n in range(FIGURES - 1)}}


class NoopTrial:
    """Reports and is done."""

    ladder = ()

    def __init__(self, model_name: str, settings: dict[str, Any], work: Any) -> None:
        self.epochs = 0
        self._settings = settings

    @property
    def done(self) -> bool:
        """True after the last epoch."""
        return self.epochs >= EPOCHS

    def step(self) -> dict[str, float | None]:
        """Train nothing."""
        self.epochs += 1
        return figures(self._settings["sae_lr"], self.epochs)

    def state_dict(self) -> dict[str, Any]:
        """Return all there is."""
        return {"epochs": self.epochs}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on."""
        self.epochs = state["epochs"]

    def save(self, folder: Path, **about: Any) -> None:
        """Save an empty model."""
        folder.mkdir(parents=True)


def visible_to_workers() -> None:
    """Let the processes that Ray starts from now on import this file."""
    here = str(Path(__file__).parent)
    known = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = f"{here}{os.pathsep}{known}" if known else here


def space_values(trials: int, sampler: str) -> dict[str, Any]:
    """Return a space of five parameters that nothing is trained with, as YAML would give it."""
    return {
        "model_name": "SASRec_SAE",
        "dataset": "synthetic",
        "parameters": {
            "sae_k": {"int": [2, 64], "log": True},
            "sae_scale_size": {"choice": [2, 4, 8, 16, 32]},
            "sae_lr": {"float": [1e-4, 1e-1], "log": True},
            "sae_auxk": {"float": [1 / 256, 1.0], "log": True},
            "sae_batch_size": {"choice": [512, 1024, 2048, 4096, 8192]},
            "sae_epochs": EPOCHS,
        },
        "objectives": {"ndcg@10": "max"},
        "search": {"trials": trials, "seed": 0, "sampler": sampler},
        "scheduler": {"name": "none"},
        "resources": {"cpus": 1, "gpus": 0},
    }
