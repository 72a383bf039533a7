"""What the tests of refused imports share: a sound checkpoint, and what a refusal looks like."""

from pathlib import Path

from commands import Recsae
from rechorus_world import state_dict

ITEMS, WIDTH, HISTORY = 24, 8, 5
GOOD = state_dict(ITEMS + 1, WIDTH, 2, HISTORY)


def entries(tmp_path: Path) -> list[str]:
    """Return what lies in the cache beside locks."""
    files = (tmp_path / "cache").rglob("*")
    return [str(file) for file in files if file.is_file() and "locks" not in file.parts]


def refused(run: Recsae, file: Path, data: Path, line: str, tmp_path: Path) -> None:
    words = ["--format", "rechorus", "--dataset", data, "--name", "mine", "--num_heads", 2]
    message = run("import", file, *words).mistake
    assert message.startswith(f"recsae: {file}: ") and line in message, message
    assert not entries(tmp_path), message
