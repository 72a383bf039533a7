"""`make fuzz`: hostile input of each kind; ends with one JSON line {cases, failed}."""

import argparse
import json
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from types import FrameType

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "support")]

from fuzz.kinds import KINDS  # noqa: E402
from hypothesis import HealthCheck, given, seed, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

LONGEST_SECONDS = 60


def _hangs(signum: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"a case took longer than {LONGEST_SECONDS} s")


def failures(kind: str, cases: int, number: int) -> tuple[int, list[str]]:
    """Return how many cases of a kind were tried, and in words how the failing ones ended."""
    tried = 0

    @seed(number)
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        report_multiple_bugs=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        nonlocal tried
        tried += 1
        signal.alarm(LONGEST_SECONDS)
        try:
            KINDS[kind](data)
        finally:
            signal.alarm(0)

    try:
        check()
    except BaseExceptionGroup as group:
        return tried, ["".join(traceback.format_exception(one)) for one in group.exceptions]
    except Exception as error:
        return tried, ["".join(traceback.format_exception(error))]
    return tried, []


def main() -> None:
    """Fuzz the kinds that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=[*KINDS])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, _hangs)
    tried, failed = {}, {}
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        for kind in options.kinds:
            tried[kind], found = failures(kind, options.cases, options.seed)
            failed[kind] = len(found)
            for text in found:
                sys.stderr.write(f"{kind}: {text}\n")
    sys.stdout.write(json.dumps({"cases": tried, "failed": failed}) + "\n")
    sys.exit(1 if any(failed.values()) else 0)


if __name__ == "__main__":
    main()
