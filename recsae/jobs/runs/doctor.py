"""`doctor`: what recsae finds on this machine, and what is missing for it to run well."""

import importlib.util
import os
import platform
import shutil
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from recsae import __version__
from recsae.cache import cache_root
from recsae.interactions.named_sets.folders import DATA_DIR
from recsae.results import storage_root

PACKAGES: Final = ("torch", "ray", "optuna", "numpy", "pandas", "pyarrow", "pydantic", "rich")
OPTIONAL: Final = {
    "optuna_dashboard": "optuna-dashboard: to open what `recsae results export` writes",
    "tensorboard": "tensorboard: to open RUN/tensorboard",
}
_SHARED_MEMORY: Final = Path("/dev/shm")
_LEAST_SHARED, _LEAST_DISK, _LEAST_MEMORY = 200_000_000, 2_000_000_000, 2_000_000_000
"""Bytes: of Ray's object store with room to spare; of a base, its states and a run; of two trials
on data of a million interactions."""


def doctor(storage: str | None) -> dict[str, Any]:
    """Return versions, what the machine has, and in words what is missing."""
    found = {
        "versions": _versions(),
        "cores": os.process_cpu_count() if hasattr(os, "process_cpu_count") else _cores(),
        "memory": memory(),
        "shared_memory": _free(_SHARED_MEMORY),
        "gpus": _gpus(),
        "places": {
            "cache": _place(cache_root()),
            "storage": _place(storage_root(storage)),
            "data": os.environ.get(DATA_DIR),
        },
    }
    return {**found, "missing": _missing(found)}


def _versions() -> dict[str, str | None]:
    known: dict[str, str | None] = {"recsae": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            known[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            known[name] = None
    return known


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def memory() -> dict[str, int | None]:
    """Return the machine's memory in bytes, and what of it is free; None where it is not told."""
    kept = {"MemTotal": "total", "MemAvailable": "free"}
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return dict.fromkeys(kept.values())
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    return {to: 1024 * int(told[name].split()[0]) for name, to in kept.items() if name in told}


def _free(path: Path) -> int | None:
    return shutil.disk_usage(path).free if path.is_dir() else None


def _gpus() -> list[dict[str, Any]]:
    import torch

    if not torch.cuda.is_available():
        return []
    kinds = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
    return [{"name": kind.name, "memory": kind.total_memory} for kind in kinds]


def _place(path: Path) -> dict[str, Any]:
    """Return a folder, what is free on its disk, and whether it can be written to."""
    there = next(folder for folder in (path, *path.parents) if folder.is_dir())
    return {"path": str(path), "free": _free(there), "writable": os.access(there, os.W_OK)}


def _missing(found: dict[str, Any]) -> list[str]:
    """Return a line for each thing that is missing or too small."""
    lines = [f"{name}: not installed" for name, there in found["versions"].items() if there is None]
    if found["shared_memory"] is None or found["shared_memory"] < _LEAST_SHARED:
        lines.append("/dev/shm: too small, Ray takes the disk instead, which is slower")
    free = found["memory"].get("free")
    if free is not None and free < _LEAST_MEMORY:
        lines.append(f"memory: {free / 1e9:.1f} GB are free; large data may need more")
    for name in ("cache", "storage"):
        place = found["places"][name]
        if not place["writable"]:
            lines.append(f"{name}: {place['path']} cannot be written to")
        elif place["free"] < _LEAST_DISK:
            lines.append(f"{name}: {place['free'] / 1e9:.1f} GB are free at {place['path']}")
    for module, words in OPTIONAL.items():
        if importlib.util.find_spec(module) is None:
            lines.append(f"not installed, not needed: {words}")
    return lines
