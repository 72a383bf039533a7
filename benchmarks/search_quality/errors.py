"""How far the surrogate is off, beside the other ways to fill the space between the settings.

Each setting is left out in turn and predicted from the rest of its seed's recordings; of the
process the length scales stay as they were fitted. A prediction cannot come closer to one
recording than the seed noise: two recordings of a setting differ by √2 times as much.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from benchmarks.search_quality.gp import Array
from benchmarks.search_quality.recorded import COST, Recorded
from benchmarks.search_quality.surrogate import CurveModel, coded

EPOCHS = (1, 3, 9, 27)
NEIGHBOURS = 3


def errors(recorded: Recorded) -> pd.DataFrame:
    """Return a row for each way and epoch, the mean over both seeds; NDCG@10, and log seconds."""
    points = recorded.cube.points(recorded.settings)
    rows = []
    for name, epochs in (("ndcg@10", EPOCHS), (COST, (27,))):
        pair = coded(name, recorded.curves[name], recorded)
        truth = pair if name != COST else np.log(np.exp(pair).sum(2, keepdims=True))
        ways = {
            "process": np.stack([CurveModel(points, pair, seed).left_out() for seed in (0, 1)]),
            "nearest": np.stack([_near(points, curves, 1) for curves in pair]),
            f"{NEIGHBOURS} nearest": np.stack([_near(points, c, NEIGHBOURS) for c in pair]),
            "the other seed": pair[::-1],
        }
        for way, found in ways.items():
            guess = found if name != COST else np.log(np.exp(found).sum(2, keepdims=True))
            for epoch in epochs:
                at = epoch - 1 if name != COST else 0
                rows.append({"what": name, "epoch": epoch, "way": way, **_score(truth, guess, at)})
    return pd.DataFrame(rows)


def _score(truth: Array, guess: Array, at: int) -> dict[str, Any]:
    one, other = truth[0, :, at], truth[1, :, at]
    gaps = guess[:, :, at] - truth[:, :, at]
    ranks = [spearmanr(truth[s, :, at], guess[s, :, at]).statistic for s in (0, 1)]
    return {
        "spearman": float(np.mean(ranks)),
        "rmse": float(np.sqrt(np.mean(gaps**2))),
        "seed_noise": float(np.sqrt(np.mean((one - other) ** 2) / 2)),
        "spread": float(truth[:, :, at].std()),
    }


def _near(points: Array, curves: Array, count: int) -> Array:
    """Return the mean curve of the nearest other points, the nearer the heavier."""
    square = np.square(points[:, None] - points[None]).sum(2)
    np.fill_diagonal(square, np.inf)
    nearest = np.argsort(square, axis=1)[:, :count]
    weights = 1 / np.take_along_axis(square, nearest, 1)
    weights /= weights.sum(1, keepdims=True)
    return np.asarray(np.einsum("ij,ijk->ik", weights, curves[nearest]))
