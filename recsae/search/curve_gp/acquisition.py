"""What training would give, of all that could be trained, and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from scipy.special import ndtr

from recsae.search.curve_gp.expected_gain import gain
from recsae.search.curve_gp.forecasts import Arm, Outlook
from recsae.search.curve_gp.unit_cube import Array

SETUP: Final = 0.25
"""What starting a run of a trial costs, in epochs."""


class Comparison(NamedTuple):
    """What gains are measured from."""

    means: Array
    """[trial, objective]: estimates of all that has told of anything."""
    beside: Array
    """Features of the best setting."""
    bar: float
    """Its estimate."""

    def gain(self, mean: Array, spread: Array) -> tuple[Array, Array]:
        """Return expected gains and their probabilities; both arrays: [..., objective]."""
        return gain(mean[..., 0] - self.bar, spread[..., 0])


@dataclass(frozen=True)
class Weighed:
    """All arms, and what training them would give."""

    arms: list[Arm]
    points: list[Array]
    """Where the new ones lie; they stand first."""
    gains: Array
    """[arm, horizon]."""
    probable: Array
    """[arm, horizon]: that it comes out ahead."""
    noise: float
    """Of one evaluation, in the units of the gains."""

    def index(self, running: int | None) -> Array:
        """Return each arm's index; the trial `running` needs no start."""
        found = np.zeros(len(self.arms))
        for i, arm in enumerate(self.arms):
            setup = 0.0 if arm.trial_id == running else SETUP
            for h, stop in enumerate(arm.horizons):
                cost = stop - arm.epochs + setup + self.probable[i, h] * (arm.end - stop)
                found[i] = max(found[i], self.gains[i, h] / cost)
        return found


def allowance(limits: Sequence[Outlook], features: Array) -> Array:
    """Return how probably settings meet all constraints."""
    found = np.ones(len(features))
    for limit in limits:
        mean, spread = limit.ends(features)
        found *= ndtr((mean - limit.scaled(0.0)) / np.hypot(spread, limit.noise))
    return found
