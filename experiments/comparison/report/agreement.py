"""How alike the dictionaries of different SAE seeds on the same base are."""

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from comparison.artifacts import Artifacts
from comparison.pool import Pool, Task
from comparison.store import load
from recsae.files import digest, read_json, write_json
from recsae.metrics.concepts.agreement import agreement


def measure(artifacts: Artifacts, out: Path, pool: Pool) -> None:
    """Fill in the agreement of each winner's dictionaries."""
    tasks: dict[Path, Task] = {}
    files: dict[Any, list[Path]] = {}
    for place, trainings in artifacts.winners.items():
        several = {_file(out, paths): paths for paths in trainings if len(paths) > 1}
        files[place] = list(several)
        for file, paths in several.items():
            tasks.setdefault(file, Task(compare, (paths, file), file))
    pool.run("dictionaries", list(tasks.values()))
    for place, found in files.items():
        parts = [read_json(file) for file in found]
        names = parts[0] if parts else {}
        artifacts.agreement[place] = {
            name: float(np.mean([part[name] for part in parts])) for name in names
        }


def compare(paths: list[Path], file: Path) -> None:
    """Write the mean agreement over all pairs of trainings, of all atoms and of alive ones."""
    dictionaries = [
        (trained.arrays["atoms"], trained.arrays["fired"])
        for trained in map(load, paths)
        if trained.error is None
    ]
    pairs = list(combinations(dictionaries, 2))
    every = [agreement(a, b) for (a, _), (b, _) in pairs]
    alive = [agreement(a[on_a], b[on_b]) for (a, on_a), (b, on_b) in pairs]
    found = {
        "cosine": [one.cosine for one in every],
        "cosine_alive": [one.cosine for one in alive],
        "same_alive": [one.same for one in alive],
    }
    write_json(file, {name: float(np.mean(v)) if v else float("nan") for name, v in found.items()})


def _file(out: Path, paths: list[Path]) -> Path:
    return out / "agreement" / f"{digest([path.name for path in paths])}.json"
