"""Faults of the machine that trials meet: tried again, then a reason to pause the run.

A full disk, too few handles, no memory, a killed process say nothing of a trial's settings.
"""

from typing import Final

from ray import tune
from ray.exceptions import RayError
from ray.tune.error import TuneError

from recsae.errors import MEMORY, PROCESS, PausedError
from recsae.progress import say
from recsae.search.engine.director import Director
from recsae.search.ray.interrupt import Interrupt

RETRIES: Final = 3
"""So often a trial that meets a fault starts again, from its last checkpoint."""
_UNMANAGED: Final = "Tracked actor is not managed"
"""How Ray's own error begins when it has lost count of its processes."""


class Faults:
    """Counts the faults of each trial since its last epoch."""

    def __init__(self, director: Director, interrupt: Interrupt) -> None:
        self._director, self._interrupt = director, interrupt
        self._met: dict[int, tuple[int, int, int]] = {}
        """Of a trial: its epochs, the epochs of all others, and how often it met a fault since."""

    def met(self, number: int, fault: str, error: str) -> None:
        """Let a trial start again that met a fault; too often, and the run pauses."""
        epochs, others, times = self._epochs(number)
        if times < RETRIES:
            self._met[number] = (epochs, others, times + 1)
            say(f"trial {number} met a fault of the machine, and starts again: {error}")
            self._director.restart(number)
            return
        trained = self._director.history.epochs - epochs > others
        self.gone_on(number, fault, error, others_trained=trained)

    def gone_on(self, number: int, fault: str, error: str, *, others_trained: bool = False) -> None:
        """Pause the run for a fault that goes on.

        A lost process, or a lack of memory, may still be the trial's own doing: it FAILS if that
        has paused the run before, and for memory if other trials trained meanwhile.
        """
        again = self._director.history.trials[number].faults > 0
        with self._interrupt.holding():
            if (fault in (MEMORY, PROCESS) and again) or (fault == MEMORY and others_trained):
                self._director.fail(number, error)
                return
            self._director.fault(number, error)
            self._interrupt.because_of(PausedError(f"trial {number}: {error}", fault))

    def _epochs(self, number: int) -> tuple[int, int, int]:
        history = self._director.history
        epochs = history.trials[number].epochs
        known = self._met.get(number)
        if known is None or known[0] != epochs:
            return epochs, history.epochs - epochs, 0
        return known


def fit(tuner: tune.Tuner) -> None:
    """Run Tune; PausedError if Ray itself breaks, for what the trials had is in the journal."""
    try:
        tuner.fit()
    except (TuneError, RayError, ValueError) as error:
        if isinstance(error, ValueError) and not str(error).startswith(_UNMANAGED):
            raise
        last_line = (str(error).strip() or type(error).__name__).splitlines()[-1]
        raise PausedError(f"Ray broke off: {last_line}", PROCESS) from error
