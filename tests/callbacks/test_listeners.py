"""Callbacks are told all that the journal holds, in its order, nothing twice over all drivers."""

from pathlib import Path
from typing import Any

import pytest
from callbacks.searches import TRIALS, listeners, search
from hypothesis import given, settings
from hypothesis import strategies as st
from search.engine.strategies import EPOCHS

from recsae.callbacks.base import Callback
from recsae.callbacks.functions import Functions
from recsae.errors import RecsaeError
from recsae.testing.driver import MemoryJournal


def noting(told: list[Any], name: str = "functions") -> Callback:
    def add(what: str) -> Any:
        return lambda trial: told.append((what, trial.trial_id, trial.epochs, trial.state))

    return Functions(name, on_start=add("start"), on_report=add("report"), on_trial_end=add("end"))


def undisturbed(folder: Path) -> list[Any]:
    told: list[Any] = []
    search(MemoryJournal(), listeners(folder, noting(told)))
    return told


def test_the_order_of_what_is_told(tmp_path: Path) -> None:
    told = undisturbed(tmp_path)
    assert [one[:3] for one in told if one[1] == 0] == [
        ("start", 0, 0),
        ("report", 0, 1),
        ("report", 0, 2),
        ("end", 0, 2),
    ]
    ended = {number: state for what, number, _, state in told if what == "end"}
    assert ended == {0: "PRUNED", 1: "COMPLETE", 2: "COMPLETE"}
    assert sum(what == "report" for what, *_ in told) == 2 + 2 * EPOCHS


@settings(max_examples=15)
@given(stops=st.lists(st.integers(0, 6), max_size=6))
def test_nothing_is_told_twice_or_left_out_after_stops(
    tmp_path_factory: pytest.TempPathFactory, stops: list[int]
) -> None:
    folder, journal = tmp_path_factory.mktemp("run"), MemoryJournal()
    told: list[Any] = []
    for most in [*stops, None]:
        search(journal, listeners(folder, noting(told)), most)
    assert told == undisturbed(tmp_path_factory.mktemp("whole"))


def test_what_was_in_the_journal_and_untold_is_told_later(tmp_path: Path) -> None:
    journal = MemoryJournal()
    search(journal, listeners(tmp_path), 4)  # nobody listened
    told: list[Any] = []
    search(journal, listeners(tmp_path, noting(told)))
    (tmp_path / "other").mkdir()
    assert told == undisturbed(tmp_path / "other")


def test_one_that_raises_is_told_no_more_and_the_others_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(trial: Any) -> None:
        raise ValueError(f"no server for {trial.trial_id}")

    told: list[Any] = []
    broken = Functions("broken", on_report=fail)
    search(MemoryJournal(), listeners(tmp_path, broken, noting(told)))
    assert len(told) == 2 * TRIALS + 2 + 2 * EPOCHS
    err = capsys.readouterr().err
    assert err.count("callback broken: ValueError: no server for 0") == 1


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecsaeError, match="two of 'functions'"):
        listeners(tmp_path, Functions(), Functions())
