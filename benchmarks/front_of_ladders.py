"""Fronts of quality against l0: trials of one k each against trials that offer a ladder of k.

Protocol, fixed before anything is trained: settings are drawn at random from the shipped space
pareto.yaml; the nested arm takes the same draws with sae_k of 16, 32 or 64 in turn, and offers the
k of its ladder. All trainings run to their end, with two seeds, on one thread; what they cost is
CPU seconds, the scoring of the ladder included. Then, without training: random orders of each arm
spend budgets of 6, 12 and 24 plain trainings of mean cost; the front is chosen by the scores of one
seed, and its points are judged by their scores with the other, so that luck is no gain. Hypervolume
from the worst NDCG@10 of the plain arm and an l0 of 65 on, over l0 and over its logarithm, as share
of what all points of both arms, judged by the mean of both seeds, would reach.

    OMP_NUM_THREADS=1 python benchmarks/front_of_ladders.py --dataset ml-100k [--json]

Each training is kept in --to as soon as it is done; a killed recording goes on where it was.
"""

import argparse
import json
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from benchmarks.search_quality.answers import hypervolume
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.files import write_whole
from recsae.jobs.sources import source_of
from recsae.progress import meter
from recsae.sae.registry import variant
from recsae.scoring import Evaluator
from recsae.search.engine.history import History
from recsae.search.engine.new_trials import completed
from recsae.search.samplers.random import RandomSampler
from recsae.space import SearchSpace, load_space
from recsae.trial import SAETrial

OBJECTIVES: Final = ("ndcg@10", "l0")
SEEDS: Final = (0, 1)
ARMS: Final = {"plain": 48, "nested": 32}
"""Trainings of each arm with each seed."""
NESTED_K: Final = (16, 32, 64)
LEAST_NESTED_K: Final = 2
BUDGETS: Final = (6, 12, 24)
ANSWERS: Final = (("plain", 1), ("plain", 2), ("nested", 1))
ORDERS: Final = 10
MOST_L0: Final = 65.0
RESULTS: Final = Path(__file__).parent / "results"
Ints = npt.NDArray[np.int64]


def settings_of(space: SearchSpace, arm: str, number: int) -> tuple[str, dict[str, Any]]:
    """Return the model and the settings of a training, without its seed."""
    drawn = RandomSampler(space).propose(History(space.objectives), number)
    settings = dict(completed(space, drawn, number).settings)
    settings.pop("sae_seed")
    if arm == "plain":
        return "SASRec_SAE", settings
    k = NESTED_K[number % len(NESTED_K)]
    return "SASRec_SAE_Nested", {**settings, "sae_k": k, "sae_nested_min_k": LEAST_NESTED_K}


def train(
    model: str, settings: dict[str, Any], seed: int, activations: Activations, scorer: Evaluator
) -> list[dict[str, float]]:
    """Return the points that one training offers, each with what the whole training cost."""
    began = time.process_time()
    trial = SAETrial(
        model,
        variant(model).Settings.of({**settings, "sae_seed": seed}),
        activations,
        order_seed=seed,
        evaluator=scorer,
        objectives=OBJECTIVES,
    )
    metrics: dict[str, float] = {}
    while not trial.done:
        metrics = trial.step()
    rungs = trial.ladder or [{"k": settings["sae_k"], **metrics}]
    seconds = time.process_time() - began
    return [
        {"k": int(one["k"]), "seconds": seconds, **{name: one[name] for name in OBJECTIVES}}
        for one in rungs
    ]


def record(dataset: str, file: Path) -> pd.DataFrame:
    """Return a row a point of every training, trained now where the file has none."""
    space = load_space("pareto.yaml").override(data={"dataset": dataset})
    todo = [(arm, n, seed) for arm, count in ARMS.items() for n in range(count) for seed in SEEDS]
    stored = pd.read_parquet(file) if file.exists() else pd.DataFrame()
    key = ["arm", "number", "seed"]
    done = set(stored[key].itertuples(index=False, name=None)) if len(stored) else set()
    missing = [task for task in todo if task not in done]
    if not missing:
        return stored
    source = source_of(
        space.data_settings().values(), space.base, space.activations, Cache.default()
    )
    ready = source.prepare(Cache.default(), torch.device("cpu")).activations
    scorer = Evaluator(ready, "dev")
    with meter("trainings", len(missing)) as tick:
        for place, (arm, number, seed) in enumerate(missing):
            tick(place)
            points = train(*settings_of(space, arm, number), seed, ready, scorer)
            rows = pd.DataFrame(points).assign(arm=arm, number=number, seed=seed)
            stored = pd.concat([stored, rows], ignore_index=True)
            write_whole(file, stored.to_parquet(index=False))
    return stored


