"""A whole comparison, phase by phase; what an earlier start left in its folder is kept."""

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from comparison import bases, searches, training
from comparison.artifacts import Artifacts, FinishedSearch, Trainings
from comparison.bases import Prepared
from comparison.estimate import estimate
from comparison.plan import (
    BUDGETS,
    CONTENDERS,
    PCA,
    QUICK_BASE,
    Budget,
    Contender,
    PlanSettings,
    words,
)
from comparison.pool import Pool, Task, cores
from comparison.report import agreement
from comparison.report.outcome import outcome
from comparison.report.output import write_outputs
from comparison.spaces import space_for
from comparison.training import Job
from comparison.winners import winner
from recsae.activations.store import Activations
from recsae.errors import RecsaeError
from recsae.files import digest
from recsae.interactions.settings import DataSettings, check_data
from recsae.jobs import baselines
from recsae.progress import say
from recsae.recommenders.counts import BASELINES
from recsae.results import load_results
from recsae.sae.registry import variant


def compare(
    datasets: list[str],
    plan: PlanSettings,
    out: Path,
    base: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Run a comparison into the folder `out`; return what comparison.json holds.

    base: settings of SASRec instead of those of the preset (or of a quick run).
    data: settings of every data set.
    """
    datasets = list(dict.fromkeys(datasets))
    for name in datasets:
        check_data(DataSettings.of({**(data or {}), "dataset": name}))
    for line in words():
        say(line)
    start = time.perf_counter()
    with _alone(out), Pool(plan.workers or cores()) as pool:
        comparison = Comparison(tuple(datasets), plan, out, _base(plan, base), pool, data or {})
        found = comparison.run()
        found["seconds"] = round(time.perf_counter() - start, 1)
        write_outputs(found, out)
    return found


def _base(plan: PlanSettings, given: dict[str, Any] | None) -> dict[str, Any]:
    if given is None:
        given = QUICK_BASE if plan.quick else {}
    return {**given, **({} if plan.preset == "default" else {"preset": plan.preset})}


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Let no second comparison write to the same folder; the lock dies with its process."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(out / ".lock", timeout=0):
            yield
    except Timeout:
        raise RecsaeError(f"--out: another comparison is writing to {out}") from None


@dataclass(frozen=True)
class Comparison:
    """What the phases share."""

    datasets: tuple[str, ...]
    plan: PlanSettings
    out: Path
    base: dict[str, Any]
    """What a space file says under that key, without the seed."""
    pool: Pool
    data: dict[str, Any]
    """Settings of the data beside the name."""

    def run(self) -> dict[str, Any]:
        """Do all phases; return the outcome."""
        prepared = self._bases()
        known = {name: self._categories(prepared[name][0]) for name in self.datasets}
        say(estimate(self.plan, [prepared[name][0] for name in self.datasets], self.pool.workers))
        searched = self._searches(prepared)
        artifacts = Artifacts(
            prepared, {name: names for name, (_, names) in known.items()}, searched
        )
        self._trainings(artifacts, {name: file for name, (file, _) in known.items()})
        agreement.measure(artifacts, self.out, self.pool)
        self._counted(artifacts)
        return outcome(self.plan, artifacts)

    def _bases(self) -> dict[str, list[Prepared]]:
        seeds = range(self.plan.bases)
        tasks = [
            Task(bases.prepare, ({**self.data, "dataset": dataset}, seed, self.base))
            for seed in seeds
            for dataset in self.datasets
        ]
        found = self.pool.run("bases", tasks)
        return {
            dataset: [one for one in found if one.dataset == dataset] for dataset in self.datasets
        }

    def _categories(self, prepared: Prepared) -> tuple[str | None, tuple[str, ...]]:
        """Return the file of a data set's item categories, and their names."""
        data = DataSettings.of(prepared.source["data"])
        found = bases.categories(data, Activations.open(Path(prepared.activations)))
        if found is None:
            return None, ()
        key = digest(found.member_IC, list(found.names))
        file = self.out / "categories" / f"{_plain(prepared.dataset)}-{key}.npy"
        bases.write_categories(found, file)
        return str(file.resolve()), found.names

    def _searches(
        self, prepared: dict[str, list[Prepared]]
    ) -> dict[tuple[str, str], FinishedSearch]:
        """Search every contender on every data set's first base."""
        tasks, places = [], []
        # The slow ones first, so that none is alone at the end.
        for contender in sorted(CONTENDERS, key=lambda c: -c.cost):
            for dataset in self.datasets:
                first = prepared[dataset][0]
                space = space_for(contender, self.plan, dataset, first.source["base"], self.data)
                name = f"{_plain(dataset)}-{_plain(contender.label)}"
                run = self.out / "searches" / f"{name}-{searches.key(space, self.plan, first)}"
                done = run / searches.DONE
                tasks.append(Task(searches.search, (space, self.plan, first, run), done))
                places.append((dataset, contender, run))
        self.pool.run("searches", tasks)
        return {
            (dataset, contender.label): self._searched(contender, run)
            for dataset, contender, run in places
        }

    def _searched(self, contender: Contender, run: Path) -> FinishedSearch:
        trials = load_results(run).trials
        sizes: dict[Budget, float] = {"trials": self.plan.trials, "seconds": self.plan.seconds}
        return FinishedSearch(
            folder=str(run.relative_to(self.out)),
            trials=len(trials),
            winners={
                budget: winner(trials, budget, sizes[budget], contender.leaks) for budget in BUDGETS
            },
        )

    def _trainings(self, artifacts: Artifacts, categories: dict[str, str | None]) -> None:
        """Retrain the winners, train the controls that need no search, score the bases."""
        prepared, searched = artifacts.prepared, artifacts.searched
        tasks: dict[Path, Task] = {}  # the same winner of both budgets is trained once
        for dataset in self.datasets:
            scored = [self._scored(one, categories[dataset], tasks) for one in prepared[dataset]]
            artifacts.bases[dataset] = scored
            pca = (PCA, {"sae_k": self.plan.sae_k}, 1)
            artifacts.controls[dataset, PCA] = self._retrained(
                prepared[dataset], categories[dataset], pca, tasks
            )
            for contender in CONTENDERS:
                for budget, best in searched[dataset, contender.label].winners.items():
                    if best is None:
                        continue
                    job = (contender.model_name, best.settings, self.plan.seeds)
                    artifacts.winners[dataset, contender.label, budget] = self._retrained(
                        prepared[dataset], categories[dataset], job, tasks
                    )
        self.pool.run("trainings", _mixed(list(tasks.values())))

    def _counted(self, artifacts: Artifacts) -> None:
        """Score the baselines of counts."""
        for dataset in self.datasets:
            artifacts.counted[dataset] = [
                baselines.score(
                    name, DataSettings.of({**self.data, "dataset": dataset}), device="cpu"
                )
                for name in BASELINES
            ]

    def _scored(self, one: Prepared, categories: str | None, tasks: dict[Path, Task]) -> Path:
        job = Job(one, "", {}, categories)
        path = self._file(job)
        tasks[path] = Task(training.score_base, (one, categories, path), path)
        return path

    def _retrained(
        self,
        prepared: list[Prepared],
        categories: str | None,
        model: tuple[str, dict[str, Any], int],
        tasks: dict[Path, Task],
    ) -> Trainings:
        """Return the files of a model's trainings on all bases, and add what makes them."""
        name, settings, seeds = model
        files: Trainings = []
        for one in prepared:
            jobs = [
                Job(one, name, _seeded(name, settings, s + 1), categories) for s in range(seeds)
            ]
            paths = [self._file(job) for job in jobs]
            for job, path in zip(jobs, paths, strict=True):
                tasks.setdefault(path, Task(training.train, (job, path), path))
            files.append(paths)
        return files

    def _file(self, job: Job) -> Path:
        return self.out / "trainings" / f"{_plain(job.prepared.dataset)}-{job.key}.npz"


def _seeded(model_name: str, settings: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return all settings of a training, checked; a closed form has no seed."""
    kind = variant(model_name).Settings
    seeded = {**settings, "sae_seed": seed} if "sae_seed" in kind.model_fields else settings
    return kind.of(seeded).values()


def _mixed(tasks: list[Task]) -> list[Task]:
    """Spread long and short trainings evenly, so that the time left is told well."""
    mixed = list(tasks)
    random.Random(0).shuffle(mixed)
    return mixed


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.+-]+", "_", text).strip("_.") or "data"
