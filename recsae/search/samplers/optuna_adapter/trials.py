"""Our trials as Optuna's: how a space is drawn, and what a trial was."""

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from recsae.search.optuna_views.distributions import distribution_of
from recsae.search.samplers.optuna_adapter.observations import Observation
from recsae.space import Draw, Parameter, SearchSpace
from recsae.space.unit import from_unit, to_unit

Distributions = dict[str, BaseDistribution]

_VIOLATION = "violation"


def draw_by(trial: optuna.Trial) -> Draw:
    """Return what lets an Optuna trial pick the values that a search space asks for.

    Of a range that depends on other parameters it picks a place from 0 to 1: Optuna's samplers
    model ranges that stay as they are. Each case of a parameter is one of its own to them.
    """

    def draw(parameter: Parameter) -> Any:
        name, found = parameter.label, distribution_of(parameter)
        if parameter.dependent:
            return from_unit(parameter, trial.suggest_float(name, 0.0, 1.0))
        if isinstance(found, FloatDistribution):
            return trial.suggest_float(name, found.low, found.high, log=found.log)
        if isinstance(found, IntDistribution):
            return trial.suggest_int(name, found.low, found.high, log=found.log, step=found.step)
        assert isinstance(found, CategoricalDistribution)
        return trial.suggest_categorical(name, found.choices)

    return draw


def told(space: SearchSpace, drawn: dict[str, Any]) -> tuple[dict[str, Any], Distributions]:
    """Return what was drawn as `draw_by` would have asked for it, with its distributions."""
    params: dict[str, Any] = {}
    distributions: Distributions = {}

    def note(parameter: Parameter) -> Any:
        name, value = parameter.label, drawn[parameter.name]
        if parameter.dependent:
            place = to_unit(parameter, parameter.clipped(value))
            params[name], distributions[name] = place, FloatDistribution(0.0, 1.0)
        else:
            params[name], distributions[name] = value, distribution_of(parameter)
        return value

    space.drawn(note)
    return params, distributions


class FrozenTrials:
    """Makes Optuna's frozen trials of past ones, each once while it is shown."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._ranged = any(p.ranges for p in space.parameters)
        self._distributions = {p.name: distribution_of(p) for p in space.searched}
        self._made: dict[int, tuple[Observation, bool, FrozenTrial]] = {}

    def seen(self, observations: Sequence[Observation], constrained: bool) -> list[FrozenTrial]:
        """Return trials with their values; `constrained`: some violate a constraint, or may."""
        before, self._made = self._made, {}
        for observation in observations:
            made = before.get(observation.number)
            if made is None or made[:2] != (observation, constrained):
                made = (observation, constrained, self._seen(observation, constrained))
            self._made[observation.number] = made
        return [trial for _, _, trial in self._made.values()]

    def running(self, number: int, drawn: dict[str, Any]) -> FrozenTrial:
        """Return a trial that runs."""
        return self._trial(number, drawn, state=TrialState.RUNNING)

    def _seen(self, observation: Observation, constrained: bool) -> FrozenTrial:
        return self._trial(
            observation.number,
            observation.drawn,
            state=TrialState.COMPLETE,
            values=observation.values,
            constraints={_VIOLATION: observation.violation} if constrained else None,
        )

    def _trial(self, number: int, drawn: dict[str, Any], **state: Any) -> FrozenTrial:
        params, distributions = drawn, {name: self._distributions[name] for name in drawn}
        if self._ranged:
            params, distributions = told(self._space, drawn)
        trial = create_trial(params=params, distributions=distributions, **state)
        trial.number = number + 1  # the trial that is asked for is number 0 of its study
        return trial


class _Past(InMemoryStorage):
    """A storage whose one study also holds trials that were made elsewhere."""

    def __init__(self, past: Sequence[FrozenTrial]) -> None:
        super().__init__()
        self._past = past

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Any = None
    ) -> list[FrozenTrial]:
        """Return the study's own trials and the past ones; nobody changes those."""
        # Handed over as they are: a study that held them would copy each at every proposal.
        own = super().get_all_trials(study_id, deepcopy, states)
        return own + [t for t in self._past if states is None or t.state in states]


def study_of(
    space: SearchSpace, sampler: BaseSampler, past: Sequence[FrozenTrial] = ()
) -> optuna.Study:
    """Return a study that maximises, see `Observation.values`."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(
        storage=_Past(past), sampler=sampler, directions=["maximize"] * len(space.objectives)
    )


def tell(
    study: optuna.Study, trial: optuna.Trial, observation: Observation | None, constrained: bool
) -> None:
    """Tell a study how a trial of its own ended; None: it failed.

    `constrained`: also by how much it violates the constraints.
    """
    if observation is None:
        study.tell(trial, state=TrialState.FAIL)
        return
    if constrained:
        trial.set_constraint(_VIOLATION, observation.violation)
    study.tell(trial, observation.values)
