"""Stops a search that expects to gain less than another seed would change; both are measured.

The best setting so far is run again with other seeds, as trials like any other: what these differ
by is the noise. What may still be gained a surrogate of the search says, or `tail_gain`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.special import exp1

from recsae.search.engine.history import WORST, History, Trial
from recsae.search.engine.new_trials import trial_seed
from recsae.search.engine.strategy import (
    Completes,
    Decision,
    StartTrial,
    Step,
    Strategy,
)
from recsae.search.stopping.repeats import RepeatedSetting, RepeatedSettings
from recsae.space import SEED

MIN_COMPLETE: Final = 3
"""Trials that are complete before one is run again."""
SHARE: Final = 0.25
"""Of all epochs, what runs of the same settings may take."""
MIN_FREEDOM: Final = 3
"""Degrees of freedom from which on the noise counts as measured."""
ENOUGH_FREEDOM: Final = 8
"""With so many nothing is run again."""
CHECK_EVERY: Final = 4
"""Trials that end between two looks at what may be gained."""
WINDOW: Final = 64
"""RepeatedSettings that `tail_gain` looks back on."""
MIN_TAIL: Final = 8
"""About fewer it says nothing."""

Gain = Callable[[History], float | None]
"""What may still be gained in the first objective; None: it is not known yet."""


@dataclass
class StopAtNoise:
    """A strategy that lets nothing new start once the gain is below the noise.

    What runs then goes on under the strategy within; with several objectives nothing changes.
    Every answer is a function of the events so far, so a resumed search gives the same.
    """

    strategy: Strategy
    complete: Completes
    gain: Gain
    search_seed: int
    _settings: RepeatedSettings = field(default_factory=RepeatedSettings, init=False)
    _ended_at_ask: int = field(default=0, init=False)
    """How many trials had ended when the last one was asked for."""
    _known: tuple[tuple[int, int, int], str | None] = field(default=((0, 0, 0), None), init=False)
    """The last answer of `over`, and when it was given."""

    @property
    def exact(self) -> bool:
        """Whether the strategy answers as it did."""
        return self.strategy.exact

    def next(self, history: History, trial_id: int, may_ask: bool) -> Step | None:
        """Ask the strategy; in place of a new trial a setting may be run again."""
        step = self.strategy.next(history, trial_id, may_ask and self._noise_over(history) is None)
        repeated = self._to_repeat(history) if isinstance(step, StartTrial) else None
        return step if repeated is None else self._repeat(repeated, trial_id)

    def judge(self, history: History, trial: Trial) -> Decision:
        """Leave it to the strategy, but let a setting that runs again come to its end."""
        decision = self.strategy.judge(history, trial)
        leaks = history.values(trial.reports[-1])[0] <= WORST
        if leaks or not self._is_needed_repeat(history, trial):
            return decision
        return Decision.GO_ON

    def on_event(self, history: History, trial: Trial) -> None:
        """Tell the strategy, and take in the values of settings."""
        if trial.trial_id not in self._settings:
            self._ended_at_ask = history.ended
        self._settings.on_event(history, trial)
        self.strategy.on_event(history, trial)

    def over(self, history: History) -> str | None:
        """Return in words why nothing new starts, None while something may."""
        return self._noise_over(history) or self.strategy.over(history)

    def _noise_over(self, history: History) -> str | None:
        if len(history.objectives) > 1:
            return None
        # A look is due once a multiple of CHECK_EVERY trials has ended since the last start.
        if history.ended // CHECK_EVERY == self._ended_at_ask // CHECK_EVERY:
            return None
        now = (len(history), history.ended, history.epochs)
        if self._known[0] != now:
            self._known = (now, self._reason(history))
        return self._known[1]

    def _reason(self, history: History) -> str | None:
        noise = self._settings.noise()
        if noise is None or noise.freedom < MIN_FREEDOM:
            return None
        gain = self.gain(history)
        if gain is None or gain >= noise.deviation:
            return None
        below = f"expected gain {gain:.2g} < seed noise {noise.deviation:.2g}"
        return f"{below} from {noise.runs} repeats"

    def _is_needed_repeat(self, history: History, trial: Trial) -> bool:
        """Return True if a trial runs a setting again, of which there are not many enough yet."""
        return (
            len(history.objectives) == 1
            and self._settings.is_repeat(trial)
            and self._needs_repeats()
        )

    def _needs_repeats(self) -> bool:
        noise = self._settings.noise()
        return noise is None or noise.freedom < ENOUGH_FREEDOM

    def _to_repeat(self, history: History) -> RepeatedSetting | None:
        """Return a setting to run again now: the best one, or one near it that was so once."""
        settings = self._settings
        if len(history.objectives) > 1 or settings.complete < MIN_COMPLETE:
            return None
        if sum(max(0, len(one.repeats) - 1) for one in settings) >= ENOUGH_FREEDOM:
            return None
        near = settings.best(MIN_COMPLETE)
        # A second repeat gives the first degree of freedom, so half-done settings go first.
        found = next((one for one in near if len(one.repeats) == 1), near[0])
        spent = settings.repeat_epochs + found.epochs
        return found if spent <= SHARE * (history.epochs + found.epochs) else None

    def _repeat(self, setting: RepeatedSetting, trial_id: int) -> StartTrial:
        fresh = self.complete(setting.drawn, trial_id)
        if SEED not in fresh.settings:
            return fresh
        seed = trial_seed(self.search_seed, trial_id)  # the space may fix or search the seed
        return fresh._replace(settings=fresh.settings | {SEED: seed})


def tail_gain(history: History) -> float | None:
    """Return the gain that as many trials again would bring, if they were like the recent ones.

    Of the last settings that have values, the excesses of the best quarter over the next best are
    taken for an exponential tail (Weissman, 1978). Then as many settings again have as many values
    in that tail, and by how much the best of them rises above the best mean so far has a closed
    form. Of 40 values it gives a quarter too little where the tail is exponential, and 1.7 times
    the gain where it is normal; one that ends makes it larger still, a sampler that learns smaller.
    """
    means = [one.mean for one in RepeatedSettings.of(history) if one.values]
    if len(means) < MIN_TAIL:
        return None
    recent = np.sort(means[-WINDOW:])[::-1]
    count = len(recent) // 4
    scale = float(np.mean(recent[:count] - recent[count]))
    if scale <= 0:
        return 0.0
    expected = count * float(np.exp(-(max(means) - recent[count]) / scale))
    return scale * _rise(expected)


def _rise(expected: float) -> float:
    """Return the mean of max(0, best), in units of the tail, of a Poisson number of values.

    `expected` of them are above zero. The integral of 1 - exp(-expected * exp(-y)) over y > 0.
    """
    if expected < 1e-8:
        return expected
    return float(exp1(expected) + np.log(expected) + np.euler_gamma)
