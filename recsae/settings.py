"""How a component declares its settings: a small frozen class, a docstring under each field.

From it come `--help`, the schema of the search-space files, and the error messages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import CoreSchema, no_info_after_validator_function

from recsae.errors import Place, SettingError, nearest

KEYS_AND_VALUES = "keys and values"
_TYPES = {
    "integer": "an integer",
    "number": "a number",
    "string": "a text",
    "boolean": "true or false",
    "null": "nothing",
    "object": KEYS_AND_VALUES,
    "array": "a list",
}
LARGEST = 2**63 - 1
"""The largest integer that a seed of torch or a column of a dataframe holds."""

_BOUNDS = {
    "minimum": ">=",
    "exclusiveMinimum": ">",
    "maximum": "<=",
    "exclusiveMaximum": "<",
}


class Settings(BaseModel):
    """Base of every component's settings: immutable, no unknown names, no silent conversion."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )

    written_as: ClassVar[str] = KEYS_AND_VALUES
    """What stands for the whole in a file, in words."""

    @field_validator("*")
    @classmethod
    def _fits_in_64_bits(cls, value: Any) -> Any:
        if isinstance(value, int) and value > LARGEST:
            raise ValueError(f"expected a number below 2^63, got {value}")
        return value

    @model_validator(mode="wrap")
    @classmethod
    def _tell(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Put the first mistake in words here, where its field is known."""
        try:
            return handler(data)
        except ValidationError as error:
            raise _first_mistake(cls, data, error) from None

    @classmethod
    def unknown(cls, key: str) -> str:
        """Return what to tell of a key that is none of the settings."""
        return f"no such setting{nearest(key, cls.model_fields)}"

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Build from names and values; raises SettingError naming the first wrong one."""
        try:
            return cls(**values)
        except ValidationError as error:
            mistake = error.errors()[0]["ctx"]["error"]
            raise SettingError(cls.__name__, mistake.message, mistake.place) from None

    def values(self) -> dict[str, Any]:
        """Return the settings as plain names and values, in the order they are declared."""
        return self.model_dump()


@dataclass(frozen=True)
class OneOf:
    """Marks a text as one of some names that are looked up when it is read; a Literal fixes them.

    `names`: returns name → what it is, in a line.
    """

    names: Callable[[], Mapping[str, str]]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return a check of the name."""
        return no_info_after_validator_function(self._known, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the names as an enum; editors show `enumDescriptions` beside them."""
        names = self.names()
        own = {"enum": list(names), "enumDescriptions": list(names.values())}
        return {**own, **handler(schema)}

    def _known(self, name: str) -> str:
        if name not in self.names():
            raise PydanticCustomError("one_of", "no such name")  # _first_mistake says more
        return name


class Words(NamedTuple):
    """Beside a field's type: what it accepts, where its schema does not say it."""

    text: str


def expected(settings: type[Settings], name: str) -> str:
    """Return in words what a field accepts, e.g. "an integer >= 1"."""
    for field, info in settings.model_fields.items():
        if name == (info.alias or field):
            for words in info.metadata:
                if isinstance(words, Words):
                    return words.text
    schema = _schema(settings)[name]
    return " or ".join(_words(part) for part in schema.get("anyOf", [schema]))


@cache
def _schema(settings: type[Settings]) -> dict[str, Any]:
    """Return the schema of each field; making it takes milliseconds, and every flag asks for it."""
    properties: dict[str, Any] = settings.model_json_schema()["properties"]
    return properties


def path_of(text: str | Path) -> Path:
    """Return the path that a user means: ~ is a home, unless there is none of that name."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def fields(settings: type[Settings]) -> dict[str, FieldInfo]:
    """Return the declared fields, in order."""
    return dict(settings.model_fields)


def _words(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    words = _TYPES.get(schema.get("type", ""), "a value")
    bounds = [f"{sign} {schema[key]}" for key, sign in _BOUNDS.items() if key in schema]
    return " ".join([words, " and ".join(bounds)]).strip()


def _first_mistake(
    settings: type[Settings], data: Any, error: ValidationError
) -> "KeyedValueError":
    """Return the first mistake in words, unknown keys before all others."""
    mistakes = error.errors(include_url=False)
    mistake = min(mistakes, key=lambda one: one["type"] != "extra_forbidden")
    place = tuple(mistake["loc"])
    cause = mistake.get("ctx", {}).get("error")
    if isinstance(cause, KeyedValueError):
        return KeyedValueError((*place, *cause.place), cause.message)
    if isinstance(cause, ValueError):
        return KeyedValueError(place, str(cause))
    if not place:
        return KeyedValueError((), f"expected {settings.written_as}, got {data!r}")
    key = str(place[0])
    if mistake["type"] == "extra_forbidden":
        return KeyedValueError((key,), settings.unknown(key))
    got = data.get(key)
    hint = nearest(got, _choices(settings, key)) if isinstance(got, str) else ""
    found = "nothing" if got is None else repr(got)
    return KeyedValueError((key,), f"expected {expected(settings, key)}, got {found}{hint}")


def _choices(settings: type[Settings], name: str) -> list[str]:
    """Return the words that a field accepts, if it takes words of a list."""
    schema = _schema(settings)[name]
    parts = schema.get("anyOf", [schema])
    words = [word for part in parts for word in part.get("enum", [part.get("const")])]
    return [word for word in words if isinstance(word, str)]


class KeyedValueError(ValueError):
    """Raised by a check of our own: says which field to change, and how."""

    def __init__(self, key: str | Place, message: str) -> None:
        super().__init__(message)
        self.place = (key,) if isinstance(key, str) else key
        self.message = message
