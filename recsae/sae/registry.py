"""The variants by name. A file in variants/ that defines a Variant joins; no list to edit."""

import ast
import importlib
import pkgutil
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import recsae.sae.variants
from recsae.errors import SettingError, nearest
from recsae.sae.base import SAESettings, Variant


@cache
def variants() -> dict[str, Variant]:
    """Return every variant by its name, sorted; loads the variants' files and no torch."""
    found = [kind for module in _variant_modules() for kind in _kinds(module)]
    names = [kind.name for kind in found]
    assert len(set(names)) == len(names), f"two variants share a name: {sorted(names)}"
    return {kind.name: kind() for kind in sorted(found, key=lambda kind: kind.name)}


def variant(name: str) -> Variant:
    """Return a variant by name; raises SettingError with the nearest name."""
    known = variants()
    if name not in known:
        names = ", ".join(known)
        raise SettingError(
            "model_name", f"expected one of {names}, got {name!r}{nearest(name, known)}"
        )
    return known[name]


def views_needed(model_name: str, settings: SAESettings) -> int:
    """Return how many views of each row must be stored for a training with these settings."""
    return variant(model_name).views(settings)


def names_a_variant(source: str) -> bool:
    """Return True if a class in this source assigns `name` a string, as each Variant must.

    Read from the text, because importing the engine's files to look inside would load torch.
    """
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    return any(_assigns_name(statement) for node in classes for statement in node.body)


def _assigns_name(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.AnnAssign):
        targets: list[ast.expr] = [statement.target]
    elif isinstance(statement, ast.Assign):
        targets = statement.targets
    else:
        return False
    is_text = isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)
    return is_text and any(isinstance(t, ast.Name) and t.id == "name" for t in targets)


def _variant_modules() -> list[str]:
    room = recsae.sae.variants
    names = [f"{room.__name__}.{module.name}" for module in pkgutil.iter_modules(room.__path__)]
    return [name for name in names if names_a_variant(_source(name))]


def _source(module: str) -> str:
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).read_text()


def _kinds(module: str) -> list[type[Variant]]:
    members = vars(importlib.import_module(module)).values()
    return [
        member
        for member in members
        if isinstance(member, type)
        and issubclass(member, Variant)
        and member.__module__ == module
        and hasattr(member, "name")
    ]
