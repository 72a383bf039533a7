"""A Ray cluster on a lan of hosts, and searches submitted to it as a user does, from outside."""

import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from cluster.hosts import REPOSITORY, Host

from recsae.results import Results, States, load_results

RAY = str(Path(sys.executable).with_name("ray"))
STORAGE = "file:///mnt/shared/runs"
DATASET = "ml-100k" if os.environ.get("RECSAE_DATA_DIR") else "synthetic"
SMALL = "--num-cpus=1 --object-store-memory=100000000"
SOON = "RAY_health_check_timeout_ms=2000"
"""A host that went without a word is given up after 25 s, not after 65."""
TRAINS_BASE = "SASRec epoch"
BAR = "━"
LOST = re.compile(r"trial (\d+) lost its process")


@dataclass
class Search:
    """A driver on the head, and the run that it writes, read from outside."""

    name: str
    run_path: Path
    log: Path
    _process: subprocess.Popen[bytes]

    @property
    def stderr(self) -> str:
        """All that the driver has printed."""
        return self.log.read_text(errors="replace")

    @property
    def last_words(self) -> str:
        """The end of it, without progress bars."""
        lines = re.split(r"[\r\n]+", self.stderr)
        return "\n".join([line for line in lines if BAR not in line][-30:])

    @property
    def lost(self) -> set[int]:
        """The trials that lost their process."""
        return {int(number) for number in LOST.findall(self.stderr)}

    @property
    def results(self) -> Results:
        """The run as it is now."""
        return load_results(self.run_path)

    def waits(self, until: Callable[[], bool], seconds: float = 1200) -> None:
        """Wait while it runs until something is so."""
        deadline = time.monotonic() + seconds
        while not until():
            assert self._process.poll() is None, f"it ended too soon:\n{self.last_words}"
            assert time.monotonic() < deadline, f"nothing came of it:\n{self.last_words}"
            time.sleep(0.5)

    def trials(self) -> pd.DataFrame:
        """The trials of the run as it is now; none before it begins."""
        if not self.run_path.exists():
            return pd.DataFrame({name: [] for name in ("trial_id", "state", "node")})
        return self.results.trials

    def finished(self) -> pd.DataFrame:
        """The trials that have ended."""
        trials = self.trials()
        return trials[~trials["state"].isin([States.RUNNING, States.PAUSED])]

    def ends(self, seconds: float = 900) -> int:
        """Wait until it has ended; return its exit code."""
        return self._process.wait(seconds)


@dataclass
class Cluster:
    """Ray on all hosts; the first is the head."""

    hosts: list[Host]
    folder: Path
    """A folder of this machine for what `ray` and the tests keep."""
    searches: list[Search] = field(default_factory=list)

    @property
    def head(self) -> Host:
        """The host that drives."""
        return self.hosts[0]

    @property
    def runs(self) -> Path:
        """The storage, seen from outside."""
        return self.head.folder / "shared" / "runs"

    def up(self) -> None:
        """Bring Ray up on every host, or up again, by cluster/local.yaml."""
        log = self.folder / "ray_up.log"
        with log.open("ab") as out:
            command = [RAY, "up", "-y", "--no-config-cache", str(self._settings())]
            code = subprocess.run(command, stdout=out, stderr=out, env=self._environment).returncode
        assert code == 0, log.read_text()[-3000:]

    def size(self) -> int:
        """Return how many hosts Ray counts on."""
        status = self.head.run("RAY_AUTH_MODE=token ray status")
        active = re.search(r"Active:\s+(\d+) local", status)
        return int(active.group(1)) if active else 0

    def submit(self, name: str, *words: str) -> Search:
        """Run experiments/tune.py on the head."""
        log = self.folder / f"{name}.{len(self.searches)}.log"
        where = ["--address", "auto", "--storage", STORAGE]
        script = str(REPOSITORY / "experiments" / "tune.py")
        with log.open("wb") as out:
            process = subprocess.Popen(
                [RAY, "submit", str(self._settings()), script, "--", *words, *where],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=self._environment,
            )
        search = Search(name, self.runs / name, log, process)
        self.searches.append(search)
        return search

    def search(self, name: str, trials: int) -> Search:
        """Submit a search over all variants."""
        words = ("--dataset", DATASET, "--trials", str(trials), "--name", name)
        return self.submit(name, "all_variants.yaml", *words)

    def bases_trained(self) -> int:
        """Return how many drivers have trained a base."""
        return sum(TRAINS_BASE in search.stderr for search in self.searches)

    @property
    def _environment(self) -> dict[str, str]:
        own = {"RAY_TMPDIR": str(self.folder), "TMPDIR": str(self.folder)}
        return {**os.environ, **own, "RAY_UP_enable_autoscaler_v2": "0"}

    def _settings(self) -> Path:
        """Fill cluster/local.yaml in as its comments ask."""
        shipped = REPOSITORY / "cluster" / "local.yaml"
        values: dict[str, Any] = yaml.safe_load(shipped.read_text())
        workers = [host.address for host in self.hosts[1:]]
        values["provider"] |= {"head_ip": self.head.address, "worker_ips": workers}
        values["auth"] = {"ssh_user": "root", "ssh_private_key": str(self.head.key)}
        values |= {"min_workers": len(workers), "max_workers": len(workers)}
        token = self.folder / "auth_token"
        if not token.exists():
            token.write_text(secrets.token_hex(32))
        values["file_mounts"] = dict.fromkeys(values["file_mounts"], str(token))
        for key in ("head_start_ray_commands", "worker_start_ray_commands"):
            values[key] = [
                command.replace("ray start", f"{SOON} ray start {SMALL}") for command in values[key]
            ]
        file = self.folder / "cluster.yaml"
        file.write_text(yaml.safe_dump(values))
        return file
