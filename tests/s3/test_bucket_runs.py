"""Searches into a bucket of a real server, with faults: they find what one alone would."""

import json
import random
import re
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from bucket_searches import (
    RUNS,
    Machine,
    Tally,
    await_events,
    check_as_undisturbed,
    ended,
    events_told,
    kill,
)

from recsae.storage.places import place_at


def test_all_commands_read_a_bucket(machine: Machine, alone: Path, tally: Tally) -> None:
    code, out, err = ended(machine.tune("quiet"))
    assert code == 0, err
    tally.add("none", 0, check_as_undisturbed("quiet", alone))
    elsewhere = replace(machine, cache=machine.cache.with_name("elsewhere"))
    for words in (
        ("results", "quiet"),
        ("report", "quiet"),
        ("watch", "quiet"),
        ("runs",),
        ("evaluate", "quiet"),
        ("explain", "quiet"),
        ("verify", "quiet"),
        ("results", "export", "quiet"),
    ):
        code, out, err = elsewhere.run(*words, "--json")
        assert code == 0, (words, err)
        assert json.loads(out.splitlines()[-1])
    assert json.loads(elsewhere.run("verify", "quiet", "--json")[1])["sound"]
    names = place_at(f"{RUNS}/quiet").entries()
    assert {"report.html", "optuna.log", "test_reads.json"} <= set(names), "what is made is there"
    assert elsewhere.run("tune", "--resume", "quiet")[0] == 0
    assert "exists already" in ended(elsewhere.tune("quiet"))[2]
    assert elsewhere.run("rm", "quiet", "--yes")[0] == 0
    assert place_at(f"{RUNS}/quiet").entries() == {}


@pytest.mark.parametrize("kind", ["error", "lost", "slow", "all"])
def test_requests_that_fail_change_nothing(
    machine: Machine, alone: Path, tally: Tally, kind: str
) -> None:
    machine.faults.calm(seed=1)
    for one in ("error", "lost", "slow") if kind == "all" else (kind,):
        setattr(machine.faults, one, 0.1)
    code, _, err = ended(machine.tune(f"noisy-{kind}"))
    did = sum(machine.faults.did[one] for one in ("error", "lost", "slow"))
    machine.faults.calm()
    assert code == 0, err
    assert did > 5
    tally.add(kind if kind != "all" else "mixed", did, check_as_undisturbed(f"noisy-{kind}", alone))


def test_a_killed_driver_is_followed_by_one_elsewhere(
    machine: Machine, alone: Path, tally: Tally
) -> None:
    """Each driver has a cache of its own: all that it knows of the run is in the bucket."""
    moments, died = random.Random(5), 0
    driver = machine.tune("killed")
    for number in range(4):
        await_events(driver, "killed", events_told("killed") + moments.randint(2, 9))
        time.sleep(moments.uniform(0, 0.3))
        died += kill(driver)
        other = replace(machine, cache=machine.cache.with_name(f"machine-{number}"))
        driver = other.start("tune", "--resume", "killed")
    code, _, err = ended(driver)
    assert code == 0, err
    assert died >= 3
    tally.add("driver killed", died, check_as_undisturbed("killed", alone))


def test_a_bucket_that_refuses_for_a_while_is_waited_for(
    machine: Machine, alone: Path, tally: Tally
) -> None:
    driver = machine.tune("refused")
    await_events(driver, "refused", 6)
    machine.faults.refusing_until = time.monotonic() + 15
    code, _, err = ended(driver)
    assert code == 0, err
    assert machine.faults.did["refused"] > 3
    assert "does not answer (503 Service Unavailable): asking it again" in err
    tally.add("bucket refuses", 1, check_as_undisturbed("refused", alone))


def test_a_bucket_that_refuses_for_long_pauses_the_run(
    machine: Machine, alone: Path, tally: Tally
) -> None:
    short = replace(machine, patience=3.0)
    driver = short.tune("paused")
    await_events(driver, "paused", 6)
    machine.faults.refusing_until = time.monotonic() + 60
    code, _, err = ended(driver)
    assert code == 130, err
    told = r"no answer for \d s .*paused is paused, nothing is lost: once the storage answers"
    assert re.search(told, err)
    machine.faults.calm()
    code, _, err = machine.run("tune", "--resume", "paused")
    assert code == 0, err
    tally.add("bucket gone", 1, check_as_undisturbed("paused", alone))


def test_a_second_driver_is_refused_and_a_stale_one_commits_nothing(
    machine: Machine, alone: Path, tally: Tally
) -> None:
    first = replace(machine, lease=6.0)
    second = replace(first, cache=machine.cache.with_name("second"))
    machine.faults.slow = 1.0  # else it is over before the second one begins
    driver = first.tune("two")
    await_events(driver, "two", 5)
    code, _, err = second.run("tune", "--resume", "two")
    assert code == 2
    assert re.search(rf"process {driver.pid} on \S+ is searching in this run, for \d+ s; wait", err)
    assert driver.poll() is None
    driver.send_signal(signal.SIGSTOP)
    machine.faults.calm()
    time.sleep(8)
    code, _, err = second.run("tune", "--resume", "two")
    assert code == 0, err
    before = {name: entry.tag for name, entry in place_at(f"{RUNS}/two").entries().items()}
    driver.send_signal(signal.SIGCONT)
    code, _, err = ended(driver)
    assert code != 0
    assert "has taken the run over" in err or "is searching in this run" in err, err
    after = {name: entry.tag for name, entry in place_at(f"{RUNS}/two").entries().items()}
    assert after == before, "the stale driver changed nothing"
    run = check_as_undisturbed("two", alone)
    tally.add("two drivers", 1, run)
    tally.add("stale driver", 1, run)
