"""Scores settings of the base on dev, never on test, and keeps them in base_grid.csv.

    RECSAE_DATA_DIR=... python experiments/base_grid.py

What the file has is not computed again, so it goes on where it stopped. presets.py rests on it, so
the data sets and how they are read are fixed: there are no flags of the data.
"""

import argparse
import csv
import json
import time
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch

from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.progress import say
from recsae.recommenders.sasrec.architecture import SASRecArchitecture
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sequences import Sequences

COLUMNS = ("dataset", "changed", "seed", "best_epoch", "epochs", "seconds", "dev_ndcg@10")
"""`changed` is JSON: what differs from the settings' defaults."""
FILE = Path(__file__).with_suffix(".csv")


class Trial(NamedTuple):
    dataset: str
    changed: dict[str, Any]
    """What differs from the defaults of SASRecSettings."""
    seed: int = 0

    def key(self) -> tuple[str, str, str]:
        """Return what a row of the file is found by."""
        return self.dataset, json.dumps(self.changed, sort_keys=True), str(self.seed)


def trials() -> list[Trial]:
    """Return all trainings: the defaults, one thing after another, and seeds of what was chosen."""
    anneal = {"schedule": "cosine", "epochs": 12, "batch_size": 128, "emb_size": 128}
    sampled = {**anneal, "loss": "sampled"}
    faster = {**anneal, "lr": 0.002, "temperature": 0.07}
    cosine = {**faster, "loss": "sampled"}
    wider = {**sampled, "temperature": 0.07, "emb_size": 256, "dropout": 0.5}
    sparse = {**cosine, "dropout": 0.4, "epochs": 16}
    annealed = {"schedule": "cosine", "epochs": 25, "patience": 25}
    wide = {**annealed, "emb_size": 128, "dropout": 0.5}
    dense = {**wide, "max_len": 25, "batch_size": 64}
    return [
        Trial("beauty", {}),
        Trial("beauty", {**sampled, "dropout": 0.3}),
        Trial("beauty", {**sampled, "dropout": 0.5}),
        Trial("beauty", {**sampled, "dropout": 0.5, "lr": 0.002}),
        Trial("beauty", {**cosine, "dropout": 0.5, "temperature": 0.1}),
        Trial("beauty", {**cosine, "dropout": 0.3}),
        Trial("beauty", {**faster, "dropout": 0.3}),
        Trial("beauty", wider),
        *(Trial("beauty", sparse, seed) for seed in range(2)),
        Trial("grocery", {}),
        Trial("grocery", {**cosine, "dropout": 0.3}),
        Trial("grocery", wider),
        Trial("grocery", sparse),
        *(Trial("ml-100k", {}, seed) for seed in range(3)),
        Trial("ml-100k", {**annealed, "dropout": 0.3}),
        Trial("ml-100k", {**annealed, "dropout": 0.3, "temperature": 0.1}),
        Trial("ml-100k", wide),
        *(Trial("ml-100k", dense, seed) for seed in range(3)),
    ]


def main() -> None:
    """Compute what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    known = sorted({trial.dataset for trial in trials()})
    parser.add_argument("--datasets", nargs="+", choices=known, help="Only these.")
    parser.add_argument("--file", type=Path, default=FILE, help="Where the rows are kept.")
    given = parser.parse_args()
    done = _done(given.file)
    missing = [
        trial
        for trial in trials()
        if trial.key() not in done and (not given.datasets or trial.dataset in given.datasets)
    ]
    for at, trial in enumerate(missing, start=1):
        say(f"{at} of {len(missing)}: {' '.join(trial.key())}")
        _append(given.file, trial, _score(trial))


def _score(trial: Trial) -> dict[str, Any]:
    sequences = _sequences(trial.dataset)
    settings = SASRecSettings.of({**trial.changed, "base_seed": trial.seed})
    start = time.perf_counter()
    curve = SASRecArchitecture().train(sequences, settings, torch.device("cpu")).curve
    return {
        "best_epoch": curve.index(max(curve)) + 1,
        "epochs": len(curve),
        "seconds": round(time.perf_counter() - start),
        "dev_ndcg@10": f"{max(curve):.4f}",
    }


@cache
def _sequences(dataset: str) -> Sequences:
    settings = DataSettings(dataset=dataset)
    return Sequences.of(load(settings), settings)


def _done(file: Path) -> set[tuple[str, str, str]]:
    if not file.exists():
        return set()
    with file.open(newline="") as lines:
        return {(row["dataset"], row["changed"], row["seed"]) for row in csv.DictReader(lines)}


def _append(file: Path, trial: Trial, scores: dict[str, Any]) -> None:
    new = not file.exists()
    with file.open("a", newline="") as lines:
        writer = csv.DictWriter(lines, COLUMNS)
        if new:
            writer.writeheader()
        writer.writerow(dict(zip(COLUMNS, trial.key(), strict=False)) | scores)


if __name__ == "__main__":
    main()
