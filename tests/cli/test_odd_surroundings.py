"""Commands in an ASCII locale, without an output, in a directory that is gone: no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recsae.jobs import search as jobs

GOLDEN = Path(__file__).parents[1] / "golden" / "run_v1"
RESULTS = f"{sys.executable} -m recsae results {GOLDEN}"


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell."""
    return subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        errors="replace",
    )


@pytest.mark.parametrize(
    ("command", "code", "err"),
    [
        (f"{RESULTS} >&-", 0, ""),
        (f"{RESULTS} --json >&- 2>&-", 0, ""),
        (f"{RESULTS} >/dev/full", 2, "recsae: No space left on device\n"),
        (f"{RESULTS} --json >/dev/full", 2, "recsae: No space left on device\n"),
        (f"{RESULTS} --top x 2>/dev/full", 2, ""),
        (
            f'd=$(mktemp -d) && cd $d && rmdir $d && export PYTHONPATH="{Path.cwd()}" && {RESULTS}',
            2,
            "recsae: the working directory is gone; go to one that is there\n",
        ),
    ],
)
def test_without_an_output_or_a_directory_nothing_is_worse_than_a_line(
    command: str, code: int, err: str
) -> None:
    done = shell(command)
    assert (done.returncode, done.stderr) == (code, err)


def test_an_ascii_locale_reads_and_writes_all_letters() -> None:
    done = shell(RESULTS, LC_ALL="C", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, "") and "18 COMPLETE" in done.stdout


@pytest.mark.parametrize(("number", "raises"), [(28, False), (2, True)])
def test_a_disk_that_is_full_for_the_page_ends_no_search(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, raises: bool
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), "report.html")

    monkeypatch.setattr(jobs, "write_page", full)
    if raises:
        with pytest.raises(OSError, match="No such file"):
            jobs._write_page(Path("runs/a"), None)
    else:
        jobs._write_page(Path("runs/a"), None)
        line = "report.html: No space left on device: the page is not written; recsae report a"
        assert capsys.readouterr().err.startswith(line)
