"""The models of a run in a bucket on their way to the driver, which judges them on its machine."""

from pathlib import Path

from recsae.results import States
from recsae.search.engine.events import Event
from recsae.search.engine.history import Trial
from recsae.storage.addresses import address_of
from recsae.storage.keepers import ARRIVED, WAITING
from recsae.storage.objects import Place
from recsae.storage.places import place_at


class Arrivals:
    """Fetches the model of each trial that is complete; of a run in a folder all are there."""

    def __init__(self, run_path: Path) -> None:
        address = address_of(run_path)
        self._folder = run_path
        self._place: Place | None = None
        self._left: frozenset[str] | None = frozenset()
        """Those that an earlier driver left; None: there may be one of any trial by now."""
        if address is not None:
            self._place = place_at(f"{address}/{WAITING}")
            self._left = frozenset(self._place.folders())

    def replayed(self) -> None:
        """Take the events that follow as those of this driver."""
        self._left = None

    def on_event(self, event: Event, trial: Trial) -> None:
        """Fetch a model to where a trial of this machine would have left it."""
        name = str(trial.trial_id)
        waits = self._left is None or name in self._left
        if self._place is None or trial.state != States.COMPLETE or not waits:
            return
        for file in self._place.entries(f"{name}/"):
            target = self._folder / WAITING / file
            target.parent.mkdir(parents=True, exist_ok=True)
            self._place.download(file, target)
        mark = self._folder / ARRIVED / name
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
