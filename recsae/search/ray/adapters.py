"""Ray Tune around a director: a leg is one Tune trial, and only Tune's stable hooks are used.

Tune asks `LegSearcher` for legs, shows every result to `Reporting`, which answers whether the leg
is over, and tells `Watch` of processes that were lost. It schedules and pauses nothing itself.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ray.tune import Callback, Stopper
from ray.tune.experiment import Trial
from ray.tune.search import Searcher

from recsae.progress import say
from recsae.results import Columns
from recsae.search.engine.director import Director
from recsae.search.engine.reports import EpochReport, why_given_up
from recsae.search.ray.interrupt import Interrupt
from recsae.search.ray.wait_notice import WaitNotice
from recsae.search.record.recorder import RunRecord

KNOWN = "known_epochs"
GPUS = "gpus"
"""Key of a leg's config: the part of a GPU that it holds."""


class LegSearcher(Searcher):
    """Feeds Tune from a director; counts the legs at once itself.

    Ray would fix their number at the start. `slots` says how many may run or wait now; `config` is
    passed to every leg beside its trial.
    """

    def __init__(
        self,
        director: Director,
        slots: Callable[[], int],
        config: Mapping[str, Any],
        gpus: float = 0.0,
    ) -> None:
        """gpus: the part of a GPU that a leg holds."""
        super().__init__()
        self._director, self._slots, self._config = director, slots, dict(config)
        self._gpus = gpus
        self._wider: dict[int, float] = {}
        self.live: dict[str, int] = {}
        """Our numbers of the trials that run or wait, by Ray's ids."""

    def widen(self, number: int) -> float | None:
        """Let a trial's next leg hold twice the part of a GPU; None if it had a whole one."""
        held = self._held(number)
        if held >= 1:
            return None
        self._wider[number] = min(1.0, 2 * held)
        return self._wider[number]

    def __getstate__(self) -> dict[str, Any]:
        """Be empty in the copy that Tune pickles at the start: nothing ever reads it."""
        return {}

    def suggest(self, trial_id: str) -> Any:
        """Return a leg's config; None while there is none, FINISHED when there is none ever."""
        if self._taken() >= max(1, self._slots()):
            return None
        leg = self._director.next()
        if leg is None:
            return Searcher.FINISHED if self._director.finished else None
        self.live[trial_id] = leg.trial_id
        return {
            **self._config,
            Columns.TRIAL_ID: leg.trial_id,
            Columns.MODEL_NAME: leg.model_name,
            "settings": leg.settings,
            KNOWN: leg.epochs,
            GPUS: self._held(leg.trial_id),
        }

    def _held(self, number: int) -> float:
        return self._wider.get(number, self._gpus)

    def _taken(self) -> float:
        """Return how many places are taken; who holds more of a GPU takes more of them.

        Else others would come in as soon as one ends, and there would never be room for it.
        """
        numbers = self.live.values()
        return sum(self._held(n) / self._gpus if n in self._wider else 1 for n in numbers)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Free the leg's place."""
        self.live.pop(trial_id, None)

    def set_max_concurrency(self, max_concurrent: int) -> bool:
        """Claim the counting, so that Ray's fixed limit is not enforced beside ours."""
        return True

    def save(self, checkpoint_path: str) -> None:
        """Keep nothing: a search is resumed from its journal."""

    def restore(self, checkpoint_path: str) -> None:
        """Do nothing, see `save`."""


class Reporting(Stopper):
    """Shown every result before anybody else; ends the leg when the director says so."""

    def __init__(self, director: Director, searcher: LegSearcher, halt: Interrupt) -> None:
        self._director, self._searcher, self._halt = director, searcher, halt

    def __getstate__(self) -> dict[str, Any]:
        """Be empty in the copy that Tune pickles, as the searcher."""
        return {}

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Return True if the leg is over."""
        number, told = self._searcher.live[trial_id], EpochReport.unpacked(result)
        if told.error is not None:
            self._failed(number, told)
            return True
        node = result.get("hostname")
        return not self._director.report(number, told.epochs, told.seconds, told.metrics, node)

    def _failed(self, number: int, told: EpochReport) -> None:
        wider = self._searcher.widen(number) if told.crowded else None
        if wider is None:
            self._director.fail(number, str(told.error))
            return
        say(f"trial {number} found its GPU's memory full: it goes on with {wider:g} of a GPU")
        self._director.again(number)

    def stop_all(self) -> bool:
        """Return True after a Ctrl-C."""
        return self._halt.asked


class Watch(Callback):
    """Hears of lost processes, and lets the record and the progress be written now and then."""

    def __init__(
        self,
        director: Director,
        record: RunRecord,
        tick: Callable[[int, str], None],
        idle: WaitNotice,
    ) -> None:
        self._director, self._record, self._tick, self._idle = director, record, tick, idle
        self._ended: list[Trial] = []

    def __getstate__(self) -> dict[str, Any]:
        """Be empty in the copy that Tune pickles, as the searcher."""
        return {}

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **_: Any) -> None:
        """A leg has its process."""
        self._idle.started(trial.trial_id)

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **_: Any) -> None:
        """A trial was given up after its process or node died again and again."""
        self._idle.ended(trial.trial_id)
        self._director.fail(number(trial), why_given_up(_errors(trial), trial.num_failures))

    def on_trial_complete(
        self, iteration: int, trials: list[Trial], trial: Trial, **_: Any
    ) -> None:
        """A leg is over; what Tune knows of it comes once more before it can be dropped."""
        self._idle.ended(trial.trial_id)
        self._ended.append(trial)

    def on_trial_recover(self, iteration: int, trials: list[Trial], trial: Trial, **_: Any) -> None:
        """A trial's process or node died; it will go on elsewhere."""
        self._idle.ended(trial.trial_id)
        say(f"trial {number(trial)} lost its process: it goes on from its last kept state")

    def on_step_end(self, iteration: int, trials: list[Trial], **_: Any) -> None:
        """Write and show what is new, at most now and then."""
        for trial in self._ended:  # Tune keeps every trial for ever, and this is half of it
            trial.metric_analysis.clear()
            trial.metric_n_steps.clear()
        self._ended.clear()
        self._record.flush_if_due()
        self._idle.tell()
        self._tick(self._record.ended, self._record.note())


def _errors(trial: Trial) -> str:
    """Return what Tune noted of a trial's failures, on this machine."""
    file = trial.error_file
    return Path(file).read_text() if file is not None and Path(file).exists() else ""


def number(trial: Trial) -> int:
    """Return our own number of a trial."""
    return int(trial.config[Columns.TRIAL_ID])
