"""What there is of a kind, by name: a file each in a folder of ours, or a package's entry point.

A file joins when a class in it assigns `name` a plain string; there is no list to edit. A package
that is installed beside recsae joins by an entry point in the kind's group, e.g. in its setup.cfg:

    [options.entry_points]
    recsae.samplers =
        mine = my_package.samplers:Mine

Names, descriptions and what else a class assigns as plain values are read from the text of our own
files, so that to ask for them imports nothing: a file may need torch or Optuna.
"""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar, cast

from recsae.errors import RecsaeError, SettingError, unknown_name
from recsae.files import source_digest

T = TypeVar("T")


class Outside(NamedTuple):
    """The package that a class comes from, if it is not recsae."""

    package: str
    version: str
    code: str
    """A name for the Python files of its top-level module."""


@dataclass(frozen=True)
class Declaration:
    """What a class says of itself."""

    name: str
    module: str
    kind: str
    """The name of the class."""
    description: str
    """The first line of its docstring."""
    values: Mapping[str, Any]
    """What the class assigns, where that is a plain value."""


class Registry(Generic[T]):
    """The classes of one kind by their `name`, sorted; loaded when they are first asked for."""

    def __init__(
        self, base: type[T] | str, folder: str | tuple[str, ...], group: str, key: str
    ) -> None:
        """Find subclasses of `base` in the package `folder`, and in the entry points of `group`.

        `base`: a class, or "module:Class" where importing it would be a circle. `folder`: one
        package, or several of which only the first must exist; their `__init__` imports little.
        `key`: the setting that names one, for errors.
        """
        self._base, self._group, self._key = base, group, key
        self._folders = (folder,) if isinstance(folder, str) else folder

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all, sorted; RecsaeError if one is taken twice."""
        return tuple(self.found)

    @cached_property
    def found(self) -> dict[str, Declaration | EntryPoint]:
        """What there is by name, sorted: the text of our own classes, entry points of others."""
        found: dict[str, Declaration | EntryPoint] = {}
        points = sorted(entry_points(group=self._group), key=lambda point: point.name)
        every: list[Declaration | EntryPoint] = [*self._own(), *points]
        for one in every:
            if one.name in found:
                places = f"{_place(one)} and {_place(found[one.name])}"
                raise RecsaeError(f"{self._group}: {places}: {one.name}")
            found[one.name] = one
        return dict(sorted(found.items()))

    @property
    def all(self) -> dict[str, type[T]]:
        """Every class by its name, sorted; RecsaeError if one of another package is none."""
        return {name: self.get(name) for name in self.names}

    def get(self, name: str) -> type[T]:
        """Return a class by its name; SettingError with the nearest name if there is none."""
        if name not in self.found:
            raise SettingError(self._key, unknown_name(name, self.names))
        one = self.found[name]
        if isinstance(one, Declaration):
            return cast(type[T], getattr(importlib.import_module(one.module), one.kind))
        kind = _loaded(one)
        base = self._base_class()
        fits = isinstance(kind, type) and issubclass(kind, base)
        if fits and vars(kind).get("name") == name:
            return cast(type[T], kind)
        wanted = f"a {base.__name__} with the name {name!r}"
        raise RecsaeError(f"{_named(one)}: expected {wanted}")

    def about(self, name: str) -> Declaration:
        """Return what a class says of itself; only another package's is imported for it."""
        one = self.found[name]
        if isinstance(one, Declaration):
            return one
        kind = self.get(name)
        first = (inspect.getdoc(kind) or "").partition("\n")[0]
        values = {key: getattr(kind, key) for key in dir(kind) if not key.startswith("_")}
        return Declaration(name, kind.__module__, kind.__qualname__, first, values)

    def says(self, name: str, what: str) -> bool:
        """Return True if a class assigns True to `what`. A base class cannot say it for ours."""
        return name in self.found and self.about(name).values.get(what) is True

    def descriptions(self) -> dict[str, str]:
        """Return the first line of each docstring by the name of the class."""
        return {name: self.about(name).description for name in self.names}

    def outside(self, name: str) -> Outside | None:
        """Return the package that a class comes from, None if it is one of ours or unknown."""
        point = self.found.get(name)
        # Not by its type: the package importlib_metadata, once it is imported, gives its own.
        if point is None or isinstance(point, Declaration):
            return None
        package, version = (point.dist.name, point.dist.version) if point.dist else ("?", "?")
        spec = find_spec(point.module.partition(".")[0])
        folders = list((spec and spec.submodule_search_locations) or [])
        paths = folders or ([spec.origin] if spec and spec.origin else [])
        return Outside(package, version, source_digest(*map(Path, paths)))

    def _base_class(self) -> type[T]:
        if not isinstance(self._base, str):
            return self._base
        module, _, kind = self._base.partition(":")
        return cast(type[T], getattr(importlib.import_module(module), kind))

    def _own(self) -> Iterator[Declaration]:
        for number, folder in enumerate(self._folders):
            if number and find_spec(folder) is None:
                continue
            path = importlib.import_module(folder).__path__
            for module in pkgutil.iter_modules(path, prefix=f"{folder}."):
                if not module.ispkg:
                    yield from declarations(_source(module.name), module.name)


def declarations(source: str, module: str = "") -> list[Declaration]:
    """Return what the classes in this source that assign `name` a string say of themselves."""
    if "name" not in source or "class" not in source:
        return []
    found = []
    for node in ast.parse(source).body:
        values = _assigned(node) if isinstance(node, ast.ClassDef) else {}
        if isinstance(node, ast.ClassDef) and isinstance(values.get("name"), str):
            first = (ast.get_docstring(node) or "").partition("\n")[0]
            found.append(Declaration(values["name"], module, node.name, first, values))
    return found


def _assigned(node: ast.ClassDef) -> dict[str, Any]:
    """Return what a class assigns, where the value is a literal."""
    found: dict[str, Any] = {}
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign):
            targets: list[ast.expr] = [statement.target]
        elif isinstance(statement, ast.Assign):
            targets = statement.targets
        else:
            continue
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        try:
            found.update(dict.fromkeys(names, ast.literal_eval(statement.value or ast.Name(""))))
        except ValueError:
            continue
    return found


def _source(module: str) -> str:
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).read_text()


def _loaded(point: EntryPoint) -> Any:
    """Return what an entry point names; whatever its package raises is a line that names it."""
    try:
        return point.load()
    except Exception as error:
        raise RecsaeError(f"{_named(point)}: {type(error).__name__}: {error}") from error


def _named(point: EntryPoint) -> str:
    package = point.dist.name if point.dist is not None else "?"
    return f"package {package}, entry point {point.group} {point.name} = {point.value}"


def _place(one: Declaration | EntryPoint) -> str:
    return f"{one.module}.{one.kind}" if isinstance(one, Declaration) else one.value
