"""Tests that need a GPU; without one none of them is kept, and that is said."""

from pathlib import Path

import pytest
import torch
from made_states import prepare

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.interactions.settings import DataSettings
from recsae.recommenders.sasrec.settings import SASRecSettings

THERE = torch.cuda.is_available()
HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not THERE:
        items[:] = [item for item in items if HERE not in item.path.parents]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if THERE:
        words = f"{torch.cuda.get_device_name()}, torch {torch.__version__}"
    else:
        words = "no GPU that torch can use here: 0 tests"
    terminalreporter.write_line(f"tests/gpu: {words}")


@pytest.fixture(scope="session")
def activations(tmp_path_factory: pytest.TempPathFactory) -> Activations:
    """The states of a small base that was trained on the CPU."""
    return prepare(
        DataSettings.of({"dataset": "synthetic:users=500,items=300"}),
        SASRecSettings.of({"emb_size": 32, "epochs": 3}),
        ActivationSettings(),
        Cache(tmp_path_factory.mktemp("cache")),
        torch.device("cpu"),
    ).activations
