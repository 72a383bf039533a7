"""Which code and packages a run depends on."""

from importlib.metadata import version
from pathlib import Path
from platform import python_version

import recsae
from recsae.files import source_digest

_ROOT = Path(recsae.__file__).parent
_TRAINING = ("sae", "metrics", "trial.py", "scoring.py")
_SEARCH = (
    *("proposers", "rules", "model", "budgets.py", "completing.py", "director.py", "history.py"),
    *("parameters.py", "strategies.py", "strategy.py"),
)


def versions() -> dict[str, str]:
    """Return the versions that a run depends on."""
    packages = ("torch", "ray", "optuna", "numpy", "pandas")
    found = {name: version(name) for name in packages}
    return {"recsae": recsae.__version__, "python": python_version(), **found}


def code() -> dict[str, str]:
    """Return a digest of the code that trains trials, and one of the code that chooses them."""
    return {
        "training": source_digest(*(_ROOT / name for name in _TRAINING)),
        "search": source_digest(*(_ROOT / "search" / name for name in _SEARCH)),
    }
