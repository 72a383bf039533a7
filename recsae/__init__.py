"""A distributed hyper-parameter search for sparse autoencoders on sequential recommenders.

Importing it must not load anything heavy: its public names are imported when they are asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

from recsae.version import VERSION as __version__

if TYPE_CHECKING:
    from recsae.inference.explained import ExplainedRecommender
    from recsae.jobs.models.loading import load_model
    from recsae.results import Results, load_results

__all__ = ["ExplainedRecommender", "Results", "__version__", "load_model", "load_results"]

_HOMES = {
    "ExplainedRecommender": "recsae.inference.explained",
    "Results": "recsae.results",
    "load_model": "recsae.jobs.models.loading",
    "load_results": "recsae.results",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are asked for, so that `import recsae` stays instant."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
