"""The digests of a run's files in its journal, once a driver has written all that it leaves.

Later commands may write pages, tables of importance and counts of readings; nothing else changes.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from recsae.files import content_digest
from recsae.results import Files
from recsae.search.engine import events
from recsae.search.journal.folders import FOLDER as JOURNAL
from recsae.search.journal.journal import Journal
from recsae.test_reads import TEST_READS

_FREE: Final = frozenset(
    (JOURNAL, Files.TENSORBOARD, Files.REPORT, Files.IMPORTANCE, Files.EXPORT, TEST_READS)
)
"""Names of files and folders that are not sealed: the journal seals itself."""


def seal(run: Path) -> None:
    """Note in a run's journal what its files are."""
    with Journal.open(run) as journal:
        journal.append({"kind": events.SEALED, "files": digests(run), "at": time.time()})


def digests(run: Path) -> dict[str, str]:
    """Return the digest of each file that is sealed, by its name in the run."""
    return {str(file.relative_to(run)): content_digest(file.read_bytes()) for file in _files(run)}


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _FREE or path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        elif path.is_file():
            yield path
