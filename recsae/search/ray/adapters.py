"""Ray Tune around a director: a run of a trial is one Tune trial, by Tune's stable hooks alone.

Tune asks `DirectorSearcher` what to run, shows every result to `DirectorStopper`, which answers
whether that run is over, and tells `DirectorCallback` of lost processes. It schedules and pauses
nothing itself.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from ray import tune
from ray.tune import Callback, Stopper
from ray.tune.experiment import Trial
from ray.tune.search import Searcher

from recsae.errors import PROCESS
from recsae.progress import say
from recsae.results import Columns
from recsae.search.engine.director import Director
from recsae.search.engine.reports import Report, why_given_up
from recsae.search.ray.faults import Faults
from recsae.search.ray.interrupt import Interrupt
from recsae.search.ray.trainable import KNOWN_EPOCHS
from recsae.search.ray.wait_notice import WaitNotice
from recsae.search.record.recorder import RunRecord

GPUS = "gpus"
"""Key of a Tune trial's config: the part of a GPU that it holds."""
UNLIMITED: Final = 1_000_000


class DirectorSearcher(Searcher):
    """Feeds Tune from a director; counts what runs at once itself.

    Ray would fix that number at the start. `capacity` says how many trials may run or wait now;
    `config` is passed to every Tune trial beside the trial that it runs.
    """

    def __init__(
        self,
        director: Director,
        capacity: Callable[[], int],
        config: Mapping[str, Any],
        gpus: float = 0.0,
    ) -> None:
        """gpus: the part of a GPU that a trial holds."""
        super().__init__()
        self._director, self._capacity, self._config = director, capacity, dict(config)
        self._gpus = gpus
        self._wider: dict[int, float] = {}
        """Parts of a GPU of the trials that need more."""
        self.live: dict[str, int] = {}
        """Our numbers of the trials that run or wait, by Ray's ids."""

    def widen(self, number: int) -> float | None:
        """Let a trial hold twice the part of a GPU from now on; None if it had a whole one."""
        held = self._held(number)
        if held >= 1:
            return None
        self._wider[number] = min(1.0, 2 * held)
        return self._wider[number]

    def __getstate__(self) -> dict[str, Any]:
        """Be empty in the copy that Tune pickles at the start: nothing ever reads it."""
        return {}

    def suggest(self, trial_id: str) -> Any:
        """Return a config; None while there is nothing to run, FINISHED when there is none ever."""
        if self._used() >= max(1, self._capacity()):
            return None
        trial = self._director.next()
        if trial is None:
            # To Tune None is "ask again", FINISHED "never again".
            return Searcher.FINISHED if self._director.finished else None
        self.live[trial_id] = trial.trial_id
        return {
            **self._config,
            Columns.TRIAL_ID: trial.trial_id,
            Columns.MODEL_NAME: trial.model_name,
            "settings": trial.settings,
            KNOWN_EPOCHS: trial.epochs,
            GPUS: self._held(trial.trial_id),
        }

    def _held(self, number: int) -> float:
        return self._wider.get(number, self._gpus)

    def _used(self) -> float:
        """Return how much of the capacity is used; a trial that holds more of a GPU uses more.

        Else others would start as soon as one ends, and there would never be room for it.
        """
        numbers = self.live.values()
        return sum(self._held(n) / self._gpus if n in self._wider else 1 for n in numbers)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Free what the Tune trial used."""
        self.live.pop(trial_id, None)

    def set_max_concurrency(self, max_concurrent: int) -> bool:
        """Claim the counting, so that Ray's fixed limit is not enforced beside ours."""
        return True

    def save(self, checkpoint_path: str) -> None:
        """Keep nothing: a search is resumed from its journal."""

    def restore(self, checkpoint_path: str) -> None:
        """Do nothing, see `save`."""


