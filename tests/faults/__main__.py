"""`make test-faults`: searches met by faults at random moments; ends with one JSON line.

After each fault the search ends by itself or goes on by `--resume`; then nothing that had finished
is lost, no epoch counts twice, one worker has found what it finds undisturbed, bit for bit, and
neither a process nor a temporary file is left.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import uuid
from contextlib import ExitStack
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / folder) for folder in ("", "support", "support/servers")]

from bucket_searches import SPACE, Tally, losses  # noqa: E402
from fault_kinds import KINDS, MARK, NEEDS_ROOT, Case, processes, small_disk  # noqa: E402
from killed_runs import check_same, journal_lines  # noqa: E402

LONGEST_SECONDS = 240
RESUMES = 3
STRAY_SECONDS = 30
_MAY_BE_LEFT = {".driver.lock"}


def command(place: Path, *words: str) -> list[str]:
    """Return a recsae with its storage and cache under a place."""
    return [sys.executable, "-m", "recsae", "tune", *words, "--storage", str(place / "runs")]


def variables(place: Path, case: str) -> dict[str, str]:
    """Return what all processes of a case inherit."""
    own = {"RECSAE_CACHE": str(place / "cache"), "OMP_NUM_THREADS": "1", MARK: case}
    return {**os.environ, **own}


def search(place: Path, kind: str | None, moments: random.Random) -> tuple[Path, int]:
    """Search with a fault of a kind, and resume until it is over; return run and resumes."""
    case = uuid.uuid4().hex
    (place / "space.yaml").write_text(SPACE)
    words = command(place, str(place / "space.yaml"), "--workers", "1", "--name", "x")
    run, env = place / "runs" / "x", variables(place, case)
    errors = place / "errors"
    with errors.open("w") as log:
        driver = subprocess.Popen(words, env=env, stdout=log, stderr=log, start_new_session=True)
    if kind is not None:
        goal, until = moments.randint(3, 32), time.monotonic() + LONGEST_SECONDS
        while driver.poll() is None and journal_lines(run) < goal and time.monotonic() < until:
            time.sleep(0.01)
        assert driver.poll() is None, f"over before the fault: {errors.read_text()[-500:]}"
        KINDS[kind](Case(case, driver.pid, place / "cache", place / "runs", moments.uniform(1, 4)))
    code, resumes = driver.wait(LONGEST_SECONDS), 0
    while code != 0:
        assert resumes < RESUMES, f"exit {code}: {errors.read_text()[-1500:]}"
        resumes += 1
        with errors.open("a") as log:
            again = command(place, "--resume", "x")
            code = subprocess.run(
                again, env=env, stdout=log, stderr=log, timeout=LONGEST_SECONDS
            ).returncode
    until = time.monotonic() + STRAY_SECONDS
    while (left := processes(case)) and time.monotonic() < until:
        time.sleep(0.2)
    for process in left:
        os.kill(process, 9)
    assert not left, f"stray processes: {list(left.values())}"
    hidden = {path.name for path in run.rglob(".*")} - _MAY_BE_LEFT
    assert not {name for name in hidden if not name.endswith(".lock")}, f"left: {hidden}"
    return run, resumes


def main() -> None:
    """Try each kind so many times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    told = parser.parse_args()
    kinds = [kind for kind in told.kinds if os.getuid() == 0 or kind not in NEEDS_ROOT]
    moments, tally = random.Random(told.seed), Tally()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "alone").mkdir()
        alone, _ = search(Path(folder) / "alone", None, moments)
        for number in range(told.rounds):
            for kind in kinds:
                place = Path(folder) / f"{number}-{kind.replace(' ', '-')}"
                # A base of its own would take longer than the search.
                shutil.copytree(Path(folder) / "alone" / "cache", place / "cache")
                with ExitStack() as stack:
                    if kind in NEEDS_ROOT:
                        stack.enter_context(small_disk(place / "runs"))
                    began = time.monotonic()
                    tally.kinds[kind] += 1
                    try:
                        run, resumes = search(place, kind, moments)
                        lost, twice = losses(run)
                        tally.lost, tally.twice = tally.lost + lost, tally.twice + twice
                        check_same(run, alone)
                        how = f"ended, {resumes} resumes"
                    except (AssertionError, subprocess.TimeoutExpired):
                        tally.failed += 1
                        how = traceback.format_exc()
                    seconds = time.monotonic() - began
                    print(f"{kind}: {how} ({seconds:.0f} s)", file=sys.stderr, flush=True)  # noqa: T201
    print(json.dumps(tally.line()))  # noqa: T201
    sys.exit(bool(tally.lost or tally.twice or tally.failed))


if __name__ == "__main__":
    main()
