"""How benchmarks/gpu.py says, times and counts what a GPU does."""

import json
import os
import statistics
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

SMALL = "--small" in sys.argv
RUNS = 1 if SMALL else 5
STEPS = 4 if SMALL else 30
STANDIN = "RECSAE_GPU_STANDIN" in os.environ


def say(what: str, **values: Any) -> None:
    """Print one line; what takes many digits is rounded to four."""
    print(json.dumps({"what": what, **{name: short(v) for name, v in values.items()}}), flush=True)


def short(value: Any) -> Any:
    """Return a float with four digits that count."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


def seconds(work: Callable[[], Any], runs: int = RUNS) -> float:
    """Return the median time of a call, the GPU's part of it included."""
    found = []
    for run in range(runs + 1):
        torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        if run:
            found.append(time.perf_counter() - start)
    return statistics.median(found)


def launches(epoch: Callable[[], Any]) -> dict[str, float]:
    """Return the kernels and copies of a step, and how long they keep the GPU busy."""
    if STANDIN:
        return {}
    with profile(activities=[ProfilerActivity.CUDA], acc_events=True) as watched:
        epoch()
        torch.cuda.synchronize()
    recorded = [e for e in watched.events() or [] if str(e.device_type).endswith("CUDA")]
    busy = sum(event.time_range.elapsed_us() for event in recorded) / 1e3
    return {"launches": len(recorded) / STEPS, "gpu_busy_ms": busy / STEPS}


def waits(work: Callable[[], Any]) -> Counter[str]:
    """Return how often the host waited for the GPU, by line."""
    with warnings.catch_warnings(record=True) as recorded:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            work()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    found = [w for w in recorded if "synchronizing" in str(w.message)]
    return Counter(f"{w.filename.rpartition('recsae/')[2]}:{w.lineno}" for w in found)
