"""What a trial needs of a GPU: the arithmetic, on a device that is only told about."""

from typing import Any

from recsae.search.measuring import largest, measure, one_epoch
from recsae.search.space import space_of

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


def need(device: Device, *sizes: int) -> tuple[int, int]:
    cases: list[tuple[str, dict[str, Any]]] = [("model", {"size": size}) for size in sizes]
    return measure(cases, lambda _, settings: device.take(settings["size"]), device)


def test_the_need_is_the_context_and_the_peak_of_the_largest_case() -> None:
    assert need(Device(300 * MIB), 200 * MIB, 100 * MIB) == (500 * MIB, Device.total)


def test_what_others_take_counts_as_ours() -> None:
    assert need(Device(300 * MIB, others=100 * MIB), 200 * MIB) == (600 * MIB, Device.total)


def test_a_case_that_does_not_fit_takes_the_whole_device() -> None:
    assert need(Device(300 * MIB), 100 * MIB, 800 * MIB) == (Device.total, Device.total)


def test_a_case_that_fails_counts_with_what_it_took() -> None:
    device = Device(300 * MIB)

    def step(model: str, settings: dict[str, Any]) -> None:
        device.take(settings["size"])
        raise FloatingPointError

    assert measure([("model", {"size": 200 * MIB})], step, device) == (500 * MIB, Device.total)


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


def test_the_one_epoch_that_is_tried_is_a_last_one() -> None:
    assert one_epoch("SASRec_SAE", {"sae_k": 4, "sae_epochs": 30}) == (
        "SASRec_SAE",
        {"sae_k": 4, "sae_epochs": 1},
    )
    assert one_epoch("SASRec_PCA", {"sae_k": 4}) == ("SASRec_PCA", {"sae_k": 4})
