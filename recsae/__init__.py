"""A distributed hyper-parameter search for sparse autoencoders on sequential recommenders.

Importing it must not load anything heavy: its public names are imported when they are asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsae.results import Results, load_results

__version__ = "0.1.0"
__all__ = ["Results", "__version__", "load_results"]


def __getattr__(name: str) -> Any:
    """Import the public names when they are asked for, so that `import recsae` stays instant."""
    if name in __all__:
        from recsae import results

        return getattr(results, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
