"""The proposals of a search: initial points first, then a sampler's, with the user's priors.

In a finite space none is proposed again that was tried.
"""

from typing import Any

from recsae.search.engine.history import History, Trial
from recsae.search.samplers.base import Sampler
from recsae.search.samplers.draws import Use, generator
from recsae.search.samplers.priors import Priors
from recsae.search.samplers.untried import Untried
from recsae.space import SearchSpace


class GuidedSampler(Sampler):
    """A sampler around another one."""

    def __init__(self, space: SearchSpace, sampler: Sampler) -> None:
        super().__init__(space)
        self._sampler = sampler
        self._priors = Priors(space)
        self._untried = Untried(space)
        self._exact = True

    @property
    def exact(self) -> bool:
        """False once a trial of the journal is not the one that would be proposed today.

        What follows may then differ from a search that was never stopped.
        """
        return self._exact

    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a new trial."""
        if trial_id < len(self._space.points):
            return self._from_point(trial_id)
        drawn = self._priors.mixed(self._sampler.propose(history, trial_id), trial_id)
        return self._untried.instead_of(drawn, trial_id)

    def over(self) -> str | None:
        """Return that all settings of a finite space are tried, once they are."""
        if not self._untried.exhausted:
            return None
        times = self._space.search.replicates
        often = "" if times == 1 else f", {times} times each"
        return f"all {self._untried.size:,} settings of the space are tried{often}"

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event."""
        if self._sampler.stateful and not trial.reports and not trial.ended:
            self._exact &= self.propose(history, trial.trial_id) == trial.drawn
        self._untried.on_event(trial)
        self._sampler.on_event(history, trial)

    def _from_point(self, trial_id: int) -> dict[str, Any]:
        """Return an initial point; what it leaves out is drawn from its prior or at random."""
        random = generator(self._space.search.seed, trial_id, Use.POINT)
        point = dict(self._space.points[trial_id])
        return self._space.drawn(self._priors.around(point, random))
