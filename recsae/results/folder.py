"""The folder of a run, `STORAGE/NAME/`: made once, its files always whole, found by its name."""

import os
import re
import shlex
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlparse

import numpy as np
import yaml

from recsae.errors import RecsaeError, nearest
from recsae.files import is_locked, make_folder, put_in_place, write_whole
from recsae.results.frames import (
    Row,
    curve_of_k_frame,
    curves_frame,
    finalists_frame,
    importance_frame,
    ladders_frame,
    trials_frame,
    write_frame,
)
from recsae.settings import path_of
from recsae.storage.addresses import address_of, copy_of, is_remote
from recsae.storage.copies import refresh
from recsae.storage.leases import is_driven
from recsae.storage.places import place_at

STORAGE_VARIABLE: Final = "RECSAE_STORAGE"
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
COMMANDS: Final = ("show", "diff", "merge", "export")
"""What `recsae results` does; a run of such a name could not be told from them."""
_LONGEST_NAME: Final = 200
"""Characters; a file system takes 255, and locks and parts are called a little longer."""


class Files:
    """What lies in a run's folder."""

    SEARCH: Final = "search.yaml"
    RESULTS: Final = "results.parquet"
    CURVES: Final = "curves.parquet"
    LADDERS: Final = "ladders.parquet"  # of trials that offer several k to the front
    FINALISTS: Final = "finalists.parquet"
    IMPORTANCE: Final = "importance.parquet"
    BEST: Final = "best"
    CURVE_OF_K: Final = "curve_of_k.parquet"  # beside a model that is meant for several k
    METRICS: Final = "metrics.json"  # of each best model: {dev, test, difference, groups}
    TENSORBOARD: Final = "tensorboard"
    REPORT: Final = "report.html"
    EXPORT: Final = "optuna.log"
    DRIVER: Final = ".driver.lock"  # held by the process that searches, to the end of its page
    STOP: Final = ".stop"  # asks that process to stop, as Ctrl-C does


def create(path: Path, search: dict[str, Any], fill: Callable[[Path], None] | None = None) -> None:
    """Make a run's folder with no trials yet; raises RecsaeError if there is one already.

    `fill` may write more into the folder before anybody sees it.
    """
    check_name(path.name)
    make_folder(path.parent)
    part = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        write_search(part, search)
        write_trials(part, [])
        write_curves(part, [])
        if fill is not None:
            fill(part)
        # mkdtemp's 0700 would hide a shared run from one's colleagues.
        part.chmod(0o755)
        if path.exists():
            raise FileExistsError
        put_in_place(part, path)  # fails on a folder with content, if somebody has been faster
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if not isinstance(error, OSError) or not path.exists():
            raise
        raise RecsaeError(f"name: {path} exists already; take another --name") from error


def write_search(path: Path, search: dict[str, Any]) -> None:
    """Write search.yaml; arrays, tuples and paths in it become plain lists and texts."""
    text = yaml.safe_dump(_plain(search), sort_keys=False, allow_unicode=True, width=100)
    write_whole(path / Files.SEARCH, text)


def write_trials(path: Path, rows: Sequence[Row]) -> None:
    """Write results.parquet from a row a trial: flat names of `Columns`, settings and metrics."""
    write_frame(path / Files.RESULTS, trials_frame(rows))


def write_curves(path: Path, rows: Sequence[Row]) -> None:
    """Write curves.parquet from a row a report."""
    write_frame(path / Files.CURVES, curves_frame(rows))


def write_ladders(path: Path, rows: Sequence[Row]) -> None:
    """Write ladders.parquet from a row a trial and k; without any row there is no such file."""
    if rows:
        write_frame(path / Files.LADDERS, ladders_frame(rows))


def write_finalists(path: Path, rows: Sequence[Row]) -> None:
    """Write finalists.parquet from a row for each seed that a trial was retrained with."""
    write_frame(path / Files.FINALISTS, finalists_frame(rows))


