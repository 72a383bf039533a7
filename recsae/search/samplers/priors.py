"""What the user believes of single parameters, mixed into the proposals of any sampler.

A share of the proposals takes such a parameter's value from around its prior, the rest of the
settings from the sampler. The share falls with the number of trials, so that a wrong prior washes
out, as the weight of the prior does in piBO (arXiv 2204.11051, eq. 6: a power of 1/n); that a share
is drawn from the prior itself, beside what the sampler proposes, is PriorBand's way (arXiv
2306.12370, §4). All parameters of a trial go by one coin, so that a joint prior stays joint.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.special import ndtr, ndtri

from recsae.search.samplers.draws import Use, generator
from recsae.space import Draw, Parameter, SearchSpace
from recsae.space.unit import from_unit, to_unit


@dataclass(frozen=True)
class Confidence:
    """What one word of `sure` means."""

    share: float
    """Of the first proposals, so many come from the prior."""
    width: float
    """Standard deviation of a number, as a share of its range (of its logarithm, if `log`)."""
    choice: float
    """Chance of the choice itself; the others share the rest."""


CONFIDENCE: Final = {
    "low": Confidence(share=0.3, width=0.25, choice=0.5),
    "medium": Confidence(share=0.5, width=0.12, choice=0.75),
    "high": Confidence(share=0.7, width=0.05, choice=0.9),
}
HALF_AFTER: Final = 10
"""Trials after which the share has halved."""


def share(sure: str, trial_id: int) -> float:
    """Return how likely the value of a trial comes from the prior."""
    return CONFIDENCE[sure].share * HALF_AFTER / (HALF_AFTER + trial_id)


class Priors:
    """The priors of a space."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._of = {p.name: p.prior for p in space.parameters if p.prior is not None}

    def mixed(self, drawn: dict[str, Any], trial_id: int) -> dict[str, Any]:
        """Return what a sampler has drawn, with the values of priors whose turn it is."""
        if not self._of:
            return drawn
        random = generator(self._space.search.seed, trial_id, Use.PRIOR)
        coin = random.random()
        turn = [n for n, prior in self._of.items() if coin < share(prior.sure, trial_id)]
        if not turn:
            return drawn
        kept = {name: value for name, value in drawn.items() if name not in turn}
        return self._space.drawn(self.around(kept, random))

    def around(self, given: dict[str, Any], random: np.random.Generator) -> Draw:
        """Return what picks given values, and from the priors, or by chance, what is not given."""

        def draw(parameter: Parameter) -> Any:
            if parameter.name in given:
                # What its range depends on may have changed.
                return parameter.clipped(given[parameter.name])
            return from_unit(parameter, _place(parameter, random))

        return draw


def _place(parameter: Parameter, random: np.random.Generator) -> float:
    """Return a place from 0 to 1: near the parameter's prior, or anywhere without one."""
    chance = random.random()
    if parameter.prior is None:
        return chance
    centre = min(max(to_unit(parameter, parameter.prior.around), 0.0), 1.0)
    confidence = CONFIDENCE[parameter.prior.sure]
    if parameter.kind == "choice":
        return centre if random.random() < confidence.choice else chance
    below, above = ndtr((0 - centre) / confidence.width), ndtr((1 - centre) / confidence.width)
    unit = float(centre + confidence.width * ndtri(below + chance * (above - below)))
    return min(max(unit, 0.0), 1.0)
