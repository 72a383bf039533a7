"""What a trial needs of a GPU: the arithmetic, on a device that is only told about."""

from pathlib import Path
from typing import Any

import pytest

from recsae.search.ray.gpus.memory import _memories, largest, measure, others_hold
from recsae.space import space_of

MIB = 2**20


class Device:
    """Counts as torch.cuda does: a context outside the allocator, and a peak within it."""

    class OutOfMemoryError(RuntimeError):
        pass

    total = 1000 * MIB

    def __init__(self, context: int, others: int = 0) -> None:
        self._outside, self._reserved, self._peak = context + others, 0, 0

    def mem_get_info(self) -> tuple[int, int]:
        return self.total - self._outside - self._reserved, self.total

    def memory_reserved(self) -> int:
        return self._reserved

    def max_memory_reserved(self) -> int:
        return self._peak

    def take(self, size: int) -> None:
        if self._outside + size > self.total:
            raise self.OutOfMemoryError
        self._peak, self._reserved = max(self._peak, size), min(size, 50 * MIB)


def required(device: Device, *sizes: int, others: int = 0) -> tuple[int, int]:
    cases: list[tuple[str, dict[str, Any]]] = [("model", {"size": size}) for size in sizes]
    used, total, failures = measure(
        cases, lambda _, settings: device.take(settings["size"]), device, others
    )
    assert not failures
    return used, total


def test_the_need_is_the_context_and_the_peak_of_the_largest_case() -> None:
    assert required(Device(300 * MIB), 200 * MIB, 100 * MIB) == (500 * MIB, Device.total)


def test_what_others_hold_is_not_charged_to_a_trial_but_is_not_there_either() -> None:
    device = Device(300 * MIB, others=100 * MIB)
    others, notes = others_hold(device, lambda: (100 + 2 * 300) * MIB)
    assert (others, notes) == (100 * MIB, [])
    assert required(device, 200 * MIB, others=others) == (500 * MIB, Device.total - others)
    device = Device(300 * MIB, others=100 * MIB)
    assert required(device, 800 * MIB, others=others) == (Device.total - others,) * 2


def test_what_others_hold_counts_as_ours_where_it_cannot_be_told_and_that_is_said() -> None:
    def fails() -> int:
        raise OSError("no process")

    others, (note,) = others_hold(Device(300 * MIB), fails)
    assert others == 0
    assert note.startswith("cannot tell what other processes hold of the GPU (OSError: no process)")


def test_a_case_that_does_not_fit_takes_the_whole_device() -> None:
    assert required(Device(300 * MIB), 100 * MIB, 800 * MIB) == (Device.total, Device.total)


def test_a_case_that_fails_counts_with_what_it_took_and_is_told() -> None:
    device = Device(300 * MIB)

    def step(model: str, settings: dict[str, Any]) -> None:
        device.take(settings["size"])
        raise FloatingPointError("not finite")

    used, total, (message,) = measure([("model", {"size": 200 * MIB})], step, device)
    assert (used, total) == (500 * MIB, Device.total)
    assert message.startswith(
        "the largest settings of model failed (FloatingPointError: not finite)"
    )


def test_the_largest_settings_of_each_model_are_tried() -> None:
    space = space_of(
        {
            "model_name": ["SASRec_SAE", "SASRec_SAE_Attention"],
            "parameters": {
                "sae_k": {"int": [2, 14], "step": 4},
                "sae_scale_size": {"choice": [2, 32, 8]},
                "sae_lr": {"float": [1e-4, 1e-2]},
                "sae_positions": {"choice": ["all", "last"]},
                "sae_batch_size": 512,
            },
        }
    )
    (plain, settings), (attention, _) = largest(space)
    assert (plain, attention) == ("SASRec_SAE", "SASRec_SAE_Attention")
    assert settings["sae_k"] == 14
    assert settings["sae_scale_size"] == 32
    assert settings["sae_positions"] == "all"
    assert settings["sae_batch_size"] == 512
    assert settings["sae_lr"] == 1e-4


def test_a_node_tells_the_memory_of_its_gpus_if_its_driver_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _memories() == []
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho 81559\necho 24564\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    assert _memories() == [81559 * 2**20, 24564 * 2**20]
