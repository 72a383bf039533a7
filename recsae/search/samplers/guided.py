"""The sampler of a search: its starting points first, then a sampler, with the user's priors."""

from typing import Any, ClassVar, Protocol

from recsae.search.engine.history import History, Trial
from recsae.search.samplers.draws import Use, generator
from recsae.search.samplers.priors import Priors
from recsae.space.space import SearchSpace


class BaseSampler(Protocol):
    """A sampler by name, without points and priors."""

    lasting: ClassVar[bool]
    """True if it must be asked again for each trial of a journal to be as it was."""

    def draw(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what it draws for a trial, see `Trial.drawn`."""

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event, see `Sampler.on_event`."""


class GuidedSampler:
    """A Sampler around a core."""

    def __init__(self, space: SearchSpace, core: BaseSampler, notes: tuple[str, ...] = ()) -> None:
        """`notes`: what the user should know of how the search proposes."""
        self._space, self._core = space, core
        self._priors = Priors(space)
        self.notes = notes
        self.exact = True
        """False once a trial of the journal is not the one that would be proposed today, so that
        what follows may differ from a search that was never stopped."""

    def propose(self, history: History, trial_id: int) -> dict[str, Any]:
        """Return what is drawn for a new trial."""
        if trial_id < len(self._space.points):
            return self._from_point(trial_id)
        return self._priors.mixed(self._core.draw(history, trial_id), trial_id)

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event."""
        if self._core.lasting and not trial.reports and not trial.ended:
            self.exact &= self.propose(history, trial.trial_id) == trial.drawn
        self._core.on_event(history, trial)

    def _from_point(self, trial_id: int) -> dict[str, Any]:
        """Return a starting point; what it leaves out is drawn from its prior or by chance."""
        random = generator(self._space.search.seed, trial_id, Use.POINT)
        point = dict(self._space.points[trial_id])
        return self._space.drawn(self._priors.around(point, random))
