"""Records the curves that the contest is held on, with the trainer that a search uses.

    python -m benchmarks.search_quality.record [TABLE ...] [--seeds 0 1] [--nice]

Each training is one file in recordings/, written whole: a killed recording goes on where it was,
and several may run side by side on different tables or seeds. When all trainings of a table are
there, its parquet file is put together. Seconds are CPU seconds of one thread, evaluation
included, so that a busy machine does not change them much.
"""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from benchmarks.search_quality.tables import COLUMNS, HERE, SEEDS, TABLES, Table, design
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.files import read_json, write_json, write_whole
from recsae.jobs.sources import source_of
from recsae.progress import meter, say
from recsae.sae.registry import variant
from recsae.space import MODEL
from recsae.trial import Evaluator, SAETrial

RECORDINGS = HERE / "recordings"


def record(table: Table, seeds: tuple[int, ...], folder: Path = RECORDINGS) -> None:
    """Train what is not there yet."""
    missing = [
        task for task in _tasks(table, seeds) if not _file(folder, table, *task[:2]).exists()
    ]
    if not missing:
        return
    space = table.space
    source = source_of(
        space.data_settings().values(), space.base, space.activations, Cache.default()
    )
    ready = source.prepare(Cache.default(), torch.device("cpu"))
    evaluator = Evaluator(ready.activations, "dev")
    with meter(f"record {table.name}", len(missing)) as tick:
        for done, (number, seed, params) in enumerate(missing):
            tick(done)
            curve = _train(table, params, seed, ready.activations, evaluator)
            write_json(_file(folder, table, number, seed), {"settings": params, "curve": curve})


def _tasks(table: Table, seeds: tuple[int, ...]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    for seed in seeds:
        for number, params in enumerate(design(table)):
            yield number, seed, params


def _file(folder: Path, table: Table, number: int, seed: int) -> Path:
    return folder / table.name / f"{number:03d}-{seed}.json"


def _train(
    table: Table, params: dict[str, Any], seed: int, activations: Activations, evaluator: Evaluator
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
        objectives=table.space.objectives,
    )
    rows = []
    while not trial.done:
        metrics = trial.step()
        seconds = time.process_time() - began
        kept = {name: float(metrics[name]) for name in COLUMNS}
        rows.append({"epoch": trial.epochs, "seconds": seconds, **kept})
    return rows


def put_together(table: Table, folder: Path = RECORDINGS) -> bool:
    """Write a table's parquet file from its recordings; False while some are missing."""
    tasks = [(number, seed) for number, seed, _ in _tasks(table, SEEDS)]
    files = [_file(folder, table, *task) for task in tasks]
    if not all(file.exists() for file in files):
        return False
    frames = []
    for (number, seed), file in zip(tasks, files, strict=True):
        stored = read_json(file)
        curve = pd.DataFrame(stored["curve"]).astype("float32").assign(setting=number, seed=seed)
        frames.append(curve.assign(**stored["settings"]))
    frame = pd.concat(frames, ignore_index=True).astype({"epoch": "int64"})
    table.file.parent.mkdir(exist_ok=True)
    write_whole(table.file, frame.to_parquet(index=False, compression="zstd"))
    say(f"{table.file.name}: {len(frame)} rows, {table.file.stat().st_size / 1e3:.0f} kB")
    return True


def main() -> None:
    """Record the tables that are named, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tables", nargs="*", choices=[*TABLES, []], help="default: all")
    parser.add_argument("--seeds", nargs="+", type=int, choices=SEEDS, default=list(SEEDS))
    parser.add_argument("--nice", action="store_true", help="give way to everything else")
    options = parser.parse_args()
    if options.nice:
        os.nice(19)
    torch.set_num_threads(1)
    for name in options.tables or TABLES:
        record(TABLES[name], tuple(options.seeds))
        if not put_together(TABLES[name]):
            say(f"{name}: some of its trainings are still to be recorded")


if __name__ == "__main__":
    main()
