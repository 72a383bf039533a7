"""Which code and packages a run depends on."""

from fnmatch import fnmatch
from importlib.metadata import version
from platform import python_version
from typing import Any

import recsae
from recsae import files
from recsae.metrics.registry import METRICS
from recsae.registry import Registry
from recsae.sae.registry import VARIANTS
from recsae.space.kinds import SAMPLERS, SCHEDULERS

_SEARCH = ("space", "search", "results", "jobs")
"""Rooms that choose: trials, what becomes of them, and the best."""
_ELSEWHERE = (
    *("interactions", "recommenders"),  # the fingerprint of the states stands for these
    *("__main__.py", "api", "callbacks", "cli", "inference"),  # these ask, are told, and use
    *("report", "testing"),
)
"""Rooms that neither choose nor train. Every other one counts as training, a new one too."""


def versions() -> dict[str, str]:
    """Return the versions that a run depends on."""
    packages = ("torch", "ray", "optuna", "numpy", "pandas")
    found = {name: version(name) for name in packages}
    return {"recsae": recsae.__version__, "python": python_version(), **found}


def code() -> dict[str, str]:
    """Return a digest of the code that trains trials, and one of the code that chooses them.

    Packages beside recsae that add to either count too, whether or not a search names them.
    """
    return {
        "training": _with_outside(files.code_digest(*_training()), VARIANTS, METRICS),
        "search": _with_outside(files.code_digest(*_SEARCH), SAMPLERS, SCHEDULERS),
    }


def _with_outside(own: str, *registries: Registry[Any]) -> str:
    found = {registry.outside(name) for registry in registries for name in registry.names}
    outside = sorted(one for one in found if one is not None)
    return files.digest(own, *(list(one) for one in outside)) if outside else own


def _training() -> list[str]:
    """Return the rooms that train: modules, and folders with Python files."""
    others = (*_SEARCH, *_ELSEWHERE)
    return [
        path.name
        for path in sorted(files.SOURCES.iterdir())
        if (path.suffix == ".py" or (path / "__init__.py").is_file())
        and not any(fnmatch(path.name, other) for other in others)
    ]
