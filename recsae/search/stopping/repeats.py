"""The settings of a search, each once however often it was run, and the noise between seeds."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from recsae.results import States
from recsae.search.engine.history import WORST, History, Trial


class Noise(NamedTuple):
    """How much runs of one setting differ, in the first objective at full budget."""

    deviation: float
    freedom: int
    """Degrees of freedom of the estimate."""
    runs: int
    """Runs that it comes from."""


@dataclass(slots=True)
class RepeatedSetting:
    """One setting and its trials, in order."""

    drawn: dict[str, Any]
    epochs: int
    """Its full budget."""
    trials: list[int] = field(default_factory=list)
    values: dict[int, float] = field(default_factory=dict)
    """By trial, of those that are complete without a leak; more is better."""
    observed: dict[int, float] = field(default_factory=dict)
    """The same as it was observed: what a seed changes is seen there alone."""
    without_value: set[int] = field(default_factory=set)
    """Trials that ended without a value."""

    @property
    def mean(self) -> float:
        """The mean of all its values."""
        return sum(self.values.values()) / len(self.values)

    @property
    def repeats(self) -> list[int]:
        """Its trials after the first, those left out that ended without a value."""
        return [trial for trial in self.trials[1:] if trial not in self.without_value]

    @property
    def repeat_values(self) -> list[float]:
        """Values of its trials after the first, as they were observed."""
        return [self.observed[trial] for trial in self.trials[1:] if trial in self.observed]


class RepeatedSettings:
    """All settings of a search, in the order in which they first came."""

    def __init__(self) -> None:
        self._by_drawn: dict[str, RepeatedSetting] = {}
        self._by_trial: dict[int, RepeatedSetting] = {}
        self.complete = 0
        """Trials that have a value."""
        self.repeat_epochs = 0
        """Epochs that runs after the first take, at their full budget."""

    @classmethod
    def of(cls, history: History) -> Self:
        """Return those of a search as it is now."""
        settings = cls()
        for trial in history:
            settings.on_event(history, trial)
        return settings

    def __iter__(self) -> Iterator[RepeatedSetting]:
        return iter(self._by_drawn.values())

    def __contains__(self, trial_id: int) -> bool:
        return trial_id in self._by_trial

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event of a trial."""
        number = trial.trial_id
        if number not in self._by_trial:
            key = json.dumps(trial.drawn, sort_keys=True)
            # A setting is what was drawn; its seed, unless searched, is none of it.
            setting = self._by_drawn.setdefault(key, RepeatedSetting(trial.drawn, trial.max_epochs))
            self.repeat_epochs += trial.max_epochs if setting.trials else 0
            setting.trials.append(number)
            self._by_trial[number] = setting
        if not trial.ended:
            return
        value = history.values(trial.reports[-1])[0] if trial.reports else WORST
        if trial.state == States.COMPLETE and value > WORST:
            self._by_trial[number].values[number] = value
            self._by_trial[number].observed[number] = history.observed(trial.reports[-1])[0]
            self.complete += 1
        else:
            self._by_trial[number].without_value.add(number)

    def is_repeat(self, trial: Trial) -> bool:
        """Return True if a trial runs a setting that had run before it."""
        return self._by_trial[trial.trial_id].trials[0] != trial.trial_id

    def best(self, count: int) -> list[RepeatedSetting]:
        """Return the settings with the best means, best first, older ones first among equals."""
        known = [one for one in self if one.values]
        return sorted(known, key=lambda one: -one.mean)[:count]

    def noise(self) -> Noise | None:
        """Return the pooled deviation of runs of the same setting, None before there are two.

        The first run of a setting is no part of it: the setting was chosen for that value, its
        luck included, and an estimate with it would be too large.
        """
        groups = [one.repeat_values for one in self if len(one.repeat_values) > 1]
        freedom = sum(len(values) - 1 for values in groups)
        if not freedom:
            return None
        means = [sum(values) / len(values) for values in groups]
        squares = sum(
            sum((value - mean) ** 2 for value in values)
            for values, mean in zip(groups, means, strict=True)
        )
        return Noise(math.sqrt(squares / freedom), freedom, sum(map(len, groups)))
