"""What the tests of refused imports share: a sound checkpoint, and what a refusal looks like."""

from collections.abc import Callable
from pathlib import Path

from rechorus_world import state_dict

ITEMS, WIDTH, HISTORY = 24, 8, 5
GOOD = state_dict(ITEMS + 1, WIDTH, 2, HISTORY)
Run = Callable[..., tuple[int, str]]
"""Runs a command: exit code, standard error."""


def entries(tmp_path: Path) -> list[str]:
    """Return what lies in the cache beside locks."""
    files = (tmp_path / "cache").rglob("*")
    return [str(file) for file in files if file.is_file() and "locks" not in file.parts]


def refused(run: Run, file: Path, data: Path, line: str, tmp_path: Path) -> None:
    words = ["--format", "rechorus", "--dataset", data, "--name", "mine", "--num_heads", "2"]
    code, err = run("import", file, *words)
    assert code == 2 and err.count("\n") == 1 and err.startswith(f"recsae: {file}: "), err
    assert line in err and not entries(tmp_path), err
