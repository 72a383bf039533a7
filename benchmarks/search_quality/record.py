"""Records the curves that the contest is held on, with the trainer that a search uses.

    python -m benchmarks.search_quality.record [TABLE ...] [--fresh] [--seeds 0 1] [--nice]

Each training is one file in recordings/, written whole: a killed recording goes on where it was,
and several may run side by side on different tables or seeds. When all trainings of a table are
there, its parquet file is put together. Seconds are CPU seconds of one thread, evaluation
included, so that a busy machine does not change them much.
"""

import argparse
import os
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from benchmarks.search_quality.tables import (
    COLUMNS,
    FRESH_COLUMNS,
    FRESH_SEEDS,
    HERE,
    SEEDS,
    SETTINGS,
    TABLES,
    Table,
    design,
)
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.errors import RecsaeError
from recsae.files import read_json, write_json, write_whole
from recsae.jobs.sources import source_of
from recsae.progress import meter, say
from recsae.sae.registry import variant
from recsae.space import MODEL
from recsae.trial import Evaluator, SAETrial

RECORDINGS = HERE / "recordings"


@dataclass(frozen=True)
class Recording:
    """What is recorded of a table: which settings and seeds, and where it is put together."""

    table: Table
    settings: list[int]
    seeds: tuple[int, ...]
    columns: tuple[str, ...]
    file: Path
    folder: Path = RECORDINGS

    def tasks(self) -> list[tuple[int, int]]:
        """Return each setting and seed, a seed after the other."""
        return [(number, seed) for seed in self.seeds for number in self.settings]

    def part(self, number: int, seed: int) -> Path:
        """Return the file of one training."""
        return self.folder / self.table.name / f"{number:03d}-{seed}.json"


def first(table: Table, folder: Path = RECORDINGS) -> Recording:
    """Return the recording that the contest is held on: all settings, two seeds."""
    return Recording(table, list(range(SETTINGS)), SEEDS, COLUMNS, table.file, folder)


def fresh(table: Table, folder: Path = RECORDINGS) -> Recording:
    """Return the recording that answers are judged on: the best settings, fresh seeds."""
    if not table.file.exists():
        raise RecsaeError(f"{table.file}: the first recording comes first")
    return Recording(table, table.best(), FRESH_SEEDS, FRESH_COLUMNS, table.fresh_file, folder)


def record(recording: Recording, seeds: Collection[int]) -> None:
    """Train what is not there yet."""
    table = recording.table
    missing = [
        task
        for task in recording.tasks()
        if task[1] in seeds and not recording.part(*task).exists()
    ]
    if not missing:
        return
    space = table.space
    source = source_of(
        space.data_settings().values(), space.base, space.activations, Cache.default()
    )
    ready = source.prepare(Cache.default(), torch.device("cpu"))
    evaluator = Evaluator(ready.activations, "dev")
    settings = design(table)
    with meter(f"record {table.name}", len(missing)) as tick:
        for done, (number, seed) in enumerate(missing):
            tick(done)
            curve = _train(recording, settings[number], seed, ready.activations, evaluator)
            stored = {"settings": settings[number], "curve": curve}
            write_json(recording.part(number, seed), stored)


def _train(
    recording: Recording,
    params: dict[str, Any],
    seed: int,
    activations: Activations,
    evaluator: Evaluator,
) -> list[dict[str, float]]:
    """Return a row an epoch; the seconds are those since the start of the training."""
    kind = variant(params[MODEL])
    own = {name: value for name, value in params.items() if name != MODEL}
    began = time.process_time()
    trial = SAETrial(
        params[MODEL],
        kind.Settings.of({**own, "sae_seed": seed}),
        activations,
        order_seed=seed,
        evaluator=evaluator,
        objectives=recording.columns,
    )
    rows = []
    while not trial.done:
        metrics = trial.step()
        seconds = time.process_time() - began
        kept = {name: float(metrics[name]) for name in recording.columns}
        rows.append({"epoch": trial.epochs, "seconds": seconds, **kept})
    return rows


def put_together(recording: Recording) -> bool:
    """Write a recording's parquet file from its trainings; False while some are missing."""
    tasks = recording.tasks()
    if not all(recording.part(*task).exists() for task in tasks):
        return False
    frames = []
    for number, seed in tasks:
        stored = read_json(recording.part(number, seed))
        curve = pd.DataFrame(stored["curve"]).astype("float32").assign(setting=number, seed=seed)
        frames.append(curve.assign(**stored["settings"]))
    frame = pd.concat(frames, ignore_index=True).astype({"epoch": "int64"})
    file = recording.file
    file.parent.mkdir(exist_ok=True)
    write_whole(file, frame.to_parquet(index=False, compression="zstd"))
    say(f"{file.name}: {len(frame)} rows, {file.stat().st_size / 1e3:.0f} kB")
    return True


def main() -> None:
    """Record the tables that are named, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tables", nargs="*", choices=[*TABLES, []], help="default: all")
    parser.add_argument("--fresh", action="store_true", help="the best settings, fresh seeds")
    parser.add_argument("--seeds", nargs="+", type=int, help="default: all of the recording")
    parser.add_argument("--nice", action="store_true", help="give way to everything else")
    options = parser.parse_args()
    if options.nice:
        os.nice(19)
    torch.set_num_threads(1)
    for name in options.tables or TABLES:
        recording = (fresh if options.fresh else first)(TABLES[name])
        record(recording, options.seeds or recording.seeds)
        if not put_together(recording):
            say(f"{name}: some of its trainings are still to be recorded")


if __name__ == "__main__":
    main()
