"""What the numbers depend on besides the seed: the machine, the device, torch and its threads."""

import platform
from typing import Any, Final

import torch

from recsae.errors import RecsaeError, SettingError

MOST_THREADS: Final = 4096


def device_of(option: str | None) -> torch.device:
    """Return the device asked for; left out: a GPU if there is one."""
    if option is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(option)
    except RuntimeError:
        raise SettingError("--device", f"expected cpu, cuda or cuda:N, got {option!r}") from None
    if device.type not in ("cpu", "cuda"):
        raise SettingError("--device", f"expected cpu, cuda or cuda:N, got {option!r}")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise SettingError("--device", "this machine has no GPU that torch can use; take cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        most = torch.cuda.device_count() - 1
        raise SettingError("--device", f"expected at most cuda:{most}, got {option!r}")
    return device


def take_threads(stored: Any, place: object) -> None:
    """Compute with as many threads as the figures were stored with: sums depend on it.

    Raises RecsaeError, which names `place`, for what is no number of threads.
    """
    threads = stored.get("threads") if isinstance(stored, dict) else None
    if type(threads) is not int or not 1 <= threads <= MOST_THREADS:
        words = f"expected machine.threads from 1 to {MOST_THREADS}"
        raise RecsaeError(f"{place}: {words}, got {threads!r}")
    torch.set_num_threads(threads)


def machine(device: torch.device) -> dict[str, Any]:
    """Return what is stored beside numbers: for the same of these, the same numbers."""
    on_gpu = device.type == "cuda"
    found = {
        "type": torch.cuda.get_device_name(device) if on_gpu else platform.machine(),
        "device": device.type,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }
    # How training multiplies; ranks are taken in whole float32 anyway.
    return found | ({"tf32": torch.backends.cuda.matmul.fp32_precision == "tf32"} if on_gpu else {})
