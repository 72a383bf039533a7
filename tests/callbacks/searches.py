"""A search of three trials on paper, from its journal on, with callbacks that listen."""

from pathlib import Path

from search.engine.strategies import director

from recsae.callbacks.base import Callback, RunStart
from recsae.callbacks.listener import Listeners
from recsae.search.engine.budgets import Budget
from recsae.search.engine.strategy import Decision
from recsae.space import load_space
from recsae.testing.driver import MemoryJournal

DECISIONS = {(0, 2): Decision.STOP, (1, 1): Decision.PAUSE}
TRIALS = 3
SPACE = load_space("smoke.yaml")


def listeners(folder: Path, *callbacks: Callback) -> Listeners:
    return Listeners(callbacks, RunStart("run", folder, SPACE))


def search(journal: MemoryJournal, listening: Listeners, most: int | None = None) -> None:
    """Run the search on from its journal, to its end or for `most` new events."""
    listening.begin()
    before = len(journal)
    led = director(DECISIONS, Budget(TRIALS), journal, listeners=[listening.on_event])

    def spent() -> bool:
        return most is not None and len(journal) - before >= most

    while not led.finished and not spent():
        run = led.next()
        epochs = 0 if run is None else run.epochs
        while run is not None and not spent():
            epochs += 1
            metrics = {"ndcg@10": 0.1 * epochs}
            if not led.report(run.trial_id, epochs, 1.0, metrics):
                break
