"""Models that are made anew for each proposal, from what they may see: tpe and gp.

Nothing is kept between two proposals but what the trials were, so a search that is taken up again
proposes bit for bit what it would have proposed.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import optuna
from optuna.samplers import BaseSampler, GPSampler, TPESampler

from recsae.search.engine.history import History, Trial
from recsae.search.samplers.draws import seed_of
from recsae.search.samplers.observations import Observations
from recsae.search.samplers.source_levels import Levels
from recsae.search.samplers.studies import Frozen, draw_by, study_of
from recsae.search.samplers.warm_start import WarmTrial
from recsae.space.space import SearchSpace


class Viewing:
    """Asks a new sampler, in a new study that holds what the search has seen."""

    lasting: ClassVar[bool] = False

    def __init__(
        self,
        space: SearchSpace,
        sampler: Callable[[int], BaseSampler],
        warm: Sequence[WarmTrial] = (),
    ) -> None:
        """`sampler` makes one from a seed."""
        self._space, self._sampler = space, sampler
        self._observations = Observations(space)
        self._levels = Levels(space, warm, self._observations.read)
        self._frozen = Frozen(space)

    def draw(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a trial."""
        seen = self._observations.seen()
        seen = [*self._levels.mapped(seen), *seen]
        limited = bool(self._space.constraints) or any(o.broken > 0 for o in seen)
        past = self._frozen.seen(seen, limited)
        past += [self._frozen.open(*trial) for trial in self._observations.open]
        sampler = self._sampler(seed_of(self._space.search.seed, trial_id))
        trial = study_of(self._space, sampler, past).ask()
        return self._space.drawn(draw_by(trial))

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event."""
        self._observations.on_event(trial)


def tpe(seed: int) -> BaseSampler:
    """Return a tree-structured Parzen estimator over groups of conditional parameters.

    Without groups, conditional parameters would be drawn one by one, knowing nothing.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True)


def gp(seed: int) -> BaseSampler:
    """Return a Gaussian process over the parameters that all trials have; others by chance."""
    return GPSampler(seed=seed, warn_independent_sampling=False)
