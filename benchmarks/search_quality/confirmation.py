"""The contest's verdict on a real Ray: recsae's search against stock Ray Tune, picks trained anew.

Plan, fixed before the run. ml-100k, the space of the contest's plain table with 9 epochs at most
(rungs after 1 and 3), one worker, one thread; 10 searches each way, each with a seed of its own and
in a process with a Ray of its own. A search may spend 54 epochs, as many as 6 whole trainings:
epochs, for wall time would tell how busy the machine was. "recsae" is `recsae tune` as it comes:
tpe and asha by expected scores, which also choose the answer. "stock" is OptunaSearch with
ASHAScheduler on the same trainer, answered by `get_best_result`: the best last value of all trials.
Each answer is trained to its end with 5 fresh seeds, and judged by their mean dev NDCG@10 after the
last epoch. Told: recsae less stock, mean over searches, with a 95 % percentile bootstrap interval
over the searches of both. "recsae, observed" (decide_by and select_by observed) runs if asked for
by --arms; it is no part of the verdict.

    OMP_NUM_THREADS=1 python -m benchmarks.search_quality.confirmation [--json]

What a search and its picks gave is kept as soon as it is there; a killed run goes on where it was.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from benchmarks.search_quality.report.outcome import DRAWS, Interval
from benchmarks.search_quality.tables import TABLES
from recsae.cache import Cache
from recsae.files import write_whole
from recsae.jobs.search import Where, tune
from recsae.jobs.sources import source_of
from recsae.progress import say
from recsae.results import DEV, load_results
from recsae.results.run import records, settings_of
from recsae.search.engine.new_trials import trial_seed
from recsae.search.samplers.optuna_adapter.trials import draw_by
from recsae.space import EPOCHS, MODEL, SEED, SearchSpace

OBJECTIVE: Final = "ndcg@10"
SEARCHES: Final = 10
MOST_EPOCHS: Final = 9
BUDGET: Final = 6 * MOST_EPOCHS
FRESH_SEEDS: Final = (1000, 1001, 1002, 1003, 1004)
ARMS: Final = ("recsae", "stock", "recsae, observed")
RESULTS: Final = Path(__file__).parents[1] / "results" / "confirmation-ml-100k.parquet"


def space_of_search(seed: int) -> SearchSpace:
    """Return the space that both search."""
    space = TABLES["ml-100k_plain"].space
    parameters = tuple(
        replace(p, value=MOST_EPOCHS) if p.name == EPOCHS else p for p in space.parameters
    )
    return replace(space, parameters=parameters).override(
        search={"seed": seed, "trials": BUDGET, "max_epochs": BUDGET},
        scheduler={"name": "asha", "grace_epochs": 1, "reduction_factor": 3},
        resources={"cpus": 1, "gpus": 0},
    )


@cache
def activations_folder() -> Path:
    """Return the folder of the states of ml-100k, computed if need be."""
    import torch

    space, place = space_of_search(0), Cache.default()
    source = source_of(space.data_settings().values(), space.base, space.activations, place)
    return source.prepare(place, torch.device("cpu")).activations.path


def work_of(seed: int) -> Any:
    """Return what trainings outside of a run share, `seed` that of the order of the data."""
    from recsae.search.ray.trainable import Work

    return Work(str(activations_folder()), "", {OBJECTIVE: "max"}, order_seed=seed)


def by_recsae(seed: int, folder: Path, by: str) -> dict[str, Any]:
    """Search as `recsae tune` does; return its answer."""
    space = space_of_search(seed).override(search={"decide_by": by, "select_by": by})
    tune(space, Where(workers=1, storage=str(folder)), name="run")
    run = load_results(folder / "run")
    best = records(run.best)[0]
    return {
        "settings": settings_of(best),
        "observed": float(best[DEV + OBJECTIVE]),
        "trials": len(run.trials),
        "epochs": len(run.curves),
    }


def stock_trainable() -> type[Any]:
    """Return recsae's trial as stock Tune runs it."""
    from ray import tune as ray_tune

    from recsae.search.ray.trainable import sae_trial

    class Stock(ray_tune.Trainable):
        def setup(self, config: dict[str, Any]) -> None:
            self.trial = sae_trial(config["model"], config["settings"], config["work"])

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            self.setup(new_config)
            return True

        def step(self) -> dict[str, Any]:
            score = self.trial.step()[OBJECTIVE]
            return {OBJECTIVE: score, "done": self.trial.done}

        def save_checkpoint(self, checkpoint_dir: str) -> None: ...

    return Stock


def defined(space: SearchSpace, work: Any, trial: Any) -> dict[str, Any]:
    """Return the config of a trial of stock Tune, drawn by Optuna."""
    params = space.suggest(draw_by(trial))
    params.setdefault(SEED, trial_seed(space.search.seed, trial.number))
    settings = space.settings_for(params).values()
    return {"model": params[MODEL], "settings": settings, "work": work}


