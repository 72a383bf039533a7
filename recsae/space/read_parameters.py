"""From the `parameters` of a space file to checked Parameters, conditions first.

Every value is checked against the settings class of each model that can meet it.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from recsae.errors import RecsaeError, SettingError, nearest
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sae.base import SAESettings
from recsae.sae.registry import variant, variants
from recsae.settings import fields
from recsae.space.conditions import SECTION, in_order, models_of
from recsae.space.document import Document, Place
from recsae.space.parameters import Kind, Parameter, Scalar, When
from recsae.space.read_priors import read_prior

FORM: dict[Kind, str] = {"int": "int", "float": "float", "choice": "choice", "fixed": "value"}
OPTIONS: dict[str, tuple[str, ...]] = {
    "int": ("log", "step", "prior", "when"),
    "float": ("log", "scale", "prior", "when"),
    "choice": ("prior", "when"),
    "value": ("when",),
}
OPTIONS_OF_ANY = ("log", "step", "scale", "prior", "when")
_FORMS = "{int: [low, high]}, {float: [low, high]}, {choice: [a, b]}, {value: a} or a bare value"


def read_parameters(document: Document, models: Sequence[str]) -> tuple[Parameter, ...]:
    """Return the parameters in an order where conditions come first."""
    written = document.value.get(SECTION)
    if not isinstance(written, dict) or not written:
        message = "expected settings to search, such as sae_k: {int: [2, 16]}"
        raise document.error((SECTION,), message)
    for name in written:
        _check_name(document, name, models)
    parameters = [_read(document, name, value) for name, value in written.items()]
    ordered = in_order(document, parameters, models)
    by_name = {parameter.name: parameter for parameter in ordered}
    checked = [_checked(document, p, models_of(document, p, by_name, models)) for p in ordered]
    priors = {n: body.get("prior") for n, body in written.items() if isinstance(body, dict)}
    return tuple(
        read_prior(document, (SECTION, p.name, "prior"), priors.get(p.name), p) for p in checked
    )


def _check_name(document: Document, name: str, models: Sequence[str]) -> None:
    known = {field for model in models for field in fields(variant(model).Settings)}
    if name in known:
        return
    if name in fields(SASRecSettings):
        raise document.error((SECTION, name), "a setting of the shared SASRec: it goes under base:")
    others = [other for other, kind in variants().items() if name in fields(kind.Settings)]
    if others:
        message = f"not a setting of {', '.join(models)}; {', '.join(others)} has it"
        raise document.error((SECTION, name), message)
    raise document.error((SECTION, name), f"no such setting{nearest(name, known)}")


def _read(document: Document, name: str, written: Any) -> Parameter:
    place = (SECTION, name)
    line = document.line(place)
    if isinstance(written, list):
        raise document.error(place, f"expected {_FORMS}, got {written}")
    if not isinstance(written, dict):
        return Parameter(name, "fixed", value=written, line=line)
    form = _form(document, place, written)
    when = _when(document, (*place, "when"), written.get("when"))
    body, spot = written[form], (*place, form)
    if form == "value":
        return Parameter(name, "fixed", value=_scalar(document, spot, body), when=when, line=line)
    if form == "choice":
        choices = _choices(document, spot, body)
        return Parameter(name, "choice", choices=choices, when=when, line=line)
    return _range(document, name, "int" if form == "int" else "float", written, when)


def _form(document: Document, place: Place, written: dict[str, Any]) -> str:
    """Return which of int, float, choice, value is given, after checking that the rest fits it."""
    forms = [form for form in OPTIONS if form in written]
    allowed = [*forms[:1], *OPTIONS[forms[0]]] if forms else [*OPTIONS, *OPTIONS_OF_ANY]
    for option in written:
        if option not in allowed:
            words = f"expected {', '.join(allowed[:-1])} or {allowed[-1]}"
            hint = nearest(option, allowed)
            raise document.error((*place, option), f"{words}, got {option!r}{hint}")
    if not forms:
        raise document.error(place, f"expected {_FORMS}, got {written}")
    return forms[0]


def _range(
    document: Document, name: str, kind: Kind, written: dict[str, Any], when: When
) -> Parameter:
    place = (SECTION, name)
    low, high = _ends(document, (*place, kind), written[kind], kind)
    log = written.get("log", False)
    if not isinstance(log, bool):
        raise document.error((*place, "log"), f"expected true or false, got {log!r}")
    if log and low <= 0:
        raise document.error((*place, kind), f"expected low > 0 because log is true, got {low}")
    scale = written.get("scale")
    if scale not in (None, "latents"):
        hint = nearest(str(scale), ["latents"])
        raise document.error((*place, "scale"), f"expected latents, got {scale!r}{hint}")
    step = _step(document, (*place, "step"), written.get("step"), high - low, log)
    line = document.line(place)
    return Parameter(name, kind, low, high, log, step, scale=scale, when=when, line=line)


def _ends(document: Document, place: Place, body: Any, kind: str) -> tuple[float, float]:
    numbers = "integers" if kind == "int" else "numbers"
    types = int if kind == "int" else (int, float)
    fits = isinstance(body, list) and len(body) == 2
    if not fits or not all(isinstance(end, types) and not isinstance(end, bool) for end in body):
        raise document.error(place, f"expected [low, high], two {numbers}, got {body!r}")
    if body[0] >= body[1]:
        raise document.error(place, f"expected [low, high] with low < high, got {body}")
    low, high = body
    return (low, high) if kind == "int" else (float(low), float(high))


def _step(document: Document, place: Place, step: Any, span: float, log: bool) -> int | None:
    if step is None:
        return None
    if not isinstance(step, int) or isinstance(step, bool) or step < 1:
        raise document.error(place, f"expected an integer >= 1, got {step!r}")
    if log and step != 1:
        raise document.error(place, "expected no step because log is true")
    if span % step:
        raise document.error(place, f"expected a divisor of high - low ({span}), got {step}")
    return step


def _choices(document: Document, place: Place, body: Any) -> tuple[Scalar, ...]:
    if not isinstance(body, list) or not body:
        raise document.error(place, f"expected a list of values, got {body!r}")
    choices = [_scalar(document, (*place, i), choice) for i, choice in enumerate(body)]
    for i, choice in enumerate(choices):
        if choice in choices[:i]:
            raise document.error((*place, i), f"expected each value once, got {choice!r} twice")
    return tuple(choices)


def _scalar(document: Document, place: Place, value: Any) -> Scalar:
    if not isinstance(value, str | int | float | None):
        raise document.error(place, f"expected a text, a number, true or false, got {value!r}")
    return value


def _when(document: Document, place: Place, written: Any) -> When:
    if written is None:
        return ()
    if not isinstance(written, dict) or not written:
        raise document.error(place, f"expected {{parameter: value or list}}, got {written!r}")
    return tuple(
        (name, _choices(document, (*place, name), body if isinstance(body, list) else [body]))
        for name, body in written.items()
    )


def _checked(document: Document, parameter: Parameter, models: Sequence[str]) -> Parameter:
    """Return the parameter with its values as the settings classes of `models` take them."""
    kinds = [variant(model).Settings for model in models]
    values: list[Any] = []
    for i, value in enumerate(parameter.corners()):
        try:
            values.append([_taken(kind, parameter.name, value) for kind in kinds][-1])
        except SettingError as error:
            raise _refused(document, parameter, i, error, kinds) from None
    if parameter.kind == "fixed":
        return replace(parameter, value=values[0])
    return replace(parameter, choices=tuple(values)) if parameter.choices else parameter


def _taken(kind: type[SAESettings], name: str, value: Any) -> Any:
    """Return the value as the settings hold it; SettingError when this one field refuses it."""
    try:
        return getattr(kind.of({name: value}), name)
    except SettingError as error:
        if error.key == name:
            raise
        return value  # a check over several fields: the corners are tried later, all together


def _refused(
    document: Document,
    parameter: Parameter,
    corner: int,
    error: SettingError,
    kinds: list[type[SAESettings]],
) -> RecsaeError:
    bare = not isinstance(document.value[SECTION][parameter.name], dict)
    form: Place = () if bare else (FORM[parameter.kind], corner)
    message = error.message
    if parameter.kind == "float" and _takes_integers(kinds[0], parameter):
        message = f"expected integers: write {{int: [low, high]}}, {message}"
    return document.error((SECTION, parameter.name, *form), message)


def _takes_integers(kind: type[SAESettings], parameter: Parameter) -> bool:
    """Return True if the setting takes an integer near the range, but not the same as a float."""
    assert parameter.high is not None
    whole = math.ceil(parameter.high)
    return _takes(kind, parameter.name, whole) and not _takes(kind, parameter.name, float(whole))


def _takes(kind: type[SAESettings], name: str, value: Any) -> bool:
    try:
        _taken(kind, name, value)
    except SettingError:
        return False
    return True
