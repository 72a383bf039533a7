"""All mistakes of a space file at once.

A file is read as a search would read it, which tells the first mistake; this one is mended, by the
nearest right name or by leaving it out, and the file is read again. What only follows from a
mistake that was told before is not told.
"""

import copy
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from recsae.errors import Place, suggested, without_hint
from recsae.sae.registry import variants
from recsae.settings import fields
from recsae.space.checks import POINTS
from recsae.space.file_format.document import Document, SpaceError, read_document
from recsae.space.files.load import space_in
from recsae.space.parameters import MODEL, PARAMETERS, SEED
from recsae.space.shipped import find_space

MOST: Final = 200
"""Mistakes that are told of one file."""
_ENDS: Final = ("int", "float", "choice", "value")


def space_mistakes(path: str | Path) -> list[SpaceError]:
    """Return all mistakes of a space file, or of a shipped one by its name, by line.

    Raises RecsaeError if there is no such file.
    """
    found: list[SpaceError] = []
    try:
        document = read_document(find_space(path), str(path), found)
    except SpaceError as error:
        return [*found, error]
    mending = _Mending(document)
    for one in found:
        mending.mend(one)
    # Twice as often as it tells: what follows from a mistake is mended, too.
    for _ in range(2 * MOST):
        try:
            space_in(mending.document)
            break
        except SpaceError as error:
            told = {(one.line, one.key) for one in found}
            if (error.line, error.key) not in told and not mending.follows(error):
                found.append(error)
            if len(found) == MOST or not mending.mend(error):
                break
    return sorted(found, key=lambda error: error.line)


class _Mending:
    """A document without the mistakes that were told so far."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._gone: set[str] = set()
        """Names of parameters and models that are no more, being wrong."""
        self._guessed = False
        """Whether the model is not what the file says."""

    def follows(self, error: SpaceError) -> bool:
        """Return True for a mistake that another one may have made."""
        if self._guessed and error.message.startswith("not a setting of"):
            return True
        if len(error.place) == 2 and error.place[0] in (PARAMETERS, POINTS):
            return False  # a parameter's name, whatever it stands for; a point as a whole
        text = without_hint(f"{error.key} {error.message}")
        return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in self._gone)

    def mend(self, error: SpaceError) -> bool:
        """Change the document so that the mistake is gone; False if there is no way."""
        place, values = error.place, self.document.value
        before = copy.deepcopy(values)
        name, place = suggested(error.message), _within(values, place)
        written = _at(values, place)
        if name is not None and isinstance(written, str) and repr(written) in error.message:
            self._set(place, name)
        elif name is not None and place and isinstance(place[-1], str):
            self._rename(place, name)
        elif place[:1] == (MODEL,) or error.place[:1] == (MODEL,):
            self._without_model(place)
        elif place[:1] == (PARAMETERS,) and len(place) > 1:
            self._without_option(place)
        elif place[:1] == (PARAMETERS,) or error.place[:1] == (PARAMETERS,):
            self._set((PARAMETERS,), {SEED: 0})
        elif place:
            self._delete(place)
        return self.document.value != before

    def _without_option(self, place: Place) -> None:
        """Leave out an option or a condition of a parameter, or all of it with its values."""
        name, form = str(place[1]), _at(self.document.value, place[:2])
        option = place[2] if len(place) > 2 else None
        if option is None or option in _ENDS or not isinstance(form, dict):
            # Kept with some value at first: its name may be wrong, and others may depend on it.
            if name in self._gone or option is None:
                self._delete(place[:2])
            else:
                self._set(place[:2], {"value": _default(name)})
            self._gone.add(name)
        elif option == "when" and len(place) > 3 and len(form["when"]) > 1:
            self._delete(place[:4])
        else:
            self._delete(place[:3])
        if not self.document.value[PARAMETERS]:
            self._set((PARAMETERS,), {SEED: 0})

    def _without_model(self, place: Place) -> None:
        """Leave out a model; with none left, take the one whose settings the parameters fit."""
        written = _at(self.document.value, place)
        if isinstance(written, str):
            self._gone.add(written)
        self._guessed = True
        models = self.document.value.get(MODEL)
        if len(place) > 1 and isinstance(models, list) and len(models) > 1:
            self._delete(place)
            return
        parameters = self.document.value.get(PARAMETERS)
        names = set(parameters) if isinstance(parameters, dict) else set()
        fitting = max(variants().items(), key=lambda one: len(names & set(fields(one[1].Settings))))
        self._set((MODEL,), fitting[0])

    def _set(self, place: Place, value: Any) -> None:
        self._change(place, lambda parent, key: parent.__setitem__(key, value))

    def _delete(self, place: Place) -> None:
        parent = _at(self.document.value, place[:-1])
        if place[0] == POINTS and len(place) > 2 and len(parent) == 1:
            place = place[:-1]  # of a point nothing would be left
        self._change(place, lambda parent, key: parent.__delitem__(key))
        if isinstance(place[-1], int):
            self._relined(place[:-1], lambda key: key - (key > place[-1]))

    def _rename(self, place: Place, name: str) -> None:
        old = str(place[-1])
        self._gone |= {name} if old in self._gone else set()
        if name in _at(self.document.value, place[:-1]):
            self._delete(place)
            return

        def renamed(parent: Any, key: Any) -> None:
            items = [(name if one == key else one, value) for one, value in parent.items()]
            parent.clear()
            parent.update(items)

        self._change(place, renamed)
        self._relined(place[:-1], lambda key: name if key == old else key)

    def _change(self, place: Place, change: Any) -> None:
        values = copy.deepcopy(self.document.value)
        change(_at(values, place[:-1]), place[-1])
        self.document = Document(self.document.source, values, self.document.lines)

    def _relined(self, parent: Place, moved: Any) -> None:
        """Let lines follow keys of `parent` that are others now."""
        depth = len(parent)
        lines: Mapping[Place, int] = {
            (*where[:depth], moved(where[depth]), *where[depth + 1 :])
            if where[:depth] == parent and len(where) > depth
            else where: line
            for where, line in self.document.lines.items()
        }
        self.document = Document(self.document.source, self.document.value, lines)


def _default(name: str) -> Any:
    """Return the default of a setting, 0 where no model has it."""
    kinds = (fields(variant.Settings) for variant in variants().values())
    return next((known[name].default for known in kinds if name in known), 0)


def _within(values: Any, place: Place) -> Place:
    """Return the part of a place that is there."""
    for depth, part in enumerate(place):
        known = isinstance(values, dict) and part in values
        if not known and not (isinstance(values, list) and part in range(len(values))):
            return place[:depth]
        values = values[part]
    return place


def _at(values: Any, place: Place) -> Any:
    for part in place:
        values = values[part]
    return values
