"""`watch`: how far a running search is, again and again until it ends."""

import time
from collections.abc import Iterator
from typing import Any

from recsae.report.answers.progress import progress_of
from recsae.results import find_run, is_running, load_results, storage_root
from recsae.storage.copies import refresh


def snapshots(run: str, *, storage: str | None, seconds: float) -> Iterator[dict[str, Any]]:
    """Return how far a run is, every few seconds; the last one is of a run that has ended.

    Raises RecsaeError if there is no such run.
    """
    path = find_run(run, storage_root(storage))
    while True:
        # Asked first: what it writes last is then read in any case.
        running = is_running(path)
        refresh(path)
        yield progress_of(load_results(path), running)
        if not running:
            return
        time.sleep(seconds)
