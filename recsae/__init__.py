"""A distributed hyper-parameter search for sparse autoencoders on sequential recommenders.

Importing it must not load anything heavy: its public names are imported when they are asked for.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

# `__init__.pyi` has their types: to import them here, if only for the type checker, would be an
# import in a circle.
_HOMES = {
    "Callback": "recsae.callbacks.base",
    "ExplainedRecommender": "recsae.inference.explained",
    "Results": "recsae.api.results",
    "Space": "recsae.api.spaces",
    "Trained": "recsae.api.training",
    "load_model": "recsae.jobs.models.loading",
    "load_results": "recsae.api.results",
    "resume": "recsae.api.search",
    "train": "recsae.api.training",
    "tune": "recsae.api.search",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    """Import the public names when they are asked for, so that `import recsae` stays instant."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
