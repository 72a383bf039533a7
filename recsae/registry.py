"""What there is of a kind, by name: a file each in a folder of ours, or a package's entry point.

A file joins when a class in it assigns `name` a plain string; there is no list to edit. A package
that is installed beside recsae joins by an entry point in the kind's group, e.g. in its setup.cfg:

    [options.entry_points]
    recsae.samplers =
        mine = my_package.samplers:Mine
"""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Generic, TypeVar

from recsae.errors import RecsaeError, SettingError, nearest

T = TypeVar("T")


class Registry(Generic[T]):
    """The classes of one kind by their `name`, sorted; loaded when they are first asked for."""

    def __init__(self, base: type[T], folder: str, group: str, key: str) -> None:
        """Find subclasses of `base` in the package `folder`, and in the entry points of `group`.

        `key`: the setting that names one, for errors.
        """
        self._base, self._folder, self._group, self._key = base, folder, group, key

    @cached_property
    def all(self) -> dict[str, type[T]]:
        """Every class by its name, sorted; RecsaeError if a name is taken twice or is no such."""
        found: dict[str, type[T]] = {}
        for kind in (*self._own(), *self._from_outside()):
            name = str(vars(kind)["name"])
            if name in found:
                raise RecsaeError(
                    f"{self._group}: {_place(kind)} and {_place(found[name])}: {name}"
                )
            found[name] = kind
        return dict(sorted(found.items()))

    def get(self, name: str) -> type[T]:
        """Return a class by its name; SettingError with the nearest name if there is none."""
        if name not in self.all:
            hint = nearest(name, self.all)
            raise SettingError(
                self._key, f"expected one of {', '.join(self.all)}, got {name!r}{hint}"
            )
        return self.all[name]

    def _own(self) -> Iterator[type[T]]:
        path = importlib.import_module(self._folder).__path__
        for module in pkgutil.iter_modules(path, prefix=f"{self._folder}."):
            if names_one(_source(module.name)):
                yield from self._kinds(module.name)

    def _kinds(self, module: str) -> Iterator[type[T]]:
        for member in vars(importlib.import_module(module)).values():
            own = isinstance(member, type) and member.__module__ == module
            if own and issubclass(member, self._base) and "name" in vars(member):
                yield member

    def _from_outside(self) -> Iterator[type[T]]:
        for point in sorted(entry_points(group=self._group), key=lambda point: point.name):
            kind = _loaded(point)
            fits = isinstance(kind, type) and issubclass(kind, self._base)
            if fits and vars(kind).get("name") == point.name:
                yield kind
                continue
            wanted = f"a {self._base.__name__} with the name {point.name!r}"
            raise RecsaeError(f"{_told(point)}: expected {wanted}")


def names_one(source: str) -> bool:
    """Return True if a class in this source assigns `name` a string.

    Read from the text, because to import a file only to look inside could load torch.
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


def _source(module: str) -> str:
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).read_text()


def _loaded(point: EntryPoint) -> Any:
    """Return what an entry point names; whatever its package raises is a line that names it."""
    try:
        return point.load()
    except Exception as error:
        raise RecsaeError(f"{_told(point)}: {type(error).__name__}: {error}") from error


def _told(point: EntryPoint) -> str:
    package = point.dist.name if point.dist is not None else "?"
    return f"package {package}, entry point {point.group} {point.name} = {point.value}"


def _place(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