def write_importance(path: Path, rows: Sequence[Row]) -> None:
    """Write importance.parquet from a row a parameter, objective and number of epochs."""
    write_frame(path / Files.IMPORTANCE, importance_frame(rows))


def write_curve_of_k(path: Path, rows: Sequence[Row]) -> None:
    """Write curve_of_k.parquet, beside a saved model, from a row a k."""
    write_frame(path / Files.CURVE_OF_K, curve_of_k_frame(rows))


def storage_root(option: str | None) -> Path:
    """Return where runs lie: the option, else RECSAE_STORAGE, else ./runs.

    Of a bucket it is the folder of this machine where copies of its runs lie.
    """
    text = option or os.environ.get(STORAGE_VARIABLE) or "runs"
    if is_remote(text):
        return copy_of(text)
    with suppress(ValueError):  # no address, or no path
        address = urlparse(text)
        if len(address.scheme) < 2:  # a path, also one of Windows
            return path_of(text).resolve()
        if address.scheme == "file" and address.netloc in ("", "localhost"):
            return Path(unquote(address.path)).resolve()
    raise RecsaeError(f"storage: expected a path, or s3://, gs:// or file:///…, got {text!r}")


def resume_command(run: Path) -> str:
    """Return what to type to go on with a run."""
    place = [] if run.parent == storage_root(None) else ["--storage", str(run.parent)]
    return shlex.join(["recsae", "tune", "--resume", run.name, *place])


def new_run_name(storage: Path) -> str:
    """Return a name that no run has yet: the date and time, with a number if it is taken."""
    stamp = time.strftime("%Y-%m-%d_%H%M%S")
    number, name = 1, stamp
    while (storage / name).exists():
        number += 1
        name = f"{stamp}-{number}"
    return name


def check_name(name: str) -> None:
    """Raise RecsaeError unless `name` can be the name of a run."""
    if not _NAME.fullmatch(name):
        raise RecsaeError(f"name: expected letters, digits and any of _.+- in it, got {name!r}")
    if name in COMMANDS:
        raise RecsaeError(f"name: {name!r} is what `recsae results {name}` does; take another")
    if len(name) > _LONGEST_NAME:
        raise RecsaeError(f"name: expected at most {_LONGEST_NAME} characters, got {len(name)}")


def run_names(storage: Path) -> list[str]:
    """Return the names of the runs in a storage, sorted."""
    address = address_of(storage)
    if address is not None:
        return [name for name in place_at(address).folders() if _NAME.fullmatch(name)]
    return sorted(path.parent.name for path in storage.glob(f"[!.]*/{Files.SEARCH}"))


def find_run(name_or_path: str | Path, storage: Path) -> Path:
    """Return the folder of a run, given as a path or by its name; raises RecsaeError.

    Of a run in a bucket it is the copy on this machine, as the run is now.
    """
    for path in (path_of(name_or_path), storage / name_or_path):
        refresh(path)
        if (path / Files.SEARCH).is_file():
            return path.resolve()
    names = run_names(storage)
    hint = nearest(str(name_or_path), names)
    if hint or not Path(name_or_path).exists():
        known = hint or (f"; there: {', '.join(names[-5:])}" if names else "; it has no runs")
        place = address_of(storage) or storage
        raise RecsaeError(f"no run {str(name_or_path)!r} in {place}{known}")
    raise not_a_run(Path(name_or_path))


def is_running(path: Path) -> bool:
    """Tell whether some process searches in a run now; a lock that it held dies with it."""
    driver = path / Files.DRIVER
    # A journal has a lock of its own; it is asked only where a driver has left no other.
    if is_locked(driver if driver.exists() else path / "journal" / "lock"):
        return True
    address = address_of(path)
    return address is not None and is_driven(place_at(address))


def not_a_run(path: Path) -> RecsaeError:
    """Return the error for a path without a run in it."""
    return RecsaeError(f"{path}: expected the folder of a run, but it has no {Files.SEARCH}")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(inner) for inner in value]
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    if value is None or type(value) in (bool, int, float, str):
        return value
    return str(value)