def by_stock(seed: int, folder: Path) -> dict[str, Any]:
    """Search with Ray Tune's own OptunaSearch and ASHAScheduler; return its answer."""
    import optuna
    from ray import tune as ray_tune
    from ray.tune.schedulers import ASHAScheduler
    from ray.tune.search.optuna import OptunaSearch

    spent = 0

    class Spent(ray_tune.Stopper):
        def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
            nonlocal spent
            spent += 1
            return self.stop_all()

        def stop_all(self) -> bool:
            return spent >= BUDGET

    define = partial(defined, space_of_search(seed), work_of(seed))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    asha = ASHAScheduler(
        time_attr="training_iteration", max_t=MOST_EPOCHS, grace_period=1, reduction_factor=3
    )
    found = ray_tune.Tuner(
        ray_tune.with_resources(stock_trainable(), {"cpu": 1}),
        tune_config=ray_tune.TuneConfig(
            metric=OBJECTIVE,
            mode="max",
            search_alg=OptunaSearch(define, metric=OBJECTIVE, mode="max", seed=seed),
            scheduler=asha,
            num_samples=-1,
            max_concurrent_trials=1,
            reuse_actors=True,
        ),
        run_config=ray_tune.RunConfig(
            name="run", storage_path=str(folder), stop=Spent(), verbose=0
        ),
    ).fit()
    best = found.get_best_result()
    assert best.config is not None and best.metrics is not None
    return {
        "settings": {MODEL: best.config["model"], **best.config["settings"]},
        "observed": float(best.metrics[OBJECTIVE]),
        "trials": len(found),
        "epochs": spent,
    }


def alone(arm: str, seed: int) -> None:
    """Search one way in this process, on a Ray of its own; print the answer and its scores."""
    from recsae.search.ray.cluster import cluster

    warnings.simplefilter("ignore")
    activations_folder()
    with tempfile.TemporaryDirectory() as name, cluster(None):
        folder = Path(name)
        if arm == "stock":
            found = by_stock(seed, folder)
        else:
            found = by_recsae(seed, folder, "observed" if "observed" in arm else "expected")
    scores = [retrained(found["settings"], fresh) for fresh in FRESH_SEEDS]
    print(json.dumps({**found, "scores": scores}))


def searched(arm: str, seed: int) -> dict[str, Any]:
    """Return what a search answers that runs in a process of its own, and its scores."""
    call = [
        sys.executable,
        "-m",
        "benchmarks.search_quality.confirmation",
        "--alone",
        arm,
        "--seed",
        str(seed),
    ]
    done = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def retrained(settings: Mapping[str, Any], seed: int) -> float:
    """Return the score of settings trained to their end with another seed."""
    from recsae.search.ray.trainable import finalist_trial

    own = {name: value for name, value in settings.items() if name != MODEL}
    trial = finalist_trial(str(settings[MODEL]), own | {SEED: seed}, work_of(seed))
    metrics: Mapping[str, Any] = {}
    while not trial.done:
        metrics = trial.step()
    return float(metrics[OBJECTIVE])


def run(file: Path, arms: list[str], processes: int) -> pd.DataFrame:
    """Return a row a search and fresh seed; what the file lacks is searched and trained now."""
    stored = pd.read_parquet(file) if file.exists() else pd.DataFrame({"arm": [], "search": []})
    done = set(stored[["arm", "search"]].itertuples(index=False, name=None))
    tasks = [(arm, seed) for seed in range(SEARCHES) for arm in arms if (arm, seed) not in done]
    with ThreadPoolExecutor(processes) as pool:
        futures = {pool.submit(searched, *task): task for task in tasks}
        for future in as_completed(futures):
            (arm, seed), found = futures[future], future.result()
            scores = found.pop("scores")
            say(f"{arm}, search {seed}: {found['observed']:.4f}, anew {np.mean(scores):.4f}")
            found["settings"] = json.dumps(found["settings"])
            rows = pd.DataFrame({"seed": FRESH_SEEDS, OBJECTIVE: scores}).assign(
                arm=arm, search=seed, **found
            )
            stored = pd.concat([stored, rows], ignore_index=True)
            write_whole(file, stored.to_parquet(index=False))
    return stored


def compared(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row an arm: its picks' mean score, how much theirs flattered, and less stock."""
    by_search = frame.groupby(["arm", "search"])[[OBJECTIVE, "observed", "trials", "epochs"]].mean()
    rivals = by_search.loc["stock"]
    rows = []
    for number, arm in enumerate(frame["arm"].unique()):
        own = by_search.loc[arm]
        draws = drawn(own[OBJECTIVE], number) - drawn(rivals[OBJECTIVE], len(ARMS))
        gap = Interval.of(own[OBJECTIVE].mean() - rivals[OBJECTIVE].mean(), draws)
        means: dict[str, float] = own.mean().to_dict()
        flattered = means["observed"] - means[OBJECTIVE]
        less = {} if arm == "stock" else {"less_stock": gap._asdict()}
        rows.append({"arm": arm, "searches": len(own), **means, "flattered": flattered, **less})
    return rows


def drawn(values: "pd.Series[float]", number: int) -> Any:
    """Return means of values drawn with replacement."""
    random = np.random.default_rng([0, number])
    return random.choice(values.to_numpy(), (DRAWS, len(values))).mean(axis=1)


def main() -> None:
    """Search and train what is missing, compare, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=ARMS[:2])
    parser.add_argument("--processes", type=int, default=1, help="searches at a time")
    parser.add_argument("--to", type=Path, default=RESULTS)
    parser.add_argument("--json", action="store_true", help="print one list")
    parser.add_argument("--alone", choices=ARMS, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.alone:
        alone(given.alone, given.seed)
        return
    rows = compared(run(given.to, list(given.arms), given.processes))
    if given.json:
        print(json.dumps(rows, indent=1))
        return
    print(pd.json_normalize(rows).to_string(index=False, float_format="%.5f"))


if __name__ == "__main__":
    main()
