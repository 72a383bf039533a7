"""`dashboard`: optuna-dashboard over a run, as an Optuna journal that grows with it."""

import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Final

from recsae.errors import RecsaeError
from recsae.progress import say
from recsae.results import Files, find_run, is_running, load_results, storage_root

PROGRAM: Final = "optuna-dashboard"


def dashboard(
    run: str, *, storage: str | None, host: str, port: int, seconds: float
) -> dict[str, Any]:
    """Serve a run until a Ctrl-C; its study follows the run while that is searched.

    Raises RecsaeError where optuna-dashboard is not installed, or does not start.
    """
    path, program = find_run(run, storage_root(storage)), _program()
    over = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / Files.EXPORT
        follower = threading.Thread(target=follow, args=(path, study, seconds, over))
        follower.start()
        say(f"{path.name}: http://{host}:{port} (Ctrl-C ends it)")
        command = [program, str(study), "--host", host, "--port", str(port)]
        try:
            code = subprocess.run(command, check=False).returncode
        except KeyboardInterrupt:
            code = 0
        finally:
            over.set()
            follower.join()
    if code:
        raise RecsaeError(f"{PROGRAM} ended with exit code {code}; is the port {port} free?")
    return {"run": path.name}


def _program() -> str:
    """Return where optuna-dashboard is: beside this Python, or where the shell finds it."""
    beside = Path(sys.executable).with_name(PROGRAM)
    found = str(beside) if beside.is_file() else shutil.which(PROGRAM)
    if found is None:
        raise RecsaeError(f"{PROGRAM} is not installed: pip install {PROGRAM}")
    return found


def follow(path: Path, study: Path, seconds: float, over: threading.Event) -> None:
    """Keep a new journal in step with a run, until that has ended or `over` is set."""
    from recsae.search.optuna_views.following import GrowingStudy

    growing, last = GrowingStudy(load_results(path), study), _changed(path)
    while is_running(path) and not over.wait(seconds):
        if (seen := _changed(path)) != last:
            growing.take(load_results(path))
            last = seen
    # What was written last, as the search ended.
    growing.take(load_results(path))


def _changed(path: Path) -> tuple[int, ...]:
    """Return what tells whether a run's frames were written again."""
    files = (path / name for name in (Files.RESULTS, Files.CURVES))
    return tuple(file.stat().st_mtime_ns for file in files if file.is_file())
