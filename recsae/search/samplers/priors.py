"""What the user believes of single parameters, mixed into the proposals of any sampler.

A share of the proposals takes such a parameter's value from around its prior, the rest of the
settings from the sampler. The share falls with the number of trials, so that a wrong prior washes
out, as the weight of the prior does in piBO (arXiv 2204.11051, eq. 6: a power of 1/n); that a share
is drawn from the prior itself, beside what the model proposes, is PriorBand's way (arXiv
2306.12370, §4). All parameters of a trial go by one coin, so that a joint belief stays joint.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.special import ndtr, ndtri

from recsae.search.engine.new_trials import drawn_by
from recsae.search.samplers.draws import UnitDraw, Use, coordinate, generator
from recsae.space.parameters import Integer, Number, Parameter
from recsae.space.space import SearchSpace


@dataclass(frozen=True)
class Belief:
    """What one word of `sure` means."""

    share: float
    """Of the first proposals, so many come from the prior."""
    width: float
    """Standard deviation of a number, as a share of its range (of its logarithm, if `log`)."""
    choice: float
    """Chance of the choice itself; the others share the rest."""


BELIEFS: Final = {
    "low": Belief(share=0.3, width=0.25, choice=0.5),
    "medium": Belief(share=0.5, width=0.12, choice=0.75),
    "high": Belief(share=0.7, width=0.05, choice=0.9),
}
HALF_AFTER: Final = 10
"""Trials after which the share has halved."""


def share(sure: str, trial_id: int) -> float:
    """Return how likely the value of a trial comes from the prior."""
    return BELIEFS[sure].share * HALF_AFTER / (HALF_AFTER + trial_id)


class Priors:
    """The priors of a space."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._parameters = {p.name: p for p in space.parameters if p.prior is not None}
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
        return drawn_by(self._space, self.around(kept, random))

    def around(self, given: dict[str, Any], random: np.random.Generator) -> "Around":
        """Return a Draw of given values, and of the priors for what is not given."""
        return Around(given, self._parameters, random)


class Around:
    """A Draw of given values; what is not given comes from its prior, or by chance without one."""

    def __init__(
        self, given: dict[str, Any], priors: dict[str, Parameter], random: np.random.Generator
    ) -> None:
        self._given, self._priors, self._random = given, priors, random
        self._free = UnitDraw(self._coordinate)

    def choice(self, name: str, options: Sequence[Any]) -> Any:
        """Return an option."""
        given = name in self._given
        return self._given[name] if given else self._free.choice(name, options)

    def float(self, name: str, low: Number, high: Number, log: bool) -> Any:
        """Return a number."""
        given = name in self._given
        return self._given[name] if given else self._free.float(name, low, high, log)

    def int(self, name: str, low: Integer, high: Integer, log: bool, step: Integer) -> Any:
        """Return an integer."""
        given = name in self._given
        return self._given[name] if given else self._free.int(name, low, high, log, step)

    def _coordinate(self, name: str) -> Number:
        chance = self._random.random()
        parameter = self._priors.get(name)
        if parameter is None or parameter.prior is None:
            return chance
        centre = coordinate(parameter, parameter.prior.around)
        belief = BELIEFS[parameter.prior.sure]
        if parameter.kind == "choice":
            return centre if self._random.random() < belief.choice else chance
        below, above = ndtr((0 - centre) / belief.width), ndtr((1 - centre) / belief.width)
        unit = Number(centre + belief.width * ndtri(below + chance * (above - below)))
        return min(max(unit, 0.0), 1.0)
