"""How often scores on test were made: each one is a chance to choose by test without meaning to."""

from pathlib import Path

from filelock import FileLock

from recsae.files import read_json, whole, write_json

_NAME = "test_reads.json"


def count_test_read(folder: Path) -> int:
    """Note that the test targets were scored for `folder` once more; return how often by now."""
    with FileLock(folder / f".{_NAME}.lock"):
        reads = reads_of_test(folder) + 1
        write_json(folder / _NAME, {"reads": reads})
    return reads


def reads_of_test(folder: Path) -> int:
    """Return how often the test targets were scored for `folder`."""
    path = folder / _NAME
    with whole(path):
        return int(read_json(path)["reads"]) if path.exists() else 0
