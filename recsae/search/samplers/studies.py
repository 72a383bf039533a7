"""Our trials in Optuna's terms: how a space is drawn, and what a trial was."""

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

from recsae.search.samplers.observations import Observation
from recsae.space.parameters import MODEL, Parameter
from recsae.space.space import SearchSpace

_BROKEN = "broken"


class OptunaDraw:
    """Lets an Optuna trial pick the values that a search space asks for."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial

    def choice(self, name: str, options: Sequence[Any]) -> Any:
        """Pick one of the options."""
        return self._trial.suggest_categorical(name, list(options))

    def float(self, name: str, low: float, high: float, log: bool) -> Any:
        """Pick a number from low to high."""
        return self._trial.suggest_float(name, low, high, log=log)

    def int(self, name: str, low: int, high: int, log: bool, step: int) -> Any:
        """Pick an integer from low to high, both included."""
        return self._trial.suggest_int(name, low, high, log=log, step=step)


def distributions_of(space: SearchSpace) -> dict[str, BaseDistribution]:
    """Return what each name of a space is drawn from, as OptunaDraw asks for it."""
    found = {p.name: _distribution(p) for p in space.parameters if p.kind != "fixed"}
    if len(space.models) > 1:
        found[MODEL] = CategoricalDistribution(list(space.models))
    return found


def _distribution(parameter: Parameter) -> BaseDistribution:
    if parameter.kind == "choice":
        return CategoricalDistribution(list(parameter.choices))
    low, high = parameter.low, parameter.high
    assert low is not None and high is not None
    if parameter.kind == "float":
        return FloatDistribution(low, high, log=parameter.log)
    return IntDistribution(int(low), int(high), log=parameter.log, step=parameter.step or 1)


class Frozen:
    """Makes trials of the past for Optuna, each once while it is shown."""

    def __init__(self, space: SearchSpace) -> None:
        self._distributions = distributions_of(space)
        self._made: dict[int, tuple[Observation, bool, FrozenTrial]] = {}

    def seen(self, observations: Sequence[Observation], limited: bool) -> list[FrozenTrial]:
        """Return trials with their values; `limited`: some trial breaks a limit, or may."""
        before, self._made = self._made, {}
        for observation in observations:
            made = before.get(observation.number)
            if made is None or made[:2] != (observation, limited):
                made = (observation, limited, self._seen(observation, limited))
            self._made[observation.number] = made
        return [trial for _, _, trial in self._made.values()]

    def open(self, number: int, drawn: dict[str, Any]) -> FrozenTrial:
        """Return a trial that runs."""
        return self._trial(number, drawn, state=TrialState.RUNNING)

    def _seen(self, observation: Observation, limited: bool) -> FrozenTrial:
        return self._trial(
            observation.number,
            observation.drawn,
            state=TrialState.COMPLETE,
            values=observation.values,
            constraints={_BROKEN: observation.broken} if limited else None,
        )

    def _trial(self, number: int, drawn: dict[str, Any], **told: Any) -> FrozenTrial:
        distributions = {name: self._distributions[name] for name in drawn}
        trial = create_trial(params=drawn, distributions=distributions, **told)
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
    study: optuna.Study, trial: optuna.Trial, observation: Observation | None, limited: bool
) -> None:
    """Tell a study how a trial of its own ended, and if `limited` what it breaks; None: failed."""
    if observation is None:
        study.tell(trial, state=TrialState.FAIL)
        return
    if limited:
        trial.set_constraint(_BROKEN, observation.broken)
    study.tell(trial, observation.values)
