"""Random values of a search, each trial's from a generator of its own."""

from enum import IntEnum

import numpy as np

from recsae.space import Draw
from recsae.space.unit import from_unit


class Use(IntEnum):
    """What a generator is for: two uses of one trial do not share their numbers."""

    CORE = 1
    PRIOR = 2
    POINT = 3
    SOBOL = 4
    GRID = 5
    UNTRIED = 6


def generator(seed: int, trial_id: int, use: Use) -> np.random.Generator:
    """Return the generator of one trial for one use."""
    return np.random.default_rng(np.random.SeedSequence([seed, trial_id, use]))


def seed_of(seed: int, trial_id: int) -> int:
    """Return an integer that seeds another package's generator for one trial."""
    return int(np.random.SeedSequence([seed, trial_id, Use.CORE]).generate_state(1)[0])


def at_random(random: np.random.Generator) -> Draw:
    """Return what picks evenly distributed values."""
    return lambda parameter: from_unit(parameter, float(random.random()))
