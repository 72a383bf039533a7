"""Training on a GPU against training on the CPU, and how often the host waits in a step."""

import warnings
from collections import Counter

import pytest
import torch
from gpu.quiet_cases import COUNT, LOUD_CASES, QUIET_CASES, rows, trainer

from recsae.sae.cuda_graphs import graphs_there
from recsae.sae.losses import squared_error
from recsae.testing.sae_cases import Case, same, weights

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
    errors = [squared_error(x_ND, recon_ND).item() for recon_ND in (ours, theirs)]
    assert errors[0] == pytest.approx(errors[1], rel=1e-2)


@pytest.mark.parametrize("case", LOUD_CASES.values(), ids=LOUD_CASES.keys())
def test_a_second_training_gives_the_same_bits(case: Case) -> None:
    one, other = (trainer(case, "cuda") for _ in range(2))
    assert [one.epoch() for _ in range(2)] == [other.epoch() for _ in range(2)]
    assert same(weights(one.model), weights(other.model))


@pytest.mark.skipif(not graphs_there(), reason="this torch was not built for CUDA")
@pytest.mark.parametrize("case", LOUD_CASES.values(), ids=LOUD_CASES.keys())
def test_a_step_in_a_graph_is_a_step(case: Case) -> None:
    """What is drawn in it, too; variants whose shapes depend on the rows have no graphs."""
    captured, eager = (trainer(case, "cuda") for _ in range(2))
    steady = case.settings.sae_recipe == "default" and case.variant.steady(case.settings)
    assert (captured._graphs is not None) is steady
    eager._graphs = None
    assert [captured.epoch() for _ in range(3)] == [eager.epoch() for _ in range(3)]
    assert same(weights(captured.model), weights(eager.model))
    if captured._graphs:
        assert captured._graphs._captured


def waits(case: Case, graphs: bool) -> Counter[str]:
    """Return how often the host waited in the second epoch, by line."""
    run = trainer(case, "cuda")
    if not graphs:
        run._graphs = None
    run.epoch()
    with warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            run.epoch()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    found = [w for w in recorded if "synchronizing" in str(w.message)]
    return Counter(f"{w.filename}:{w.lineno}" for w in found)


@pytest.mark.parametrize("case", LOUD_CASES.values(), ids=LOUD_CASES.keys())
def test_the_host_hardly_waits_in_a_step(case: Case) -> None:
    """An epoch waits to send its order and to tell its loss; no step does, in a graph or not."""
    for graphs in (True, False):
        by_line = waits(case, graphs)
        assert sum(by_line.values()) < STEPS, by_line
