"""A server of S3 for all tests, an undisturbed search, and the count that the last line tells."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from bucket_searches import SPACE, Machine, Tally
from s3_server import SERVER, Faults, environment, recsae, s3_server

TALLY = Tally()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests; without the server they are skipped."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.s3)
            item.add_marker(pytest.mark.timeout(600))
            if not SERVER.is_file():
                item.add_marker(pytest.mark.skip(reason=f"no {SERVER}: make test-s3 installs it"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the failed tests."""
    TALLY.failed += report.failed


def pytest_unconfigure() -> None:
    """Print the count as the last line."""
    if TALLY.kinds:
        print(json.dumps(TALLY.line()))  # noqa: T201


@pytest.fixture(scope="session")
def tally() -> Tally:
    return TALLY


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Faults]]:
    with s3_server(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture(autouse=True)
def this_process(
    served: tuple[str, str, Faults], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let this process read the bucket past the faults, with a cache of its own."""
    for name, value in environment(served[1], tmp_path / "reader").items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)


@pytest.fixture
def machine(served: tuple[str, str, Faults], tmp_path: Path) -> Machine:
    """Return a machine whose requests meet faults; none to begin with."""
    address, _, faults = served
    faults.calm()
    return Machine(address, tmp_path / "machine", faults)


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the run of the same search in a folder, undisturbed."""
    root = tmp_path_factory.mktemp("alone")
    (root / "space.yaml").write_text(SPACE)
    words = ["tune", str(root / "space.yaml"), "--workers", "1", "--name", "alone"]
    variables = environment("", root / "cache", RECSAE_STORAGE=str(root / "runs"))
    done = subprocess.run(recsae(*words), env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return root / "runs" / "alone"
