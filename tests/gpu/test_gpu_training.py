"""Training on a GPU against training on the CPU, and how often the host waits in a step."""

import warnings
from collections import Counter

import pytest
import torch
from gpu.quiet_cases import COUNT, LOUD_CASES, QUIET_CASES, rows, trainer
from laws.cases import Case, same, weights

pytestmark = pytest.mark.gpu

STEPS = COUNT // 256


@pytest.mark.parametrize("case", QUIET_CASES.values(), ids=QUIET_CASES.keys())
def test_epochs_on_a_gpu_are_those_on_the_cpu(case: Case) -> None:
    on_cpu, on_gpu = (trainer(case, device) for device in ("cpu", "cuda"))
    for _ in range(2):
        expected, found = on_cpu.epoch(), on_gpu.epoch()
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-5)
    x_ND = rows().x_ND
    with torch.no_grad():
        theirs, ours = on_cpu.model(x_ND), on_gpu.model(x_ND.cuda()).cpu()
    assert (ours - theirs).norm() <= 1e-2 * theirs.norm()


@pytest.mark.parametrize("case", LOUD_CASES.values(), ids=LOUD_CASES.keys())
def test_a_second_training_gives_the_same_bits(case: Case) -> None:
    one, other = (trainer(case, "cuda") for _ in range(2))
    assert [one.epoch() for _ in range(2)] == [other.epoch() for _ in range(2)]
    assert same(weights(one.model), weights(other.model))


def waits(case: Case) -> Counter[str]:
    """Return how often the host waited in the second epoch, by line."""
    run = trainer(case, "cuda")
    run.epoch()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            run.epoch()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    found = [w for w in told if "synchronizing" in str(w.message)]
    return Counter(f"{w.filename}:{w.lineno}" for w in found)


@pytest.mark.parametrize("case", LOUD_CASES.values(), ids=LOUD_CASES.keys())
def test_the_host_hardly_waits_in_a_step(case: Case) -> None:
    """AuxK asks once a step who is dead, the contrastive loss who the users are; nothing else."""
    if case.variant.closed_form:
        pytest.skip("nothing is optimised")
    by_line = waits(case)
    asks = 1 + hasattr(case.settings, "sae_contrastive_batch")
    assert sum(by_line.values()) <= asks * STEPS + 10, by_line
    silent = Case(case.variant, type(case.settings).of({**case.settings.values(), "sae_auxk": 0.0}))
    by_line = waits(silent)
    if case.settings.sae_recipe == "default":
        assert sum(by_line.values()) <= (asks - 1) * STEPS + 10, by_line
