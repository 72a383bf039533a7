"""What may stand for a value in a space file: a text, a number, true, false or nothing."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from recsae.settings import KeyedValueError

Scalar = str | int | float | bool | None
SCALAR: Final = {"type": ["string", "number", "boolean", "null"]}


def _scalar(value: Any) -> Any:
    if not isinstance(value, Scalar):
        raise ValueError(f"expected a text, a number, true or false, got {value!r}")
    return value


def _each_once(values: list[Any]) -> list[Any]:
    for i, value in enumerate(values):
        if value in values[:i]:
            raise KeyedValueError((i,), f"expected each value once, got {value!r} twice")
    return values


def listed(value: Any) -> Any:
    """Return a list as it is, anything else as the one item of a list."""
    return value if isinstance(value, list) else [value]


Value = Annotated[Any, AfterValidator(_scalar), WithJsonSchema(SCALAR)]
Values = Annotated[list[Value], Field(min_length=1), AfterValidator(_each_once)]
ListOrValue = Annotated[
    Values,
    BeforeValidator(listed),
    WithJsonSchema({"anyOf": [SCALAR, {"type": "array", "items": SCALAR, "minItems": 1}]}),
]
