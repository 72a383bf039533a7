"""Searches whose driver is killed again and again, held against one that was left alone."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from recsae.results import DEV, Columns, is_setting, load_results
from recsae.search.engine import events
from recsae.search.engine.events import Event
from recsae.search.journal.journal import events_of

PATIENCE = 120.0
"""Seconds without a new event after which a search counts as stuck."""


def journal_lines(run_path: Path) -> int:
    """Return how many lines the journal has now."""
    files = (run_path / "journal").glob("*.jsonl")
    return sum(file.read_bytes().count(b"\n") for file in files)


def kill_after(command: Sequence[str], run_path: Path, lines: int, pause: float) -> bool:
    """Start a driver; kill -9 it `pause` seconds after so many new lines; False: it had ended."""
    goal, seen, since = journal_lines(run_path) + lines, -1, time.monotonic()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as driver:
        while driver.poll() is None and (now := journal_lines(run_path)) < goal:
            if now != seen:
                seen, since = now, time.monotonic()
            assert time.monotonic() - since < PATIENCE, "the search is stuck"
            time.sleep(0.005)
        time.sleep(pause)
        if driver.poll() is None:
            os.kill(driver.pid, signal.SIGKILL)
        assert driver.stderr is not None
        stderr = driver.stderr.read().decode()
    assert driver.returncode in (0, -signal.SIGKILL), stderr
    return driver.returncode != 0


def kill_often(
    first: Sequence[str], again: Sequence[str], run_path: Path, times: int, seed: int, lines: int
) -> int:
    """Kill a search so many times at random moments, then let it end; return how often it died."""
    moments, died, command = random.Random(seed), 0, first
    for _ in range(times):
        died += kill_after(command, run_path, moments.randint(1, lines), moments.uniform(0, 0.3))
        command = again if (run_path / "journal").exists() else first
    subprocess.run(again, check=True, capture_output=True)
    return died


def kept_events(run_path: Path) -> list[Event]:
    """Return all events of trials in a run's journal."""
    return [event for event in events_of(run_path) if event["kind"] in KINDS]


KINDS = (events.STARTED, events.RESUMED, events.REPORTED, events.ENDED)


def check_nothing_lost_or_twice(run_path: Path) -> None:
    """Each trial was asked for once, and each of its epochs counted once."""
    happened = kept_events(run_path)
    asked = Counter(e["trial_id"] for e in happened if e["kind"] == events.STARTED)
    heard = Counter((e["trial_id"], e["epochs"]) for e in happened if e["kind"] == events.REPORTED)
    assert set(asked.values()) == {1} and set(heard.values()) == {1}
    results = load_results(run_path)
    assert sorted(asked) == results.trials[Columns.TRIAL_ID].tolist()
    curves = results.curves[[Columns.TRIAL_ID, Columns.EPOCH]]
    assert sorted(heard) == sorted(map(tuple, curves.to_numpy().tolist()))


def what_was_found(run_path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all of a run that does not depend on the clock: settings, states, metrics, curves."""
    results = load_results(run_path)
    names = (Columns.TRIAL_ID, Columns.STATE, Columns.EPOCHS)
    kept = [c for c in results.trials if c in names or is_setting(str(c)) or c.startswith(DEV)]
    return results.trials[kept], results.curves.drop(columns=Columns.SECONDS)


def check_same(run_path: Path, left_alone: Path) -> None:
    """Both runs proposed, decided and measured the same, bit for bit."""
    for one, other in zip(what_was_found(run_path), what_was_found(left_alone), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    decisions = [
        [(e["trial_id"], e["epochs"], e["decided"]) for e in kept_events(path) if "decided" in e]
        for path in (run_path, left_alone)
    ]
    assert decisions[0] == decisions[1]
