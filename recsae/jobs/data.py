"""`data list` and `data get`: the named sets, and how one comes here."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from recsae.cache import cache_root
from recsae.downloads.archives import unpack
from recsae.downloads.checksums import check, checksum_of
from recsae.downloads.http import Unreachable, download
from recsae.errors import RecsaeError, SettingError, unknown_name
from recsae.files import naming, read_json, whole, whole_folder, write_json
from recsae.interactions.named_sets import NAMED, NamedSet, Remote
from recsae.interactions.named_sets.folders import (
    DATA_DIR,
    downloaded_folder,
    folder_of,
    own_folder,
)
from recsae.progress import say


def listing() -> dict[str, Any]:
    """Return what is known of each named set, and where it lies if it is here."""
    return {"sets": [{**_about(name), "path": _text(folder_of(name))} for name in NAMED]}


def get(name: str) -> dict[str, Any]:
    """Bring a named set here, unless it is; raises RecsaeError with its address if it cannot.

    The set appears whole or not at all; what came of a file that was cut off is gone on with.
    """
    if name not in NAMED:
        raise SettingError("NAME", unknown_name(name, NAMED))
    own = own_folder(name)
    if own is not None:
        say(f"{name}: {own}, in {DATA_DIR}, stands in for a download")
        return _outcome(name, own, downloaded=False)
    with _alone(name):
        target = downloaded_folder(name)
        if _is_whole(name, target):
            return _outcome(name, target, downloaded=False)
        known = NAMED[name]
        say(f"{name}: {known.title}; licence: {known.licence}; cite: {known.citation}")
        _bring(name, known, target)
        say(f"{name}: {target}")
        return _outcome(name, target, downloaded=True)


def _bring(name: str, known: NamedSet, target: Path) -> None:
    """Download, check and unpack every file, then put the folder in its place."""
    parts = target.with_name(f".{name}.part")
    for file in known.files:
        part = parts / file.name
        by_hand = target / file.name
        if by_hand.is_file():  # put there by its user, as the line below asks
            parts.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(by_hand, part)
        else:
            _download(name, file, part, target)
        check(part, file.checksum, file.url)
    with whole_folder(target) as folder:
        for file in known.files:
            _place(file, parts / file.name, folder)
        found = {placed: checksum_of(folder / placed) for placed in known.placed}
    write_json(_record(target), {"urls": [file.url for file in known.files], "files": found})
    shutil.rmtree(parts)


def _download(name: str, file: Remote, part: Path, target: Path) -> None:
    try:
        download(file.url, part, name)
    except Unreachable as error:
        kept = "; what came is kept" if part.is_file() else ""
        raise RecsaeError(
            f"{name}: cannot download {error}{kept}; put {file.name} into {target}/ and give the "
            f"same command, or have the set in {name}/ of a folder {DATA_DIR}"
        ) from None


def _place(file: Remote, part: Path, folder: Path) -> None:
    if file.members:
        unpack(part, file.members, folder)
    else:
        with naming(folder / file.name):
            shutil.copyfile(part, folder / file.name)


def _is_whole(name: str, folder: Path) -> bool:
    """Tell whether the set was downloaded; raises RecsaeError if it has changed since."""
    record = _record(folder)
    if not (folder.is_dir() and record.is_file()):
        return False
    with whole(record):
        files: dict[str, str] = read_json(record)["files"]
    if set(files) != set(NAMED[name].placed):
        return False  # of an older recsae, which took other files
    for file, expected in files.items():
        path = folder / file
        if not path.is_file() or checksum_of(path) != expected:
            gone = "is gone" if not path.is_file() else "has changed"
            raise RecsaeError(
                f"{path} {gone} since it was downloaded; delete {folder}/, and "
                f"`recsae data get {name}` brings it again"
            )
    return True


def _record(folder: Path) -> Path:
    """Return the file beside a downloaded set that holds its checksums."""
    return folder.with_name(f"{folder.name}.json")


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Let one process at a time bring a set."""
    locks = cache_root() / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / f"data-{name}.lock"):
        yield


def _about(name: str) -> dict[str, Any]:
    known = NAMED[name]
    return {
        "name": name,
        "title": known.title,
        "bytes": known.size,
        "licence": known.licence,
        "citation": known.citation,
        "page": known.page,
        "files": [
            {"url": file.url, "checksum": file.checksum, "taken": list(file.placed)}
            for file in known.files
        ],
    }


def _outcome(name: str, folder: Path, *, downloaded: bool) -> dict[str, Any]:
    return {**_about(name), "path": str(folder), "downloaded": downloaded}


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
