"""A package that lies beside recsae as if pip had installed it: a module and its entry points."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from recsae import settings
from recsae.registry import Registry

MODULE = "a_package_from_outside"


def lay(folder: Path, source: str, group: str, **names: str) -> None:
    """Write the package into a folder: its source, and name → class in a group."""
    (folder / f"{MODULE}.py").write_text(source)
    about = folder / f"{MODULE}-1.0.dist-info"
    about.mkdir(exist_ok=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {MODULE}\nVersion: 1.0\n")
    points = "".join(f"{name} = {MODULE}:{kind}\n" for name, kind in names.items())
    with (about / "entry_points.txt").open("a") as file:
        file.write(f"[{group}]\n{points}")


@contextmanager
def installed(folder: Path, registry: Registry[Any]) -> Iterator[None]:
    """Let a registry find what was laid into a folder, within the block alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        _forget(registry)
        yield
    _forget(registry)
    sys.modules.pop(MODULE, None)


def _forget(registry: Registry[Any]) -> None:
    """Let the names be looked up again."""
    vars(registry).pop("found", None)
    settings._schema.cache_clear()
