"""cluster/slurm.sh with stand-ins for Slurm, Ray and recsae that note how they are called."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "cluster" / "slurm.sh"
NOTE = 'echo "$(basename "$0") $* [${RAY_AUTH_TOKEN:-}]" >> "$NOTES/calls"; '
STANDS = {
    "scontrol": "printf 'node1\\nnode2\\nnode3\\n'",
    "hostname": "echo 10.0.0.1 172.17.0.1",
    "srun": 'while [[ $1 == --* ]]; do shift; done; exec "$@"',
    "ray": '[[ $1 == start ]] && { echo $$ >> "$NOTES/pids"; exec sleep 300; }; exit 0',
    "recsae": """trap 'echo told >> "$NOTES/calls"; exit 130' TERM
echo $$ >> "$NOTES/pids"
sleep "${SEARCHES:-1}" & wait $!; exit 7""",
}
SECONDS = 20.0


@dataclass
class Job:
    """A Slurm job of three nodes."""

    folder: Path
    environment: dict[str, str]

    def begin(self, *words: str, **more: str) -> subprocess.Popen[bytes]:
        """Start the script; what it says is in the file `said`."""
        command = ["bash", str(SCRIPT), *words]
        with (self.folder / "said").open("wb") as said:
            return subprocess.Popen(command, env=self.environment | more, stderr=said)

    def calls(self, begins: str) -> list[str]:
        """Return what a program was called with, oldest first."""
        file = self.folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line for line in lines if line.startswith(begins)]

    def living(self) -> list[int]:
        """Return the processes that still run."""
        pids = [int(pid) for pid in (self.folder / "pids").read_text().split()]
        return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in STANDS.items():
        (programs / name).write_text(f"#!/bin/bash\n{NOTE}\n{text}\n")
        (programs / name).chmod(0o755)
    slurm = {"JOB_ID": "123456", "JOB_NODELIST": "node[1-3]", "JOB_NUM_NODES": "3"}
    environment = {f"SLURM_{key}": value for key, value in slurm.items()}
    environment |= {"SLURM_CPUS_PER_TASK": "8", "NOTES": str(tmp_path), "HOME": str(tmp_path)}
    environment |= {"PATH": f"{programs}:{os.environ['PATH']}"}
    job = Job(tmp_path, environment)
    yield job
    for pid in job.living() if (tmp_path / "pids").exists() else []:
        os.kill(pid, signal.SIGKILL)


def test_head_workers_and_search_are_started_and_all_ends(job: Job) -> None:
    process = job.begin("first", "all_variants.yaml", "--trials", "9")
    assert process.wait(SECONDS) == 7, "the search's own exit code"
    head, worker = job.calls("ray start")
    assert "--head --node-ip-address=10.0.0.1 --port=23456 --include-dashboard=false" in head
    assert "ray start --address=10.0.0.1:23456 " in worker
    for call in (head, worker):
        assert "--block --num-cpus=8 --temp-dir=/tmp/ray.123456" in call
    (srun,) = job.calls("srun")
    assert "--nodes=2 --exclude=node1 --kill-on-bad-exit=0 ray start" in srun
    (search,) = job.calls("recsae")
    words = "recsae tune all_variants.yaml --trials 9 --name first --address 10.0.0.1:23456"
    assert search.startswith(words)
    assert job.living() == []


def test_every_process_has_the_password_of_this_job(job: Job) -> None:
    job.begin("first", "smoke.yaml").wait(SECONDS)
    job.begin("first", "smoke.yaml").wait(SECONDS)
    given = [call.rpartition("[")[2] for call in job.calls("ray start") + job.calls("recsae")]
    assert len(given) == 6 and all(len(token) == 65 for token in given)
    assert len(set(given)) == 2


def test_one_node_needs_no_srun(job: Job) -> None:
    process = job.begin("first", "smoke.yaml", SLURM_JOB_NUM_NODES="1")
    assert process.wait(SECONDS) == 7
    assert job.calls("srun") == [] and len(job.calls("ray start")) == 1


def test_a_run_that_is_there_is_gone_on_with(job: Job) -> None:
    run = job.folder / "recsae-runs" / "first"
    run.mkdir(parents=True)
    (run / "search.yaml").touch()
    job.begin("first", "smoke.yaml", "--trials", "9").wait(SECONDS)
    (search,) = job.calls("recsae")
    assert search.startswith("recsae tune --resume first --address 10.0.0.1:23456")


def test_before_the_time_is_up_the_search_is_told_and_waited_for(job: Job) -> None:
    process = job.begin("first", "smoke.yaml", SEARCHES="300")
    until = time.monotonic() + SECONDS
    while not job.calls("recsae") and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.3)  # the script sets its trap after the search has begun
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 130
    assert job.calls("told") == ["told"]
    assert job.living() == []


def test_without_a_name_it_says_how(job: Job) -> None:
    assert job.begin().wait(SECONDS) != 0
    assert "usage: sbatch" in (job.folder / "said").read_text()
