"""What tpe and gp share: a surrogate that is made anew for each proposal, from what it may see.

Nothing is kept between two proposals but what the trials were, so a search that is taken up again
proposes bit for bit what it would have proposed.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from optuna.samplers import BaseSampler

from recsae.search.engine.history import History, Trial
from recsae.search.samplers.base import Sampler
from recsae.search.samplers.draws import seed_of
from recsae.search.samplers.optuna_adapter.observations import Observations
from recsae.search.samplers.optuna_adapter.source_scaling import SourceScaling
from recsae.search.samplers.optuna_adapter.trials import FrozenTrials, draw_by, study_of
from recsae.search.samplers.warm_start import WarmTrial
from recsae.space import SearchSpace


class ModelBased(Sampler):
    """Asks a new Optuna sampler, in a new study that holds what the search has seen."""

    def __init__(self, space: SearchSpace, warm: Sequence[WarmTrial] = ()) -> None:
        super().__init__(space, warm)
        self._observations = Observations(space)
        self._sources = SourceScaling(space, warm, self._observations.read)
        self._frozen = FrozenTrials(space)

    @abstractmethod
    def optuna_sampler(self, seed: int) -> BaseSampler:
        """Return a new sampler."""

    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a trial."""
        seen = self._observations.seen()
        seen = [*self._sources.mapped(seen), *seen]
        # A leak violates too, in a space without constraints.
        constrained = bool(self._space.constraints) or any(o.violation > 0 for o in seen)
        past = self._frozen.seen(seen, constrained)
        past += [self._frozen.running(*trial) for trial in self._observations.running]
        sampler = self.optuna_sampler(seed_of(self._space.search.seed, trial_id))
        trial = study_of(self._space, sampler, past).ask()
        return self._space.drawn(draw_by(trial))

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event."""
        self._observations.on_event(trial)
