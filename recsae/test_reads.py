"""How often scores on test were made: each one is a chance to choose by test without meaning to."""

from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from recsae.files import digest, json_text, read_json, whole, write_json

TEST_READS: Final = "test_reads.json"


def count_test_read(folder: Path) -> int:
    """Note that the test targets were scored for `folder` once more; return how often by now."""
    with FileLock(folder / f".{TEST_READS}.lock"):
        reads = reads_of_test(folder) + 1
        write_json(folder / TEST_READS, _noted(reads))
    return reads


def reads_of_test(folder: Path) -> int:
    """Return how often the test targets were scored for `folder`."""
    path = folder / TEST_READS
    with whole(path):
        return int(read_json(path)["reads"]) if path.exists() else 0


def is_as_noted(folder: Path) -> bool:
    """Return True if the count of a folder is, byte by byte, one that `count_test_read` wrote.

    Counts of earlier versions have no digest, and are taken as they are.
    """
    path = folder / TEST_READS
    with whole(path):
        if not path.exists():
            return True
        reads, text = reads_of_test(folder), path.read_text()
        return text in (json_text(_noted(reads)), json_text({"reads": reads}))


def _noted(reads: int) -> dict[str, Any]:
    return {"reads": reads, "digest": digest(TEST_READS, reads)}
