"""Scripts that are no part of the package, as modules."""

import importlib.util
from pathlib import Path
from types import ModuleType

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def script(path: Path) -> ModuleType:
    """Return a file as a module of its own, not run as a script."""
    spec = importlib.util.spec_from_file_location(f"{path.stem}_script", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def experiment(name: str) -> ModuleType:
    """Return experiments/NAME.py as a module of its own, not run."""
    return script(EXPERIMENTS / f"{name}.py")
