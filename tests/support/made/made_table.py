"""A made-up table of recorded curves: a smooth best, more noise than a process is told of."""

from functools import cache

import numpy as np
import pandas as pd

from benchmarks.search_quality.answers import World
from benchmarks.search_quality.recorded import Recorded, recorded
from benchmarks.search_quality.tables import EPOCHS, TABLES, design

TABLE = TABLES["ml-100k_plain"]
NOISE = 0.001


@cache
def made_table() -> Recorded:
    """Return curves that rise to a height which a bowl in k and the learning rate gives."""
    settings = design(TABLE)
    points = recorded(TABLE, _frame(settings, np.zeros(len(settings)))).cube.points(settings)
    return recorded(TABLE, _frame(settings, made_heights(points)))


@cache
def made_world() -> World:
    """Return its surrogate."""
    return World.of(made_table())


def made_heights(points: np.ndarray) -> np.ndarray:
    """Return what the settings at these points lose to the best."""
    return 0.02 * np.square(points[:, [0, 2]] - 0.6).sum(1)


def noisy_table(noise: float, fresh: int) -> Recorded:
    """Return the same heights under another noise, the best half with so many fresh seeds."""
    settings = design(TABLE)
    points = made_table().cube.points(settings)
    heights = made_heights(points)
    first = _frame(settings, heights, (0, 1), noise)
    again = _frame(settings, heights, tuple(range(2, 2 + fresh)), noise, stream=1)
    best = np.argsort(heights, kind="stable")[: len(settings) // 2]
    return recorded(TABLE, pd.concat([first, again[again["setting"].isin(best)]]))


def _frame(
    settings: list[dict[str, object]],
    below: np.ndarray,
    seeds: tuple[int, ...] = (0, 1),
    noise: float = NOISE,
    stream: int = 0,
) -> pd.DataFrame:
    rng = np.random.default_rng(stream)
    epochs = np.arange(1, EPOCHS + 1)
    frames = []
    for seed in seeds:
        for number, own in enumerate(settings):
            luck = rng.standard_normal(2)
            ndcg = 0.13 - below[number] - 0.05 / epochs + noise * luck[0]
            fvu_luck = np.exp(0.01 * (0.6 * luck[0] + 0.8 * luck[1]))
            k, scale = int(str(own["sae_k"])), int(str(own["sae_scale_size"]))
            frame = pd.DataFrame({"epoch": epochs, "seconds": epochs * (0.1 + scale / 40)})
            frame = frame.assign(**{"ndcg@10": ndcg, "hr@10": 2 * ndcg, "share": ndcg / 0.14})
            frame = frame.assign(fvu=fvu_luck / (1 + k), l0=float(k), dead=0.1, leak=0.0)
            frames.append(frame.assign(setting=number, seed=seed, **own))
    return pd.concat(frames, ignore_index=True)
