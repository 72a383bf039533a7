"""Searches into a bucket by machines that share nothing else, and what became of them."""

import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from killed_runs import check_same, kept_events
from s3_server import BUCKET, Faults, environment, recsae

from recsae.results import Columns, Files, States, find_run, load_results, storage_root
from recsae.search.engine import events
from recsae.storage.places import place_at

RUNS = f"s3://{BUCKET}/runs"
TRIALS = 8
SPACE = f"""\
model_name: SASRec_SAE
dataset: synthetic:users=80,items=40,concepts=4,length=10
base: {{emb_size: 16, num_layers: 1, num_heads: 2, epochs: 2}}
parameters:
  sae_k: {{int: [2, 8]}}
  sae_lr: {{float: [1.0e-3, 1.0e-1], log: true}}
  sae_epochs: 6
search: {{sampler: tpe, trials: {TRIALS}, seed: 3}}
scheduler: {{name: asha, grace_epochs: 1, reduction_factor: 2}}
"""
PATIENCE = 120.0


@dataclass
class Tally:
    """What the tests did, and what it cost."""

    kinds: Counter[str] = field(default_factory=Counter)
    """How often each kind of fault happened."""
    lost: int = 0
    """Trials whose end was in the journal, and that a run had no more."""
    twice: int = 0
    """Epochs that the journal had already, and that were told again."""
    failed: int = 0

    def add(self, kind: str, moments: int, run: Path) -> None:
        """Take in the faults of a run that has ended."""
        self.kinds[kind] += moments
        lost, twice = losses(run)
        self.lost += lost
        self.twice += twice

    def line(self) -> dict[str, Any]:
        """Return the count."""
        moments = sum(self.kinds.values())
        return {
            "kinds": dict(self.kinds),
            "moments": moments,
            "lost": self.lost,
            "twice": self.twice,
            "failed": self.failed,
        }


@dataclass
class Machine:
    """What starts drivers with a cache of its own."""

    address: str
    cache: Path
    faults: Faults
    lease: float = 60.0
    patience: float = 60.0

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command."""
        self.cache.mkdir(parents=True, exist_ok=True)
        (self.cache / "space.yaml").write_text(SPACE)
        return subprocess.Popen(
            recsae(*words, "--storage", RUNS),
            env=environment(
                self.address,
                self.cache,
                RECSAE_LEASE_SECONDS=str(self.lease),
                RECSAE_STORAGE_PATIENCE=str(self.patience),
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def tune(self, name: str) -> "subprocess.Popen[str]":
        """Start a search."""
        return self.start("tune", str(self.cache / "space.yaml"), "--workers", "1", "--name", name)

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run a command to its end; return exit code, output and errors."""
        return ended(self.start(*words))


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Wait for a command; return exit code, output and errors."""
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def events_told(name: str) -> int:
    """Return how many segments a run's journal has now."""
    return len(place_at(f"{RUNS}/{name}/journal").entries())


def await_events(driver: "subprocess.Popen[str]", name: str, number: int) -> None:
    """Wait until a journal has so many segments, or its driver has ended."""
    until = time.monotonic() + PATIENCE
    while driver.poll() is None and events_told(name) < number:
        assert time.monotonic() < until, "the search is stuck"
        time.sleep(0.02)


def kill(driver: "subprocess.Popen[str]") -> bool:
    """Kill a driver alone, as a machine's memory shortage would; False if it had ended."""
    lived = driver.poll() is None
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    return lived


def run_here(name: str) -> Path:
    """Return this process's copy of a run, as it is now."""
    return find_run(name, storage_root(RUNS))


def losses(run: Path) -> tuple[int, int]:
    """Return how many trials that had ended are lost, and how many epochs were told twice."""
    happened = kept_events(run)
    heard = Counter((e["trial_id"], e["epochs"]) for e in happened if e["kind"] == events.REPORTED)
    asked = Counter(e["trial_id"] for e in happened if e["kind"] == events.STARTED)
    over = {e["trial_id"] for e in happened if e["kind"] == events.ENDED}
    results = load_results(run)
    gone = over - set(results.trials[Columns.TRIAL_ID])
    best = set(results.best[Columns.TRIAL_ID])
    without = {n for n in best if not (run / Files.BEST / str(n) / "model.safetensors").is_file()}
    twice = sum(heard.values()) - len(heard) + sum(asked.values()) - len(asked)
    return len(gone) + len(without), twice


def check_as_undisturbed(name: str, alone: Path) -> Path:
    """Check that a run in the bucket is the one that nobody disturbed, bit for bit; return it."""
    run = run_here(name)
    assert losses(run) == (0, 0)
    check_same(run, alone)
    one, other = load_results(run), load_results(alone)
    assert (one.trials[Columns.STATE] == States.COMPLETE).any()
    assert one.best[Columns.TRIAL_ID].tolist() == other.best[Columns.TRIAL_ID].tolist()
    number = str(one.best[Columns.TRIAL_ID].iloc[0])
    model = f"{Files.BEST}/{number}/model.safetensors"
    assert (run / model).read_bytes() == (alone / model).read_bytes()
    left = {part for part in place_at(f"{RUNS}/{name}").folders() if part.startswith(".")}
    assert left == {".drivers"}, "nothing temporary is left"
    return run
