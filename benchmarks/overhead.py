"""What a trial costs the driver: our search against stock Ray Tune with its OptunaSearch.

Both run trials of three reports that train nothing, two at once, with the TPE sampler over the
same parameters; ours keeps its journal and writes its results meanwhile, stock Tune its own logs.
Each runs in a process with a Ray of its own. CPU time is that of the driver's process (user and
system); it is counted from the first report on, so that nobody's start is in it.

    python benchmarks/overhead.py [--trials 200] [--json]
"""

import argparse
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from noop_trials import EPOCHS, figures, space_values, visible_to_workers

WORKERS = 2


class Meter:
    """Counts from the first call on."""

    def __init__(self) -> None:
        self._began: tuple[float, float] | None = None

    def begin(self) -> None:
        """Start to count, at the first call."""
        if self._began is None:
            self._began = _cpu_seconds(), time.perf_counter()

    def per_trial(self, trials: int) -> dict[str, float]:
        """Return milliseconds a trial so far."""
        assert self._began is not None, "nothing was reported"
        cpu, wall = self._began
        return {
            "ms_per_trial": 1e3 * (_cpu_seconds() - cpu) / trials,
            "wall_ms_per_trial": 1e3 * (time.perf_counter() - wall) / trials,
        }


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def ours(trials: int, folder: Path) -> dict[str, float]:
    """Run our search."""
    from recsae.results import create, load_results
    from recsae.search.engine.director import Director
    from recsae.search.ray.tuner import run_search
    from recsae.space import space_of

    meter, report = Meter(), Director.report

    def metered(self: Director, *args: Any, **keys: Any) -> bool:
        meter.begin()
        return report(self, *args, **keys)

    Director.report = metered  # type: ignore[method-assign]
    space = space_of(space_values(trials, "tpe"))
    create(folder / "run", {"space": space.resolved()})
    factory = "noop_trials:NoopTrial"
    run_search(space, folder, folder / "run", workers=WORKERS, trial_factory=factory)
    cost = meter.per_trial(trials)
    assert load_results(folder / "run").trials["state"].eq("COMPLETE").sum() == trials
    return cost


def _stock_trainable() -> type[Any]:
    """Return a trial that costs nothing, as Ray Tune has it."""
    from ray import tune

    class Noop(tune.Trainable):
        def setup(self, config: dict[str, Any]) -> None:
            self.config, self.epochs = config, 0

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            self.setup(new_config)
            return True

        def step(self) -> dict[str, Any]:
            self.epochs += 1
            return {**figures(self.config["sae_lr"], self.epochs), "done": self.epochs >= EPOCHS}

        def save_checkpoint(self, checkpoint_dir: str) -> None: ...

    return Noop


def _stock_searcher(meter: Meter) -> Any:
    """Return Ray Tune's own use of Optuna, which tells the meter of each report."""
    import optuna
    from ray.tune.search.optuna import OptunaSearch

    class Metered(OptunaSearch):
        def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
            meter.begin()
            super().on_trial_result(trial_id, result)

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=0, multivariate=True)
    return Metered(metric="ndcg@10", mode="max", sampler=sampler)


def stock(trials: int, folder: Path) -> dict[str, float]:
    """Run stock Tune, its processes reused from trial to trial as ours are."""
    from ray import tune

    meter = Meter()
    tuner = tune.Tuner(
        tune.with_resources(_stock_trainable(), {"cpu": 1}),
        param_space={
            "sae_k": tune.lograndint(2, 65),
            "sae_scale_size": tune.choice([2, 4, 8, 16, 32]),
            "sae_lr": tune.loguniform(1e-4, 1e-1),
            "sae_auxk": tune.loguniform(1 / 256, 1.0),
            "sae_batch_size": tune.choice([512, 1024, 2048, 4096, 8192]),
        },
        tune_config=tune.TuneConfig(
            search_alg=_stock_searcher(meter),
            num_samples=trials,
            max_concurrent_trials=WORKERS,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(name="run", storage_path=str(folder), verbose=0),
    )
    assert len(tuner.fit()) == trials
    return meter.per_trial(trials)


def measured(name: str, trials: int) -> dict[str, float]:
    """Run one of the two in a process of its own."""
    call = [sys.executable, __file__, "--alone", name, "--trials", str(trials)]
    done = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return {str(key): float(value) for key, value in found.items()}


def alone(name: str, trials: int) -> None:
    """Print what one of the two costs."""
    import ray

    visible_to_workers()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    warnings.simplefilter("ignore")
    ray.init(
        address="local",
        num_cpus=WORKERS,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.CRITICAL,
        object_store_memory=100_000_000,
    )
    with tempfile.TemporaryDirectory() as folder:
        cost = {"ours": ours, "stock": stock}[name](trials, Path(folder))
    ray.shutdown()
    print(json.dumps(cost))


def main() -> None:
    """Compare the two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--alone", choices=["ours", "stock"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        alone(options.alone, options.trials)
        return
    costs = {name: measured(name, options.trials) for name in ("ours", "stock")}
    result = {f"{name}_{key}": value for name, cost in costs.items() for key, value in cost.items()}
    result["times_less"] = result["stock_ms_per_trial"] / result["ours_ms_per_trial"]
    if options.json:
        print(json.dumps({"trials": options.trials, **result}))
        return
    print(f"driver's CPU time a trial, mean over {options.trials} trials of {EPOCHS} reports")
    for name, cost in costs.items():
        print(
            "  {:6}{ms_per_trial:8.1f} ms   wall {wall_ms_per_trial:8.1f} ms".format(name, **cost)
        )
    print(f"  stock / ours {result['times_less']:.2f}")


if __name__ == "__main__":
    main()