class Judge:
    """Hypervolumes of answers, by the scores of the seed that did not choose them."""

    def __init__(self, frame: pd.DataFrame, logarithm: bool) -> None:
        """`logarithm`: of l0 in place of l0."""
        self._log = logarithm
        self._least = float(frame.loc[frame["arm"] == "plain", "ndcg@10"].min())
        mean = frame.groupby(["arm", "number", "k"], as_index=False)[list(OBJECTIVES)].mean()
        self._whole = self._volume(mean)

    def _volume(self, points: pd.DataFrame) -> float:
        l0, most = points["l0"].to_numpy(float), MOST_L0
        if self._log:
            l0, most = np.log2(np.maximum(l0, 1.0)), float(np.log2(MOST_L0))
        return hypervolume(points["ndcg@10"].to_numpy(float), l0, self._least, most)

    def __call__(self, chosen: pd.DataFrame) -> float:
        """Return the share of the whole volume that points reach."""
        return self._volume(chosen) / self._whole


def front(points: pd.DataFrame) -> pd.DataFrame:
    """Return the points that no other beats in both objectives."""
    order = points.sort_values(["l0", "ndcg@10"], ascending=[True, False], kind="stable")
    best = order["ndcg@10"].cummax()
    return order[order["ndcg@10"] > best.shift(fill_value=-np.inf)]


def spent_within(frame: pd.DataFrame, order: Ints, budget: float) -> list[int]:
    """Return the trainings of an order that end within a budget."""
    seconds = frame.groupby("number")["seconds"].first()
    return [int(n) for n in order[np.cumsum(seconds.loc[order.tolist()].to_numpy()) <= budget]]


def answer_of(
    frame: pd.DataFrame, arm: str, chooser: int, order: Ints, budget: float
) -> pd.DataFrame:
    """Return the front that the scores of one seed choose, with the scores of the other."""
    own = frame[frame["arm"] == arm]
    first, other = own[own["seed"] == chooser], own[own["seed"] != chooser]
    within = first[first["number"].isin(spent_within(first, order, budget))]
    return front(within)[["number", "k"]].merge(other, on=["number", "k"])


def compared(frame: pd.DataFrame, resamples: int) -> list[dict[str, Any]]:
    """Return a row a budget and scale: mean shares, and nested less plain at one and two budgets.

    Each resample draws the settings of both arms with replacement, and takes the mean over ORDERS
    orders of them; the interval holds 95 % of the resamples. The seeds that choose take turns.
    """
    cost = frame[frame["arm"] == "plain"].groupby(["number", "seed"])["seconds"].first().mean()
    judges = {"l0": Judge(frame, False), "log l0": Judge(frame, True)}
    rows = []
    for number in range(resamples):
        random = np.random.default_rng([0, number])
        pools = {arm: random.integers(count, size=count) for arm, count in ARMS.items()}
        for place in range(ORDERS):
            order = {arm: random.permutation(pool) for arm, pool in pools.items()}
            for budget, (arm, times) in product(BUDGETS, ANSWERS):
                whole = times * budget * cost
                chosen = answer_of(frame, arm, SEEDS[place % 2], order[arm], whole)
                about = {"resample": number, "budget": budget, "answer": f"{arm} x{times}"}
                for scale, judge in judges.items():
                    rows.append(about | {"scale": scale, "share": judge(chosen)})
    shares = pd.DataFrame(rows).groupby(["scale", "budget", "answer", "resample"])["share"].mean()
    return [row for _, one in shares.groupby(level=[0, 1]) for row in gaps(one)]


def gaps(shares: "pd.Series[float]") -> Iterator[dict[str, Any]]:
    """Yield a row an answer of the plain arm, of the shares at one scale and budget."""
    table = shares.unstack("answer")
    scale, budget = shares.index[0][:2]
    nested = table["nested x1"].to_numpy()
    for times in (1, 2):
        plain = table[f"plain x{times}"].to_numpy()
        low, high = np.quantile(nested - plain, [0.025, 0.975])
        yield {
            "scale": scale,
            "budget": int(budget),
            "plain_budgets": times,
            "plain": float(plain.mean()),
            "nested": float(nested.mean()),
            "gap": float((nested - plain).mean()),
            "low": float(low),
            "high": float(high),
        }


def main() -> None:
    """Record what is missing, compare, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", default="ml-100k")
    parser.add_argument("--resamples", type=int, default=100)
    parser.add_argument("--to", type=Path, help="file of the trainings")
    parser.add_argument("--json", action="store_true", help="print one object")
    given = parser.parse_args()
    torch.set_num_threads(1)
    frame = record(given.dataset, given.to or RESULTS / f"front-{given.dataset}.parquet")
    rows = compared(frame, given.resamples)
    cost = frame.groupby("arm")["seconds"].mean().to_dict()
    if given.json:
        about = {"dataset": given.dataset, "resamples": given.resamples, "mean_cpu_seconds": cost}
        print(json.dumps({**about, "compared": rows}, indent=1))
        return
    print(pd.DataFrame(rows).to_string(index=False, float_format="%.3f"))


if __name__ == "__main__":
    main()
