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
    return recorded(TABLE, _frame(settings, 0.02 * np.square(points[:, [0, 2]] - 0.6).sum(1)))


@cache
def made_world() -> World:
    """Return its surrogates."""
    return World.of(made_table())


def _frame(settings: list[dict[str, object]], below: np.ndarray) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    epochs = np.arange(1, EPOCHS + 1)
    frames = []
    for seed in (0, 1):
        for number, own in enumerate(settings):
            ndcg = 0.13 - below[number] - 0.05 / epochs + rng.normal(0, NOISE)
            k, scale = int(str(own["sae_k"])), int(str(own["sae_scale_size"]))
            frame = pd.DataFrame({"epoch": epochs, "seconds": epochs * (0.1 + scale / 40)})
            frame = frame.assign(**{"ndcg@10": ndcg, "hr@10": 2 * ndcg, "share": ndcg / 0.14})
            frame = frame.assign(fvu=1 / (1 + k), l0=float(k), dead=0.1, leak=0.0)
            frames.append(frame.assign(setting=number, seed=seed, **own))
    return pd.concat(frames, ignore_index=True)
