"""Proposals that learn nothing: random, and points of a net that lies evenly in the space."""

from typing import Any, ClassVar

from recsae.search.engine.history import History, Trial
from recsae.search.engine.new_trials import drawn_by
from recsae.search.samplers.draws import UnitDraw, Use, at_random, generator, searched
from recsae.space.space import SearchSpace


class Random:
    """Every value by chance."""

    lasting: ClassVar[bool] = False

    def __init__(self, space: SearchSpace) -> None:
        self._space = space

    def draw(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a trial."""
        return drawn_by(
            self._space, at_random(generator(self._space.search.seed, trial_id, Use.CORE))
        )

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn nothing."""


class Net:
    """Trial n gets point n of a scrambled Sobol sequence over all that may be drawn.

    A parameter that takes no part in a trial leaves its coordinate unused.
    """

    lasting: ClassVar[bool] = False

    def __init__(self, space: SearchSpace) -> None:
        self._space, self._names = space, searched(space)

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
        return drawn_by(self._space, UnitDraw(point.__getitem__))

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn nothing."""
