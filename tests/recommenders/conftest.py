"""A tiny world: users walk around a ring of items, so what comes next can be learnt."""

import numpy as np
import pandas as pd
import pytest

from recsae.interactions.frame import Interactions
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sequences import Sequences

USERS, ITEMS, STEPS = 30, 40, 14


def ring() -> Interactions:
    """Build users who start at different items and walk on by one."""
    user, step = np.divmod(np.arange(USERS * STEPS), STEPS)
    frame = pd.DataFrame(
        {
            "user": user.astype("int32"),
            "item": ((user * 5 + step) % ITEMS).astype("int32"),
            "timestamp": step.astype("float64"),
        }
    )
    return Interactions("ring", frame, np.arange(USERS), np.arange(ITEMS))


@pytest.fixture(scope="session")
def sequences() -> Sequences:
    return Sequences.of(ring())


@pytest.fixture(scope="session")
def tiny() -> SASRecSettings:
    values = {"emb_size": 8, "num_layers": 1, "num_heads": 2, "max_len": 6, "lr": 0.01}
    return SASRecSettings.of({**values, "epochs": 8, "batch_size": 8})
