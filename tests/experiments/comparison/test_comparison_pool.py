"""Work in processes: what has left its file is not redone, a mistake keeps what is finished."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from comparison.pool import Pool, Task
from scripts import EXPERIMENTS


def leave(path: Path, text: str) -> str:
    path.write_text(text)
    return text


def test_what_has_left_its_file_is_not_done_again(tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(3)]
    tasks = [Task(leave, (file, "new"), file) for file in files]
    files[1].write_text("old")
    with Pool(1) as pool:
        assert pool.run("work", tasks) == ["new", None, "new"]
        assert pool.run("work", tasks) == [None] * 3
    assert [file.read_text() for file in files] == ["new", "old", "new"]


def test_processes_do_the_work_and_one_mistake_ends_it(tmp_path: Path) -> None:
    with Pool(2) as pool:
        tasks = [Task(os.getpid, ()) for _ in range(2)]
        assert os.getpid() not in pool.run("work", tasks)
        assert pool.run("threads", [Task(os.getenv, ("OMP_NUM_THREADS",))]) == ["1"]
        with pytest.raises(ValueError, match="invalid literal"):
            pool.run("work", [Task(int, ("x",)), *tasks])


PARENT = """
import sys, time
from comparison.pool import Pool, Task
import os
if __name__ == "__main__":
    with Pool(2) as pool:
        pids = pool.run("pids", [Task(os.getpid, ()) for _ in range(2)])
        print(*set(pids), flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_killed_comparison_leaves_no_process_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(EXPERIMENTS))
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        children = [int(pid) for pid in run.stdout.readline().split()]
        assert children
        run.kill()
    limit = time.monotonic() + 20
    while any(_alive(pid) for pid in children) and time.monotonic() < limit:
        time.sleep(0.1)
    assert not any(_alive(pid) for pid in children)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
