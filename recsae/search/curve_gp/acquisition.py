"""What training further would improve, of all that could be trained, and what it costs.

Whatever may be trained is an arm of a bandit: a new setting, or a paused trial. The surrogate says
how far the estimate of the arm's quality at its end would move if it were trained up to a horizon,
the next epochs at which a decision is due or its end. What that improves is weighed against what it
costs:

    improvement(horizon) / (epochs to it + P(it then leads) * epochs from it to the end)

for a trial that comes out ahead must run to its end to count, and one that does not is left there.
The best such ratio of an arm is its index, and the arm with the highest index is trained. That is
the rule by which boxes of unknown worth are opened (Weitzman, 1979; for expensive functions Xie et
al., 2024, "Cost-aware Bayesian optimization via the Pandora's box Gittins index"), as a ratio.
Epochs are the cost, for measured seconds would differ when a search is resumed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from scipy.special import ndtr

from recsae.search.curve_gp.expected_improvement import expected_improvement
from recsae.search.curve_gp.forecasts import Arm, Surrogate
from recsae.search.curve_gp.unit_cube import Array

SETUP: Final = 0.25
"""What starting or resuming a trial costs, in epochs."""


class Incumbent(NamedTuple):
    """What improvement is measured from."""

    means: Array
    """[trial, objective]: estimates of all that has reported anything."""
    features: Array
    """Features of the best setting."""
    value: float
    """Its estimate."""

    def improvement(self, mean: Array, spread: Array) -> tuple[Array, Array]:
        """Return expected improvements and their probabilities; both arrays: [..., objective]."""
        return expected_improvement(mean[..., 0] - self.value, spread[..., 0])


@dataclass(frozen=True)
class Acquisition:
    """All arms, and what training them would improve."""

    arms: list[Arm]
    points: list[Array]
    """Where the new ones lie; they stand first."""
    improvements: Array
    """[arm, horizon]."""
    probabilities: Array
    """[arm, horizon]: that it comes out ahead."""
    noise: float
    """Of one evaluation, in the units of the improvements."""

    def index(self, running: int | None) -> Array:
        """Return each arm's index; the trial `running` needs no start."""
        found = np.zeros(len(self.arms))
        for i, arm in enumerate(self.arms):
            setup = 0.0 if arm.trial_id == running else SETUP
            for h, stop in enumerate(arm.horizons):
                # The rest of the training counts only as probably as the trial comes out ahead.
                cost = stop - arm.epochs + setup + self.probabilities[i, h] * (arm.end - stop)
                found[i] = max(found[i], self.improvements[i, h] / cost)
        return found


def feasibility(constraints: Sequence[Surrogate], features: Array) -> Array:
    """Return the probability that settings meet all constraints."""
    found = np.ones(len(features))
    for constraint in constraints:
        mean, spread = constraint.ends(features)
        found *= ndtr((mean - constraint.scaled(0.0)) / np.hypot(spread, constraint.noise))
    return found
