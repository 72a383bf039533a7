"""The events of a search, as they stand in its journal: plain values, nothing that needs pickle.

Each is a dict with a "kind"; what is done is a function of their sequence alone.
"""

from collections.abc import Mapping
from typing import Any, Final

Event = dict[str, Any]

BEGUN: Final = "begun"
"""A driver has taken the search up: for the first time, or after a stop. Decides nothing."""
ASKED: Final = "asked"
"""A new trial starts: trial_id, model_name, drawn, settings, max_epochs, at."""
GOES_ON: Final = "goes_on"
"""A paused trial goes on: trial_id, at."""
REPORTED: Final = "reported"
"""A trial has told of an epoch: trial_id, epochs, seconds, metrics, node, at; and what was decided:
go_on, pause, stop or complete. Report and decision are one event, so no kill comes between."""
ENDED: Final = "ended"
"""A trial ends without a report: trial_id, state (FAILED), error, at."""


def asked(trial_id: int, fresh: Any, at: float) -> Event:
    """Return the event of a new trial; `fresh`: a `strategy.StartTrial`."""
    return {"kind": ASKED, "trial_id": trial_id, **fresh._asdict(), "at": at}


def goes_on(trial_id: int, at: float) -> Event:
    """Return the event of a paused trial that goes on."""
    return {"kind": GOES_ON, "trial_id": trial_id, "at": at}


def reported(
    trial_id: int,
    epochs: int,
    seconds: float,
    metrics: Mapping[str, float | None],
    node: str | None,
    at: float,
) -> Event:
    """Return the event of a report, to which the director adds what was `decided`."""
    told = {"epochs": epochs, "seconds": seconds, "metrics": dict(metrics), "node": node}
    return {"kind": REPORTED, "trial_id": trial_id, **told, "at": at}


def ended(trial_id: int, state: str, error: str | None, at: float) -> Event:
    """Return the event of a trial that ends without a report."""
    return {"kind": ENDED, "trial_id": trial_id, "state": str(state), "error": error, "at": at}
