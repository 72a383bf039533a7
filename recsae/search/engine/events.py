"""The events of a search, as they stand in its journal: plain values, nothing that needs pickle.

Each is a dict with a "kind". A search is a function of the sequence of its events alone.
"""

from typing import Any, Final

from recsae.search.engine.reports import Report
from recsae.search.engine.strategy import StartTrial

Event = dict[str, Any]

BEGUN: Final = "begun"
"""A driver has taken the search up: for the first time, or after a stop. Decides nothing."""
STARTED: Final = "asked"
"""A new trial starts: trial_id, model_name, drawn, settings, max_epochs, at."""
RESUMED: Final = "goes_on"
"""A paused trial is resumed: trial_id, at."""
REPORTED: Final = "reported"
"""A trial has reported an epoch: trial_id, epochs, seconds, metrics, ladder if it has one, node,
at, and what was decided: go_on, pause, stop or complete. One event of both, so no kill comes
between."""
ENDED: Final = "ended"
"""A trial ends without a report: trial_id, state (FAILED), error, at."""
FAULT: Final = "fault"
"""A fault of the machine met a trial again and again, so the run paused: trial_id, error, at.
Decides nothing."""

SEALED: Final = "sealed"
"""A driver has written all that it leaves: files (name → digest of its bytes), at. Decides nothing;
not part of the search."""


def started(trial_id: int, trial: StartTrial, at: float) -> Event:
    """Return the event of a new trial; `at`: seconds since the epoch, as in all events."""
    return {"kind": STARTED, "trial_id": trial_id, **trial._asdict(), "at": at}


def resumed(trial_id: int, at: float) -> Event:
    """Return the event of a paused trial that goes on."""
    return {"kind": RESUMED, "trial_id": trial_id, "at": at}


def reported(trial_id: int, report: Report, node: str | None, at: float) -> Event:
    """Return the event of a report, to which the director adds what was `decided`."""
    return {"kind": REPORTED, "trial_id": trial_id, **report.values(), "node": node, "at": at}


def ended(trial_id: int, state: str, error: str | None, at: float) -> Event:
    """Return the event of a trial that ends without a report."""
    return {"kind": ENDED, "trial_id": trial_id, "state": str(state), "error": error, "at": at}


def fault(trial_id: int, error: str, at: float) -> Event:
    """Return the event of a fault of the machine that a trial met."""
    return {"kind": FAULT, "trial_id": trial_id, "error": error, "at": at}
