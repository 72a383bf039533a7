"""Events that cannot have happened are told by their number, before anything acts on them."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from search.engine.strategies import director

from recsae.errors import RecsaeError
from recsae.search.engine.budgets import Budget
from recsae.search.engine.event_checks import checked
from recsae.search.engine.strategy import Decision
from recsae.testing.driver import MemoryJournal

Event = dict[str, Any]


@pytest.fixture(scope="module")
def past() -> list[Event]:
    """Events of every kind: 0 begun, 1 asked, 2 reported (pause), 3 asked, 4 fault, 5 ended."""
    journal = MemoryJournal()
    led = director({(0, 1): Decision.PAUSE}, Budget(3), journal)
    led.next()
    led.report(0, 1, 1.0, {"ndcg@10": 0.5, "leak": False, "fvu": None})
    led.next()
    led.fault(1, "a disk")
    led.fail(1, "boo")
    return [{"kind": "begun", "at": 1.0, "versions": {}}, *journal]


def test_what_a_director_keeps_is_sound(past: list[Event]) -> None:
    assert [event["kind"] for event in past] == [
        *("begun", "asked", "reported", "asked", "fault", "ended")
    ]
    assert list(checked(past, "j")) == past


def _without(number: int, key: str) -> Callable[[list[Event]], Any]:
    return lambda events: events[number].pop(key)


def _with(number: int, **values: Any) -> Callable[[list[Event]], Any]:
    return lambda events: events[number].update(values)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda events: events.pop(1), "event 1: reported: trial 0 has not begun"),
        (_with(1, trial_id=1), "event 1: expected trial 0, got 1"),
        (_with(3, trial_id=3), "event 3: expected trial 1, got 3"),
        (_without(1, "settings"), "event 1: asked: no 'settings'"),
        (_without(2, "decided"), "event 2: reported: no 'decided'"),
        (_with(2, decided="x"), "event 2: trial 0: decided: got 'x'"),
        (_with(2, epochs=0), "event 2: trial 0: epoch 0 after epoch 0"),
        (_with(2, epochs="1"), "event 2: reported: epochs: got '1'"),
        (_with(2, metrics={"ndcg@10": "a"}), "event 2: trial 0: metrics: expected numbers"),
        (_with(2, ladder=[3]), "event 2: trial 0: ladder: expected rows of numbers"),
        (_with(2, at="2026-13-01"), "event 2: reported: at: got '2026-13-01'"),
        (_with(2, at=1e300), "event 2: reported: at: got 1e+300"),
        (_with(5, state="COMPLETE"), "event 5: trial 1: state: got 'COMPLETE'"),
        (lambda events: events.append(events[5]), "event 6: ended: trial 1 has ended"),
        (_with(5, kind="x"), "event 5: expected a kind of event, got 'x'"),
        (_with(5, kind=["x"]), "event 5: expected a kind of event"),
        (lambda events: events.__setitem__(0, 3), "event 0: expected a kind of event, got None"),
    ],
)
def test_what_cannot_have_happened_is_told(
    past: list[Event], spoil: Callable[[list[Event]], Any], message: str
) -> None:
    events = copy.deepcopy(past)
    spoil(events)
    with pytest.raises(RecsaeError) as error:
        list(checked(events, "j"))
    assert str(error.value).startswith(f"j: {message}")
