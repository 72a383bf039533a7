"""`runs`: what lies in a storage, and how far each run is."""

import time
from pathlib import Path
from typing import Any, Final

from recsae.errors import RecsaeError
from recsae.results import (
    DEV,
    Files,
    Results,
    States,
    is_running,
    load_results,
    records,
    run_names,
    state_counts,
    storage_root,
)
from recsae.storage.addresses import address_of
from recsae.storage.copies import refresh

RUNNING: Final = "running"
STOPPED: Final = "stopped"
BROKEN: Final = "broken"
_ENDED: Final = {"finished": "finished", "failing": "failed"}
"""How a run ended, as search.yaml has it → its state; any other end can be gone on from."""
_OVER: Final = (States.COMPLETE, States.PRUNED, States.FAILED)


def runs(storage: str | None) -> dict[str, Any]:
    """Return the runs of a storage, the one that changed last first."""
    root = storage_root(storage)
    found = [_run(root / name) for name in run_names(root)]
    by_age = sorted(found, key=lambda run: float(run["age"]))
    return {"storage": address_of(root) or str(root), "runs": by_age}


def state_of(results: Results) -> str:
    """Return how a run is: running, finished, failed, merged, or stopped, which can go on."""
    if is_running(results.path):
        return RUNNING
    if "merged" in results.search:
        return "merged"
    if "ended" in results.search or "seconds" not in results.search:
        return _ENDED.get(str(results.search.get("ended")), STOPPED)
    # An older recsae noted the seconds alone, at the end.
    ended = sum(state_counts(results.trials)[state] for state in _OVER)
    return "finished" if ended >= results.space.trials else STOPPED


def _run(path: Path) -> dict[str, Any]:
    refresh(path, heavy=False)
    age = round(time.time() - max(_changed(path / name) for name in (Files.SEARCH, Files.RESULTS)))
    try:
        results = load_results(path)
    except RecsaeError as error:
        return {"run": path.name, "state": BROKEN, "error": str(error), "age": age}
    trials = state_counts(results.trials)
    return {
        "run": path.name,
        "dataset": results.space.dataset,
        "state": state_of(results),
        "trials": trials,
        "wanted": max(results.space.trials, sum(trials.values())),
        "best": _best(results),
        "points": len(results.front) if len(results.objectives) > 1 else None,
        "age": age,
    }


def _best(results: Results) -> dict[str, float] | None:
    """Return the objectives of the best trial, of several objectives the best by the first."""
    rows = records(results.best.head(1))
    return {name: float(rows[0][DEV + name]) for name in results.objectives} if rows else None


def _changed(file: Path) -> float:
    return file.stat().st_mtime if file.exists() else 0.0