class DirectorStopper(Stopper):
    """Shown every result before anybody else; ends a Tune trial when the director says so."""

    def __init__(
        self,
        director: Director,
        searcher: DirectorSearcher,
        interrupt: Interrupt,
        faults: Faults,
    ) -> None:
        self._director, self._searcher = director, searcher
        self._interrupt, self._faults = interrupt, faults

    def __getstate__(self) -> dict[str, Any]:
        """Be empty in the copy that Tune pickles, as the searcher."""
        return {}

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Return True if the Tune trial is over."""
        with self._interrupt.holding():
            return self._over(trial_id, result)
        return True

    def _over(self, trial_id: str, result: dict[str, Any]) -> bool:
        # Tune asks the stopper before on_trial_complete frees the number.
        number, report = self._searcher.live[trial_id], Report.unpacked(result)
        if report.error is not None:
            self._fail(number, report)
            return True
        node = result.get("hostname")
        return not self._director.report(
            number, report.epochs, report.seconds, report.metrics, node, report.ladder
        )

    def _fail(self, number: int, report: Report) -> None:
        if report.fault:
            self._faults.met(number, report.fault, str(report.error))
            return
        wider = self._searcher.widen(number) if report.out_of_memory else None
        if wider is None:
            self._director.fail(number, str(report.error))
            return
        say(f"trial {number} found its GPU's memory full: it goes on with {wider:g} of a GPU")
        self._director.restart(number)

    def stop_all(self) -> bool:
        """Return True after a Ctrl-C, or when the run must pause."""
        self._interrupt.look()
        return self._interrupt.requested


class DirectorCallback(Callback):
    """Hears of lost processes, and lets the record and the progress be written now and then."""

    def __init__(
        self,
        record: RunRecord,
        show: Callable[[], None],
        notice: WaitNotice,
        faults: Faults,
    ) -> None:
        """show: shows how far the search is."""
        self._record, self._faults = record, faults
        self._show, self._notice = show, notice
        self._ended: list[Trial] = []

    def __getstate__(self) -> dict[str, Any]:
        """Be empty in the copy that Tune pickles, as the searcher."""
        return {}

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **_: Any) -> None:
        """A Tune trial has its process."""
        self._notice.started(trial.trial_id)

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **_: Any) -> None:
        """A trial was given up after its process or node died again and again."""
        self._notice.ended(trial.trial_id)
        error = why_given_up(_errors(trial), trial.num_failures)
        self._faults.gone_on(number(trial), PROCESS, error)

    def on_trial_complete(
        self, iteration: int, trials: list[Trial], trial: Trial, **_: Any
    ) -> None:
        """A Tune trial is over; Tune looks at it once more before its statistics can go."""
        self._notice.ended(trial.trial_id)
        self._ended.append(trial)

    def on_trial_recover(self, iteration: int, trials: list[Trial], trial: Trial, **_: Any) -> None:
        """A trial's process or node died; it will go on elsewhere."""
        self._notice.ended(trial.trial_id)
        say(f"trial {number(trial)} lost its process: it goes on from its last checkpoint")

    def on_step_end(self, iteration: int, trials: list[Trial], **_: Any) -> None:
        """Write and show what is new, at most now and then."""
        for trial in self._ended:  # Tune keeps every trial for ever, and this is half of it
            trial.metric_analysis.clear()
            trial.metric_n_steps.clear()
        self._ended.clear()
        self._record.flush_if_due()
        self._notice.say_if_due()
        self._show()


def _errors(trial: Trial) -> str:
    """Return what Tune noted of a trial's failures, on this machine."""
    file = trial.error_file
    return Path(file).read_text() if file is not None and Path(file).exists() else ""


def number(trial: Trial) -> int:
    """Return our own number of a trial."""
    return int(trial.config[Columns.TRIAL_ID])


def tune_config(searcher: DirectorSearcher) -> tune.TuneConfig:
    """Return how Ray asks for trials: of the searcher alone, until it has finished."""
    return tune.TuneConfig(
        search_alg=searcher,
        num_samples=-1,  # until the searcher says that it has finished
        max_concurrent_trials=UNLIMITED,  # else Ray lets one wait; the searcher counts
        reuse_actors=True,
        trial_name_creator=_trial_name,
        trial_dirname_creator=_trial_name,
    )


def resources_of(cpus: float, config: Mapping[str, Any]) -> tune.PlacementGroupFactory:
    """Return what a Tune trial holds."""
    gpus = {"GPU": config[GPUS]} if config.get(GPUS) else {}
    return tune.PlacementGroupFactory([{"CPU": cpus, **gpus}])


def _trial_name(trial: Any) -> str:
    return f"trial_{number(trial)}"
