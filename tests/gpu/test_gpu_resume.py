"""A training that is paused on one device goes on on another."""

from pathlib import Path

import pytest
from gpu.quiet_cases import LOUD_CASES, QUIET_CASES, trainer

from recsae.sae.training import SAETrainer
from recsae.search.ray.checkpoints import load_checkpoint, save_checkpoint
from recsae.testing.sae_cases import Case, same, weights

pytestmark = pytest.mark.gpu


def resumed(case: Case, first: str, second: str, folder: Path) -> tuple[SAETrainer, float]:
    """Train an epoch on a device and one on another; return the loss of the latter too."""
    run = trainer(case, first)
    run.epoch()
    save_checkpoint(folder, 1, {"trial": run.state_dict()})
    kept = load_checkpoint(folder, 1)
    assert kept is not None
    other = trainer(case, second)
    other.load_state_dict(kept["trial"])
    assert other.epochs_done == 1
    return other, other.epoch()["loss"]


@pytest.mark.parametrize("case", LOUD_CASES.values(), ids=LOUD_CASES.keys())
@pytest.mark.parametrize("device", ["cuda", "cpu"])
def test_on_the_same_device_nothing_changes(case: Case, device: str, tmp_path: Path) -> None:
    whole = trainer(case, device)
    whole.epoch()
    loss = whole.epoch()["loss"]
    run, found = resumed(case, device, device, tmp_path)
    assert found == loss
    assert same(weights(run.model), weights(whole.model))


@pytest.mark.parametrize("case", QUIET_CASES.values(), ids=QUIET_CASES.keys())
@pytest.mark.parametrize("devices", [("cuda", "cpu"), ("cpu", "cuda")], ids=" to ".join)
def test_on_another_device_it_goes_on_alike(
    case: Case, devices: tuple[str, str], tmp_path: Path
) -> None:
    whole = trainer(case, devices[0])
    whole.epoch()
    loss = whole.epoch()["loss"]
    run, found = resumed(case, *devices, tmp_path)
    assert found == pytest.approx(loss, rel=1e-3)
    assert all(weight.device.type == devices[1] for weight in weights(run.model).values())


@pytest.mark.parametrize("case", LOUD_CASES.values(), ids=LOUD_CASES.keys())
@pytest.mark.parametrize("devices", [("cuda", "cpu"), ("cpu", "cuda")], ids=" to ".join)
def test_what_draws_goes_on_too(case: Case, devices: tuple[str, str], tmp_path: Path) -> None:
    """Drawing other numbers there, once from the seed and once from where the state had come."""
    run, loss = resumed(case, *devices, tmp_path)
    assert run.epochs_done == 2 and loss < 10
