"""Whether the events of a journal are those of a search: each line sound does not make them so."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from recsae.errors import RecsaeError
from recsae.results import States
from recsae.search.engine import events
from recsae.search.engine.director import STATES
from recsae.search.engine.events import Event

_TEXT, _WHOLE, _MAPPING = (str,), (int,), (dict,)
_NUMBER: Final = (int, float)
_KEYS: Final[Mapping[str, Mapping[str, tuple[type, ...]]]] = {
    events.BEGUN: {"at": _NUMBER},
    events.STARTED: {
        "trial_id": _WHOLE,
        "model_name": _TEXT,
        "drawn": _MAPPING,
        "settings": _MAPPING,
        "max_epochs": _WHOLE,
        "at": _NUMBER,
    },
    events.RESUMED: {"trial_id": _WHOLE, "at": _NUMBER},
    events.REPORTED: {
        "trial_id": _WHOLE,
        "epochs": _WHOLE,
        "seconds": _NUMBER,
        "metrics": _MAPPING,
        "decided": _TEXT,
        "node": (str, type(None)),
        "at": _NUMBER,
    },
    events.ENDED: {
        "trial_id": _WHOLE,
        "state": _TEXT,
        "error": (str, type(None)),
        "at": _NUMBER,
    },
    events.SEALED: {"files": _MAPPING, "at": _NUMBER},
    events.FAULT: {"trial_id": _WHOLE, "error": _TEXT, "at": _NUMBER},
}
_LATEST: Final = 1e11
"""Seconds since 1970 that a calendar can tell: some thousand years."""


def checked(past: Iterable[Event], journal: object) -> Iterator[Event]:
    """Return the events as they are; raises RecsaeError at the first that cannot have happened.

    journal: what the message calls them.
    """
    epochs: dict[int, int] = {}
    ended: set[int] = set()
    for number, event in enumerate(past):
        wrong = _wrong(event, epochs, ended)
        if wrong:
            raise RecsaeError(f"{journal}: event {number}: {wrong}")
        yield event


def _wrong(event: Any, epochs: dict[int, int], ended: set[int]) -> str:
    """Return what is wrong with an event, and note what it does; "" if it is sound.

    epochs: of each trial, those reported so far.
    """
    kind = event.get("kind") if isinstance(event, dict) else None
    if not isinstance(kind, str) or kind not in _KEYS:
        return f"expected a kind of event, got {kind!r}"
    for key, kinds in _KEYS[kind].items():
        if key not in event:
            return f"{kind}: no {key!r}"
        if type(event[key]) not in kinds:
            return f"{kind}: {key}: got {event[key]!r}"
    if not 0 <= event["at"] <= _LATEST:
        return f"{kind}: at: got {event['at']!r}"
    if kind in (events.BEGUN, events.SEALED):
        return ""
    trial = event["trial_id"]
    if kind == events.STARTED:
        if trial != len(epochs):
            return f"expected trial {len(epochs)}, got {trial}"
        epochs[trial] = 0
        return ""
    if trial not in epochs or trial in ended:
        return f"{kind}: trial {trial} {'has ended' if trial in ended else 'has not begun'}"
    return _wrong_of_trial(event, epochs, ended)


def _wrong_of_trial(event: Event, epochs: dict[int, int], ended: set[int]) -> str:
    """Return what is wrong with an event of a trial that has begun, and note what it does."""
    kind, trial = event["kind"], event["trial_id"]
    if kind == events.REPORTED:
        if event["epochs"] <= epochs[trial]:
            return f"trial {trial}: epoch {event['epochs']} after epoch {epochs[trial]}"
        if event["decided"] not in STATES:
            return f"trial {trial}: decided: got {event['decided']!r}"
        if not all(_is_figure(value) for value in event["metrics"].values()):
            return f"trial {trial}: metrics: expected numbers"
        if not _is_ladder(event.get("ladder", [])):
            return f"trial {trial}: ladder: expected rows of numbers"
        epochs[trial] = event["epochs"]
        if STATES[event["decided"]] not in (States.RUNNING, States.PAUSED):
            ended.add(trial)
    elif kind == events.ENDED:
        if event["state"] != States.FAILED:
            return f"trial {trial}: state: got {event['state']!r}"
        ended.add(trial)
    return ""


def _is_ladder(rows: Any) -> bool:
    return isinstance(rows, list) and all(
        isinstance(row, dict) and all(map(_is_figure, row.values())) for row in rows
    )


def _is_figure(value: Any) -> bool:
    return value is None or isinstance(value, (int, float))
