"""One nested autoencoder against a TopK autoencoder trained for each k, at equal total cost.

Protocol, fixed before anything is trained: k of 4, 8, 16, 32; each TopK is trained for `--epochs`;
the CPU seconds of an epoch are timed with all in turn, and the nested one is trained for as many
epochs as all of them cost together, its schedule spanning them. Each seed sets the start and the
order of the data of all. At each k: dev NDCG@10 and fvu, nested less TopK, mean and 95 % Student
interval over seeds. "by 1/k" weighs the losses of the ladder by 1/k in place of equally.

    OMP_NUM_THREADS=1 python benchmarks/nested.py --dataset ml-100k --json
"""

import argparse
import json
import statistics
import time
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.jobs.sources import source_of
from recsae.recommenders.base_choice import BaseChoice
from recsae.results.finalists import spread
from recsae.sae.base import Autoencoder, Variant
from recsae.sae.code import SparseCode
from recsae.sae.losses import batch_spread, squared_error
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.sae.variants.nested import Nested, cut_decodes
from recsae.sae.variants.topk import TopK
from recsae.scoring import Evaluator

KS = (4, 8, 16, 32)
SETTINGS = {"sae_scale_size": 8, "sae_lr": 2e-3, "sae_batch_size": 1024}
METRICS = ("ndcg@10", "fvu")
ROUNDS = 5


class ByInverse(Nested):
    """The nested autoencoder with a loss that counts each k by 1/k."""

    name = "by 1/k"

    def penalty(self, sae: Autoencoder, rows: Rows, code: SparseCode, recon_BD: Tensor) -> Tensor:
        """Return the weighted mean of the ladder's FVU, less the FVU at sae_k."""
        x_BD, ladder = rows.x_ND, self.ladder(sae.settings)
        total = sum(1 / k for k in ladder)
        loss = squared_error(x_BD, recon_BD) * (1 / ladder[-1] / total - 1)
        for k, cut_BD in zip(ladder, cut_decodes(code, sae.W_dec, ladder[:-1]), strict=False):
            loss = loss + squared_error(x_BD, cut_BD + sae.b_dec) / k / total
        return loss / batch_spread(x_BD)


ARMS: dict[str, Variant] = {"nested": Nested(), "by 1/k": ByInverse()}


class Trainings:
    """Trains on the stored states of one data set, and scores on its dev targets."""

    def __init__(self, dataset: str) -> None:
        source = source_of(
            {"dataset": dataset}, BaseChoice.of({}), ActivationSettings(), Cache.default()
        )
        self.activations: Activations = source.prepare(
            Cache.default(), torch.device("cpu")
        ).activations
        self.evaluator = Evaluator(self.activations, "dev")
        self._rows = Rows(*self.activations.rows("all"))

    def start(self, kind: Variant, k: int, epochs: int, seed: int) -> SAETrainer:
        """Return a training that has not begun."""
        own = {"sae_nested_min_k": KS[0]} if isinstance(kind, Nested) else {}
        given = {**SETTINGS, **own, "sae_k": k, "sae_epochs": epochs, "sae_seed": seed}
        settings = kind.Settings.of(given)
        return SAETrainer(kind, settings, self._rows, order_seed=seed, device="cpu")

    def trained(self, kind: Variant, k: int, epochs: int, seed: int) -> tuple[Any, float]:
        """Return a trained model, and the CPU seconds that it took."""
        training, began = self.start(kind, k, epochs, seed), time.process_time()
        for _ in range(epochs):
            training.epoch()
        return training.model, time.process_time() - began

    def seconds(self) -> dict[str, float]:
        """Return the median CPU seconds of an epoch of each, timed in turn."""
        kinds = {**{str(k): (TopK(), k) for k in KS}, **{n: (v, KS[-1]) for n, v in ARMS.items()}}
        running = {name: self.start(*pair, ROUNDS, 0) for name, pair in kinds.items()}
        found: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(ROUNDS):
            for name, training in running.items():
                began = time.process_time()
                training.epoch()
                found[name].append(time.process_time() - began)
        return {name: statistics.median(times) for name, times in found.items()}


def rows_of(
    trainings: Trainings, budgets: dict[str, int], epochs: int, seed: int
) -> list[dict[str, Any]]:
    """Return the figures of one seed: a row an arm and k."""
    found = []
    for k in KS:
        model, spent = trainings.trained(TopK(), k, epochs, seed)
        found.append({"arm": "topk", "k": k, "cpu_seconds": spent, **trainings.evaluator(model)})
    for arm, kind in ARMS.items():
        model, spent = trainings.trained(kind, KS[-1], budgets[arm], seed)
        curve = trainings.evaluator.curve_of_k(model)
        found += [{"arm": arm, "k": k, "cpu_seconds": spent / len(KS), **curve[k]} for k in KS]
    return [{"seed": seed, **row} for row in found]


def compared(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a row an arm and k: both means, and the interval of their difference."""
    frame = pd.DataFrame(rows)
    found = []
    for arm in ARMS:
        for k in KS:
            own, other = (
                frame[(frame["arm"] == name) & (frame["k"] == k)].set_index("seed")
                for name in (arm, "topk")
            )
            for name in METRICS:
                pair = {"nested": float(own[name].mean()), "topk": float(other[name].mean())}
                gap = spread(own[name] - other[name])._asdict()
                found.append({"arm": arm, "k": k, "metric": name, **pair, **gap})
    return found


def main() -> None:
    """Train, compare, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", default="ml-100k")
    parser.add_argument("--epochs", type=int, default=10, help="of each TopK autoencoder")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one object")
    given = parser.parse_args()
    torch.set_num_threads(1)
    trainings = Trainings(given.dataset)
    seconds = trainings.seconds()
    whole = given.epochs * sum(seconds[str(k)] for k in KS)
    budgets = {arm: round(whole / seconds[arm]) for arm in ARMS}
    rows = [
        row
        for seed in range(given.seeds)
        for row in rows_of(trainings, budgets, given.epochs, seed)
    ]
    spent = pd.DataFrame(rows).groupby("arm")["cpu_seconds"].sum() / given.seeds
    outcome = {
        **vars(given),
        "settings": SETTINGS,
        "epoch_cpu_seconds": seconds,
        "nested_epochs": budgets,
        "cpu_seconds_a_seed": spent.to_dict(),
        "compared": compared(rows),
    }
    outcome.pop("json")
    if given.json:
        print(json.dumps(outcome, indent=1))
        return
    print(f"epochs: topk {given.epochs} each, {budgets}; CPU seconds a seed {spent.to_dict()}")
    print(pd.DataFrame(outcome["compared"]).to_string(index=False, float_format="%.4f"))


if __name__ == "__main__":
    main()
