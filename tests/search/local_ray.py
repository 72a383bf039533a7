"""A Ray of a test's own on this machine, whose processes find the tests' modules."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import ray

TESTS = Path(__file__).parents[1]
FOLDERS = (TESTS / "search" / "ray", TESTS / "search", TESTS, TESTS / "support", TESTS.parent)


@contextmanager
def local_ray(cpus: int, gpus: int = 0) -> Iterator[None]:
    """Be connected to it while the block runs; GPUs are claimed, none is used."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, FOLDERS)))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")  # else Ray sets it, and leaves it behind
        ray.init(
            address="local",
            num_cpus=cpus,
            num_gpus=gpus,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            object_store_memory=100_000_000,
        )
        yield
        ray.shutdown()
