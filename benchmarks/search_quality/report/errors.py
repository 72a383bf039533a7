"""How far the surrogate is off, and how like its trainings are to those recorded.

Each setting is left out in turn and predicted from the others, beside other ways to fill the space
between them; of the process the length scales stay as they were fitted. A prediction cannot come
closer to the mean of n recordings than the seed noise over √n.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from benchmarks.search_quality.gp import Array
from benchmarks.search_quality.recorded import COST, Recorded
from benchmarks.search_quality.surrogate import SCORE, CurveModel, Surrogate, coded

EPOCHS = (1, 3, 9, 27)
NEIGHBOURS = 3


def errors(recorded: Recorded) -> pd.DataFrame:
    """Return a row for each way and epoch: NDCG@10, and log seconds."""
    points = recorded.cube.points(recorded.settings)
    rows = []
    for name, epochs in ((SCORE, EPOCHS), (COST, (27,))):
        curves = coded(name, recorded)
        pooled = np.nanmean(curves, axis=0)
        ways = {
            "process": CurveModel(points, curves).left_out(),
            "nearest": _near(points, pooled, 1),
            f"{NEIGHBOURS} nearest": _near(points, pooled, NEIGHBOURS),
        }
        for way, guess in ways.items():
            for epoch in epochs:
                told = {"what": name, "epoch": epoch, "way": way}
                if name == COST:
                    total = np.log(np.exp(curves).sum(2)), np.log(np.exp(guess).sum(1))
                    rows.append({**told, **_score(*total)})
                else:
                    rows.append({**told, **_score(curves[..., epoch - 1], guess[:, epoch - 1])})
    return pd.DataFrame(rows)


def _score(values: Array, guess: Array) -> dict[str, Any]:
    """Compare a guess [N] with the means of recorded values [S, N]."""
    truth, counts = np.nanmean(values, axis=0), np.isfinite(values).sum(0)
    noise = float(np.nansum((values - truth) ** 2) / (counts - 1).sum())
    return {
        "spearman": float(spearmanr(truth, guess).statistic),
        "rmse": float(np.sqrt(np.mean((guess - truth) ** 2))),
        "seed_noise": noise**0.5,
        "mean_noise": float(np.sqrt(noise * np.mean(1 / counts))),
        "spread": float(truth.std()),
    }


def _near(points: Array, curves: Array, count: int) -> Array:
    """Return the mean curve of the nearest other points, the nearer the heavier."""
    square = np.square(points[:, None] - points[None]).sum(2)
    np.fill_diagonal(square, np.inf)
    nearest = np.argsort(square, axis=1)[:, :count]
    weights = 1 / np.take_along_axis(square, nearest, 1)
    weights /= weights.sum(1, keepdims=True)
    return np.asarray(np.einsum("ij,ijk->ik", weights, curves[nearest]))


def likeness(surrogate: Surrogate, draws: int = 8) -> dict[str, dict[str, float]]:
    """Return how NDCG@10 and FVU go together after the last epoch: recorded, and simulated.

    Simulated are `draws` trainings of the recorded settings. "noise": of score and log FVU around
    the means of a setting's seeds, their correlation and the score's deviation. "means", "better":
    Spearman of mean score and mean FVU over settings, and over the better half. "left": the
    deviation of mean scores in the better half from a straight line in log FVU, seed noise
    taken out: what FVU cannot tell of a setting.
    """
    recorded = surrogate.recorded
    real = {name: coded(name, recorded)[..., -1] for name in (SCORE, "fvu")}
    curves = [[surrogate.curve(s, salt) for s in recorded.settings] for salt in range(draws)]
    made = {
        name: np.array([[one.metrics[name][-1] for one in row] for row in curves])
        for name in (SCORE, "fvu")
    }
    return {
        "recorded": _together(real[SCORE], real["fvu"]),
        "simulated": _together(made[SCORE], np.log(made["fvu"])),
    }


def _together(score: Array, fvu: Array) -> dict[str, float]:
    counts = np.isfinite(score).sum(0)
    mean, quiet = np.nanmean(score, axis=0), np.nanmean(fvu, axis=0)
    gaps, others = (score - mean), (fvu - quiet)
    known = np.isfinite(gaps)
    better = mean >= np.median(mean)
    noise = np.nansum(gaps[:, better] ** 2) / (counts[better] - 1).sum()
    straight = np.polyval(np.polyfit(quiet[better], mean[better], 1), quiet[better])
    left = np.mean((mean[better] - straight) ** 2) - noise * np.mean(1 / counts[better])
    return {
        "noise_correlation": float(np.corrcoef(gaps[known], others[known])[0, 1]),
        "noise": float(np.sqrt(noise)),
        "means": float(spearmanr(mean, quiet).statistic),
        "better": float(spearmanr(mean[better], quiet[better]).statistic),
        "left": float(np.sqrt(max(left, 0.0))),
    }
