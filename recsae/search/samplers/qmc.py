"""Quasi-Monte Carlo: points of a scrambled Sobol sequence."""

from collections.abc import Sequence
from typing import Any

from scipy.stats.qmc import Sobol

from recsae.search.engine.history import History
from recsae.search.samplers.base import Sampler
from recsae.search.samplers.draws import Use, generator
from recsae.search.samplers.warm_start import WarmTrial
from recsae.space import SearchSpace
from recsae.space.unit import from_unit


class QMCSampler(Sampler):
    """Spreads the trials evenly over the space and learns nothing.

    Trial n gets point n of a scrambled Sobol sequence over all that may be drawn. A parameter that
    takes no part in a trial leaves its coordinate unused.
    """

    name = "qmc"

    def __init__(self, space: SearchSpace, warm: Sequence[WarmTrial] = ()) -> None:
        super().__init__(space, warm)
        self._names = [parameter.name for parameter in space.searched]

    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a trial."""
        if not self._names:
            return {}
        random = generator(self._space.search.seed, 0, Use.SOBOL)
        sequence = Sobol(len(self._names), seed=random)
        if trial_id:
            sequence.fast_forward(trial_id)
        point = dict(zip(self._names, sequence.random(1)[0].tolist(), strict=True))
        return self._space.drawn(lambda parameter: from_unit(parameter, point[parameter.name]))
