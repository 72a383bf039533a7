"""How many trials run at once, and what each holds: arithmetic on invented nodes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.search.ray.resources import (
    Allocation,
    Requirement,
    allocation_for,
    capacity,
    fits,
    fitted_to_workers,
    gpu_nodes,
    may_be_too_large,
    node_capacity,
    ray_fraction,
    too_large,
    trials_in_memory,
    widest,
)
from recsae.space import ResourceSettings

GIB = 2**30
LAPTOP = {"CPU": 8.0, "memory": 1e10}
SERVER = {"CPU": 16.0, "GPU": 1.0}


def allocated(
    nodes: list[dict[str, float]], required: Requirement | None = None, **asked: Any
) -> Allocation:
    def measure(whole: Allocation) -> Requirement | None:
        assert any("GPU" in node for node in nodes), "measured without reason"
        assert whole.gpus == 1
        return required

    return allocation_for(ResourceSettings.of(asked), nodes, measure)


def test_without_a_gpu_auto_runs_on_cpus_without_a_word() -> None:
    assert allocated([LAPTOP], cpus=2.0) == Allocation(2.0, 0.0)
    assert allocated([LAPTOP]).device == "cpu"


def test_a_number_of_gpus_is_taken_as_it_is() -> None:
    assert allocated([LAPTOP], gpus=0.25) == Allocation(1.0, 0.25)
    assert allocated([SERVER], gpus=0.0) == Allocation(1.0, 0.0)
    assert allocated([SERVER], gpus=0.25).device == "cuda"


@pytest.mark.parametrize(
    ("used", "cpus", "trials"),
    [
        (2 * GIB, 1.0, 16),  # memory for 36, cores for 16
        (10 * GIB, 1.0, 7),  # 72 of 80 GiB may be used
        (10 * GIB, 4.0, 4),
        (50 * GIB, 1.0, 1),
        (80 * GIB, 1.0, 1),  # did not even fit: it may still fit other settings
    ],
)
def test_auto_packs_as_many_as_memory_and_cores_allow(used: int, cpus: float, trials: int) -> None:
    found = allocated([SERVER], Requirement(used, 80 * GIB), cpus=cpus)
    assert found == Allocation(cpus, ray_fraction(1 / trials))
    assert node_capacity(SERVER, found) == trials


def test_auto_packs_for_the_node_with_the_fewest_cores_a_gpu() -> None:
    small = {"CPU": 4.0, "GPU": 2.0}
    found = allocated([SERVER, small, LAPTOP], Requirement(GIB, 80 * GIB))
    assert found.gpus == 0.5
    assert capacity([SERVER, small, LAPTOP], found) == 2 + 4


def test_a_node_without_the_cpus_beside_its_gpu_is_not_measured() -> None:
    assert gpu_nodes([LAPTOP, SERVER], 16.0) == [SERVER] and gpu_nodes([LAPTOP, SERVER], 17.0) == []
    narrow = {"CPU": 2.0, "GPU": 2.0}

    def measure(whole: Allocation) -> Requirement | None:
        raise AssertionError("measured where it never fits")

    auto = ResourceSettings.of({"cpus": 4.0})
    assert allocation_for(auto, [LAPTOP, narrow], measure) == Allocation(4.0, 0.0)
    found = allocated([SERVER, narrow], Requirement(10 * GIB, 80 * GIB), cpus=4.0)
    assert found == Allocation(4.0, 0.25), "the node that never takes a trial does not count"


TWO = {"CPU": 16.0, "GPU": 2.0}


@pytest.mark.parametrize(
    ("nodes", "asked", "at_once", "found"),
    [
        ([TWO], 0.1, 6, 0.3333),
        ([TWO], 0.1, 2, 1.0),
        ([TWO], 0.1, 1, 1.0),
        ([TWO], 0.1, 3, 0.5),
        ([TWO], 0.1, 64, 0.125),  # the cores are for 16
        ([TWO], 0.25, 64, 0.25),
        ([SERVER], 0.1, 4, 0.25),
        ([SERVER, TWO], 0.1, 6, 0.5),
        ([{"CPU": 1.0, "GPU": 4.0}, TWO], 0.1, 6, 0.3333),
        ([LAPTOP, TWO], 0.1, 4, 0.5),
        ([TWO], 1.0, 2, 1.0),
        ([TWO], 0.0, 2, 0.0),
        ([LAPTOP], 0.1, 2, 0.1),
    ],
)
def test_shares_are_as_large_as_the_trials_at_once_allow(
    nodes: list[dict[str, float]], asked: float, at_once: int, found: float
) -> None:
    assert widest(Allocation(1.0, asked), nodes, at_once) == Allocation(1.0, found)


@given(st.integers(1, 8), st.integers(1, 64), st.floats(0.01, 1), st.integers(1, 100))
def test_a_wider_share_runs_as_many_at_once(
    gpus: int, cpus: int, asked: float, at_once: int
) -> None:
    nodes, narrow = [{"CPU": float(cpus), "GPU": float(gpus)}], Allocation(1.0, ray_fraction(asked))
    wide = widest(narrow, nodes, at_once)
    assert wide.gpus >= narrow.gpus
    assert capacity(nodes, wide) >= min(at_once, capacity(nodes, narrow))


def test_what_every_machine_offers_needs_no_look() -> None:
    no_look = [{}, {"gpus": 0}, {"cpus": 0.5, "gpus": "auto"}]
    assert not any(may_be_too_large(ResourceSettings.of(asked)) for asked in no_look)
    look = [{"gpus": 0.5}, {"cpus": 2}, {"gpus": 1, "cpus": 1}]
    assert all(may_be_too_large(ResourceSettings.of(asked)) for asked in look)


def test_a_gpu_that_torch_cannot_use_is_left_alone() -> None:
    assert allocated([SERVER], required=None) == Allocation(1.0, 0.0)


@given(st.integers(1, 10**12), st.integers(1, 10**12), st.floats(0, 0.9))
def test_packed_trials_fit(used: int, total: int, margin: float) -> None:
    trials = trials_in_memory(Requirement(used, total), margin)
    assert trials >= 1
    assert trials == 1 or trials * used <= total * (1 - margin) * (1 + 1e-9)


@given(st.integers(1, 10_000))
def test_a_floored_fraction_lets_all_its_trials_on_a_device(trials: int) -> None:
    fraction = ray_fraction(1 / trials)
    assert fraction * trials <= 1 + 1e-9
    assert round(fraction * 10_000) == pytest.approx(fraction * 10_000)
    assert node_capacity({"CPU": 1e6, "GPU": 1.0}, Allocation(1.0, fraction)) >= trials


@given(
    st.floats(0, 64),
    st.integers(0, 8),
    st.floats(0.01, 64),
    st.one_of(st.integers(0, 8), st.floats(0.001, 1)),
)
def test_capacities_never_promise_more_than_a_node_has(
    cpus: float, gpus: int, cpus_each: float, gpus_each: float
) -> None:
    found = node_capacity(
        {"CPU": cpus, "GPU": float(gpus)}, Allocation(cpus_each, float(gpus_each))
    )
    assert found * cpus_each <= cpus * (1 + 1e-6) + 1e-6
    assert found * gpus_each <= gpus * (1 + 1e-6) + 1e-6


@pytest.mark.parametrize(
    ("allocation", "trials"),
    [
        (Allocation(1, 0), 16),
        (Allocation(0.5, 0), 32),
        (Allocation(3, 0), 5),
        (Allocation(0.1, 0), 160),
        (Allocation(1, 1), 1),
        (Allocation(1, 0.3), 3),
        (Allocation(1, 2), 0),
        (Allocation(32, 0), 0),
    ],
)
def test_the_capacity_of_a_node(allocation: Allocation, trials: int) -> None:
    assert node_capacity(SERVER, allocation) == trials


def test_more_workers_than_cores_share_them() -> None:
    assert fitted_to_workers(Allocation(1.0, 0.0), [LAPTOP], 8) == Allocation(1.0, 0.0)
    narrow = fitted_to_workers(Allocation(1.0, 0.0), [LAPTOP], 12)
    assert capacity([LAPTOP], narrow) == 12
    assert narrow.threads == 1
    assert fitted_to_workers(Allocation(1.0, 1.0), [SERVER], 4) == Allocation(1.0, 1.0)


def test_threads_are_the_whole_cores_of_a_trial() -> None:
    assert [Allocation(cpus, 0).threads for cpus in (0.5, 1, 2.5, 4)] == [1, 1, 2, 4]


def test_an_allocation_that_no_node_can_give_is_told_with_both_sides() -> None:
    wide = Allocation(4.0, 2.0)
    assert not fits(wide, [LAPTOP, SERVER])
    assert fits(Allocation(4.0, 1.0), [LAPTOP, SERVER])
    message = str(too_large(wide, [LAPTOP, SERVER]))
    assert "asks for 4 CPUs and 2 GPUs" in message
    assert "at most 16 CPUs and 1 GPUs" in message
