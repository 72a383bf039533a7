"""How a long search grows: the driver's memory and the seconds a trial, over thousands of trials.

Trials of three reports that train nothing, drawn at random, two at once, through the real search.

    python benchmarks/soak.py [--trials 10000] [--json]
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from noop_trials import space_values, visible_to_workers

from recsae.results import create, load_results
from recsae.search.engine.events import Event
from recsae.search.engine.history import Trial
from recsae.search.ray import tuner
from recsae.search.record.recorder import RunRecord
from recsae.space import space_of

WORKERS = 2
SAMPLES = 200

Sample = tuple[int, float, float]
"""Trials that have ended, seconds, kB of the driver's own memory."""


def own_memory() -> float:
    """Return the kB of this process that no file stands for, as Linux counts them."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("RssAnon")))


def samples(trials: int) -> list[Sample]:
    """Search, and note now and then where the driver stands."""
    taken: list[Sample] = []
    every = max(1, trials // SAMPLES)

    class Sampling(RunRecord):
        def on_event(self, event: Event, trial: Trial) -> None:
            super().on_event(event, trial)
            if trial.ended and self.ended % every == 0:
                taken.append((self.ended, time.perf_counter(), own_memory()))

    setattr(tuner, "RunRecord", Sampling)  # noqa: B010
    visible_to_workers()
    space = space_of(space_values(trials, "random"))
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        create(run, {"space": space.resolved()})
        factory = "noop_trials:NoopTrial"
        tuner.run_search(space, Path(folder), run, workers=WORKERS, trial_factory=factory)
        assert load_results(run).trials["state"].eq("COMPLETE").sum() == trials
    return taken


def slope(taken: Sequence[Sample], column: int) -> float:
    """Return the growth of a column a trial, fitted to the samples."""
    counts = [float(sample[0]) for sample in taken]
    return float(np.polyfit(counts, [sample[column] for sample in taken], 1)[0])


def summary(taken: Sequence[Sample]) -> dict[str, Any]:
    """Return what the samples say; the first half warms up."""
    first, second = taken[: len(taken) // 2], taken[len(taken) // 2 :]
    return {
        "trials": taken[-1][0],
        "kb_per_trial": slope(second, 2),
        "kb_per_trial_first_half": slope(first, 2),
        "seconds_per_trial": slope(second, 1),
        "seconds_per_trial_first_half": slope(first, 1),
        "driver_mb": taken[-1][2] / 1e3,
    }


def main() -> None:
    """Search and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = summary(samples(options.trials))
    if options.json:
        print(json.dumps(found))
        return
    print(f"{found['trials']} trials; the driver ends with {found['driver_mb']:.0f} MB")
    for half, key in (("first half", "_first_half"), ("second half", "")):
        memory, seconds = found[f"kb_per_trial{key}"], found[f"seconds_per_trial{key}"]
        print(f"  {half:12}{memory:8.1f} kB a trial   {1e3 * seconds:8.1f} ms a trial")


if __name__ == "__main__":
    main()
