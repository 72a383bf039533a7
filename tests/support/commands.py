"""Commands as a user types them: in this process, or in one of their own."""

import json
import subprocess
import sys
from typing import Any, NamedTuple

import pytest

from recsae.cli.app import main


class Done(NamedTuple):
    """What a command left: its exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The object that --json prints as the last line, of a command that went well."""
        assert self.code == 0, self.err
        return last_json(self.out)

    @property
    def mistake(self) -> str:
        """The one line that a user's mistake is told in."""
        assert self.code == 2 and self.out == "", self
        assert self.err.startswith("recsae: ") and self.err.count("\n") == 1, self.err
        return self.err


class Recsae:
    """Runs commands in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: object) -> Done:
        """Run one."""
        self._capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
            patch.setattr(sys, "argv", ["recsae", *map(str, words)])
            main()
        return Done(int(ended.value.code or 0), *self._capsys.readouterr())


def last_json(out: str) -> dict[str, Any]:
    """Return the object on the last line, which holds no NaN or Infinity."""
    found: dict[str, Any] = json.loads(out.strip().splitlines()[-1], parse_constant=pytest.fail)
    return found


def process(*words: object) -> Done:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "recsae", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    return Done(done.returncode, done.stdout, done.stderr)


def answer(*words: object) -> dict[str, Any]:
    """Run a command that goes well in a process of its own; return its JSON."""
    return process(*words, "--json").json


def heavy_modules_of(*words: str) -> set[str]:
    """Return which of torch, ray, optuna, pandas and plotly a command loads."""
    code = (
        f"import sys; sys.argv = ['recsae', *{words!r}]\n"
        "from recsae.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*({'torch', 'ray', 'optuna', 'pandas', 'plotly'} & set(sys.modules)), sep='\\n')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()) & {"torch", "ray", "optuna", "pandas", "plotly"}
