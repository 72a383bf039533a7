"""Proposals that learn nothing: random, and points of a net that lies evenly in the space."""

from typing import Any, ClassVar

from recsae.search.engine.history import History, Trial
from recsae.search.samplers.draws import Use, at_random, generator
from recsae.space.space import SearchSpace
from recsae.space.unit import from_unit


class Random:
    """Every value by chance."""

    lasting: ClassVar[bool] = False

    def __init__(self, space: SearchSpace) -> None:
        self._space = space

    def draw(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a trial."""
        random = generator(self._space.search.seed, trial_id, Use.CORE)
        return self._space.drawn(at_random(random))

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn nothing."""


class Net:
    """Trial n gets point n of a scrambled Sobol sequence over all that may be drawn.

    A parameter that takes no part in a trial leaves its coordinate unused.
    """

    lasting: ClassVar[bool] = False

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._names = [parameter.name for parameter in space.searched]

    def draw(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a trial."""
        if not self._names:
            return {}
        from scipy.stats import qmc

        random = generator(self._space.search.seed, 0, Use.NET)
        net = qmc.Sobol(len(self._names), seed=random)
        if trial_id:
            net.fast_forward(trial_id)
        point = dict(zip(self._names, net.random(1)[0].tolist(), strict=True))
        return self._space.drawn(lambda parameter: from_unit(parameter, point[parameter.name]))

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn nothing."""
