"""Interactions from a few events written by hand or drawn."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recsae.interactions.frame import Interactions

Event = tuple[int, int, float]
"""User, item and time; ids need not be dense."""


def log(
    events: Sequence[Event], splits: list[int] | None = None, *, timed: bool = True
) -> Interactions:
    users, user = np.unique([event[0] for event in events], return_inverse=True)
    items, item = np.unique([event[1] for event in events], return_inverse=True)
    columns = {"user": user.astype("int32"), "item": item.astype("int32")}
    frame = pd.DataFrame({**columns, "timestamp": [event[2] for event in events]})
    if splits is not None:
        frame["split"] = np.array(splits, dtype="int8")
    return Interactions("made-up", frame, users, items, timed=timed)
