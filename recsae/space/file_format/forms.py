"""How a space file may write one parameter: a class for each form, with its options."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from recsae.errors import unexpected
from recsae.settings import KeyedValueError, Settings, Words
from recsae.space.file_format.expressions import Expression, is_expression
from recsae.space.file_format.values import ListOrValue, Value, Values
from recsae.space.parameters import Kind, Parameter, Prior

_FORMS = "{int: [low, high]}, {float: [low, high]}, {choice: [a, b]}, {value: a} or a bare value"
_ORDER = ("int", "float", "choice", "value", "log", "step", "scale", "prior", "when")
_Pair = Field(min_length=2, max_length=2)


def _ends(number: type[int] | type[float], words: str) -> Callable[[list[Any]], list[Any]]:
    """Return what checks the ends of a range: numbers, or expressions of other parameters."""

    def checked(written: list[Any]) -> list[Any]:
        kinds = (int,) if number is int else (int, float)
        ends: list[Any] = []
        for end in written:
            if isinstance(end, str) and is_expression(end):
                ends.append(Expression.of(end))
            elif isinstance(end, bool) or not isinstance(end, kinds):
                raise ValueError(f"expected {words}, got {written}")
            else:
                ends.append(number(end))
        if not any(isinstance(end, Expression) for end in ends) and ends[0] >= ends[1]:
            raise ValueError(f"expected [low, high] with low < high, got {ends}")
        return ends

    return checked


_INTEGERS = "[low, high], two integers"
_NUMBERS = "[low, high], two numbers"


class Form(Settings):
    """One way to write a parameter; the fields are those of `Parameter`."""

    kind: ClassVar[Kind]
    when: Annotated[
        dict[str, ListOrValue] | None, Field(min_length=1), Words("{parameter: value or list}")
    ] = None
    """Takes part only where the named parameters have these values."""

    @classmethod
    def unknown(cls, key: str) -> str:
        """Return what to tell of an option that the form does not have."""
        return unexpected(key, options(cls))

    def parameter(self, name: str, line: int = 0) -> Parameter:
        """Return the parameter of that name; `line` is where it stands."""
        given = dict(self)
        ends = given.pop("ends", (None, None))
        low, high = (None if isinstance(end, Expression) else end for end in ends)
        low_of, high_of = (end if isinstance(end, Expression) else None for end in ends)
        given["when"] = tuple((n, tuple(values)) for n, values in (self.when or {}).items())
        given["choices"] = tuple(given.get("choices", ()))
        given |= {"low_of": low_of, "high_of": high_of}
        return Parameter(name, self.kind, low=low, high=high, line=line, **given)


class _Searched(Form):
    prior: Prior | None = None
    """Where the best value is thought to be; a wrong guess washes out."""


class _Range(_Searched):
    ends: Any
    log: bool = False
    """Spread the values evenly over powers."""

    @model_validator(mode="after")
    def _positive_if_log(self) -> Self:
        if self.log and not isinstance(self.ends[0], Expression) and self.ends[0] <= 0:
            message = f"expected low > 0 because log is true, got {self.ends[0]}"
            raise KeyedValueError(self.kind, message)
        return self


class IntegerRange(_Range):
    """Integers between two ends, both included."""

    kind: ClassVar[Kind] = "int"
    ends: Annotated[list[Any], _Pair, AfterValidator(_ends(int, _INTEGERS)), Words(_INTEGERS)] = (
        Field(alias="int")
    )
    """Both may be expressions: numbers, names of parameters, + - * / min max."""
    step: Annotated[int, Field(ge=1)] | None = None
    """Distance between two values."""

    @model_validator(mode="after")
    def _step_fits(self) -> Self:
        if self.log and self.step not in (None, 1):
            raise KeyedValueError("step", "expected no step because log is true")
        if any(isinstance(end, Expression) for end in self.ends):
            return self  # the last step that fits is the end
        span = self.ends[1] - self.ends[0]
        if span % (self.step or 1):
            message = f"expected a divisor of high - low ({span}), got {self.step}"
            raise KeyedValueError("step", message)
        return self


class FloatRange(_Range):
    """Numbers between two ends."""

    kind: ClassVar[Kind] = "float"
    ends: Annotated[list[Any], _Pair, AfterValidator(_ends(float, _NUMBERS)), Words(_NUMBERS)] = (
        Field(alias="float")
    )
    """Both may be expressions: numbers, names of parameters, + - * / min max."""
    scale: Annotated[Literal["latents"] | None, Words("latents")] = None
    """Times sqrt(2^14 / latents)."""


class Choice(_Searched):
    """One of some values."""

    kind: ClassVar[Kind] = "choice"
    choices: Annotated[Values, Words("a list of values")] = Field(alias="choice")


class Fixed(Form):
    """One value."""

    kind: ClassVar[Kind] = "fixed"
    value: Value


FORMS: Final[dict[str, type[Form]]] = {
    "int": IntegerRange,
    "float": FloatRange,
    "choice": Choice,
    "value": Fixed,
}


def options(form: type[Form]) -> list[str]:
    """Return the keys that a form may have, as a file writes them."""
    keys = {info.alias or name for name, info in form.model_fields.items()}
    return [key for key in _ORDER if key in keys]


def _form(written: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Return what is written as one of the forms, a bare value as a fixed one."""
    if not isinstance(written, dict | list):
        written = {"value": written}
    if isinstance(written, list) and len(written) > 1 and all(map(_is_form, written)):
        return _cases(written)
    # Of an unknown key alone say that; else which forms there are.
    if isinstance(written, list) or not set(written) & set(FORMS):
        for key in written if isinstance(written, dict) else ():
            if key not in _ORDER:
                raise KeyedValueError(key, unexpected(key, _ORDER))
        raise ValueError(f"expected {_FORMS}, got {written}")
    try:
        return handler(written)
    except ValidationError as error:  # as the form has told it, without the union's own part
        raise error.errors()[0]["ctx"]["error"] from None


class Cases:
    """Several forms of one parameter: the first whose `when` holds is drawn."""

    def __init__(self, forms: Sequence[Form]) -> None:
        self.forms = tuple(forms)

    def parameter(self, name: str, line: int = 0) -> Parameter:
        """Return the parameter of that name; how wide it is, `with_reach` says."""
        cases = [form.parameter(name, line) for form in self.forms]
        cases = [replace(case, case=i) for i, case in enumerate(cases)]
        return Parameter(name, cases[0].kind, cases=tuple(cases), line=line)


def _is_form(written: Any) -> bool:
    return isinstance(written, dict) and bool(set(written) & set(FORMS))


def _cases(written: list[Any]) -> Cases:
    forms: list[Form] = []
    for i, one in enumerate(written):
        try:
            forms.append(TypeAdapter(AnyForm).validate_python(one))
        except ValidationError as error:
            cause = error.errors()[0]["ctx"]["error"]
            raise KeyedValueError((i, *cause.place), cause.message) from None
        if forms[-1].when is None and i + 1 < len(written):
            raise KeyedValueError((i,), "expected when: in each case but the last")
    return Cases(forms)


def _tag(written: dict[str, Any]) -> str:
    return next(form for form in FORMS if form in written)


AnyForm = Annotated[
    Annotated[IntegerRange, Tag("int")]
    | Annotated[FloatRange, Tag("float")]
    | Annotated[Choice, Tag("choice")]
    | Annotated[Fixed, Tag("value")],
    Discriminator(_tag),
    WrapValidator(_form),
]
