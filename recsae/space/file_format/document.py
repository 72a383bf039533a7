"""YAML read with the line of every key, so that a mistake can be told where it stands.

A place is the way to a value: ("parameters", "sae_k", "int", 0). Numbers such as 1e-4, which YAML
1.1 takes for texts, are numbers here, and dates are texts.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from recsae.errors import Place, RecsaeError
from recsae.settings import LARGEST
from recsae.space.file_format.bounds import MOST_BYTES, TooLargeError, check_bounds

_FLOAT = "tag:yaml.org,2002:float"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_EXPONENT = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+$")
_MOST_LEVELS = 8  # deeper than any space; also ends an alias that contains itself


@dataclass(frozen=True)
class Document:
    """A mapping of plain values, with the lines of its keys (none when it came from memory)."""

    source: str
    value: dict[str, Any]
    lines: Mapping[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """Return the line of a place, or of the nearest one around it; 0 when unknown."""
        known = (place[:length] for length in range(len(place), 0, -1))
        return next((self.lines[part] for part in known if part in self.lines), 0)

    def error(self, place: Place, message: str) -> "SpaceError":
        """Return the mistake at `place` as one line: file, line, key, message."""
        value: Any = self.value
        for depth, part in enumerate(place):
            if not isinstance(value, dict | list):  # a bare value, for which a form stands
                place = place[:depth]
                break
            value = value.get(part) if isinstance(value, dict) else value[int(part)]
        return mistake(self.source, self.line(place), _key(place), message, place)


class SpaceError(RecsaeError):
    """A mistake in a space file, with its parts beside the one line that they make."""

    def __init__(self, source: str, line: int, key: str, message: str, place: Place) -> None:
        self.source, self.line, self.key, self.place = source, line, key, place
        self.message = " ".join(message.splitlines())
        where = f"{source}:{line}" if line else source
        text = ": ".join(part for part in (where, key, message) if part)
        super().__init__(" ".join(text.splitlines()))


def mistake(
    source: str, line: int, key: str, message: str, place: Place | None = None
) -> SpaceError:
    """Return an error of one line; `line` 0 and an empty key are left out.

    place: where in the file it is; left out, the key alone.
    """
    known = ((key,) if key else ()) if place is None else place
    return SpaceError(source, line, key, message, known)


def _key(place: Place) -> str:
    names = [part for part in place if isinstance(part, str)]
    return ".".join(names[1:] or names)  # the section is plain from the line


def read_document(path: Path, source: str, mistakes: list[SpaceError] | None = None) -> Document:
    """Read a YAML mapping; `source` names it in errors. RecsaeError when it is not one.

    mistakes: takes those of single values, which are left out then; else the first is raised.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise mistake(source, 0, "", f"cannot be read ({error.strerror})") from None
    try:
        check_bounds(data, _Loader)
        found: list[SpaceError] = [] if mistakes is None else mistakes
        document = _parse(data, source, found)
    except TooLargeError as error:
        raise mistake(source, error.line, "", str(error)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise mistake(source, line, "", f"not valid YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise mistake(source, 0, "", f"not valid YAML: {error}") from None
    if found and mistakes is None:
        raise found[0]
    return document


class _Loader(yaml.SafeLoader):
    """The safe loader with our reading of numbers and dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_FLOAT, _EXPONENT, list("-+.0123456789"))


def _parse(data: bytes, source: str, mistakes: list[SpaceError]) -> Document:
    loader = _Loader(data)
    try:
        root = loader.get_single_node()
        if root is None:
            raise mistake(source, 1, "", "expected a search space, got an empty file")
        if not isinstance(root, yaml.MappingNode):
            line = root.start_mark.line + 1
            raise mistake(source, line, "", "expected keys and values, such as model_name: …")
        reader = _Reader(loader, source, mistakes)
        return Document(source, reader.mapping(root, ()), reader.lines)
    finally:
        loader.dispose()


class _Reader:
    """Turns nodes into plain values and notes the line of each place."""

    def __init__(self, loader: _Loader, source: str, mistakes: list[SpaceError]) -> None:
        self.loader, self.source, self.mistakes = loader, source, mistakes
        self.lines: dict[Place, int] = {}

    def read(self, node: yaml.Node, place: Place) -> Any:
        if len(place) > _MOST_LEVELS:
            raise self._mistake(node, (), "nested too deeply")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(child, (*place, i)) for i, child in enumerate(node.value)]
        try:
            return self._value(node, place)
        except SpaceError as error:
            self.mistakes.append(error)
            return None

    def _value(self, node: yaml.Node, place: Place) -> Any:
        value = self._scalar(node, place)
        if isinstance(value, int) and abs(value) > LARGEST:
            raise self._mistake(node, place, f"expected a number below 2^63, got {value}")
        if isinstance(value, float) and not math.isfinite(value):
            raise self._mistake(node, place, f"expected a finite number, got {node.value}")
        return value

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        try:
            value = self.loader.construct_object(node)
        except yaml.YAMLError:
            raise
        except Exception as error:  # such as !!int abc, !!bool 3, a number of thousands of digits
            words = f"not valid YAML: {' '.join(str(error).split())}"
            raise self._mistake(node, place, words) from None
        if value is not None and type(value) not in (str, int, float, bool):
            words = f"expected a plain value, got {node.tag.rpartition(':')[2]}"
            raise self._mistake(node, place, words)
        return value

    def mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in values:
                first = self.lines[(*place, key)]
                twice = mistake(
                    self.source, _line(key_node), key, f"given twice, first on line {first}", ()
                )
                self.mistakes.append(twice)
                continue
            self.lines[(*place, key)] = _line(key_node)
            values[key] = self.read(value_node, (*place, key))
        return values

    def _item(self, node: yaml.Node, place: Place) -> Any:
        self.lines[place] = _line(node)
        return self.read(node, place)

    def _key(self, node: yaml.Node) -> str:
        key = self._scalar(node, ()) if isinstance(node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            got = node.value if isinstance(node, yaml.ScalarNode) else "a list or mapping"
            raise self._mistake(node, (), f"expected a name before the colon, got {got}")
        return key

    def _mistake(self, node: yaml.Node, place: Place, message: str) -> SpaceError:
        return mistake(self.source, _line(node), _key(place), message, place)


def _line(node: yaml.Node) -> int:
    """Return the line on which a node begins, from 1."""
    return int(node.start_mark.line) + 1
