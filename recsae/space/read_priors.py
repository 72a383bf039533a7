"""What the user knows beforehand: priors of parameters, and points to start from."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

from recsae.errors import RecsaeError, nearest
from recsae.space.document import Document, Place
from recsae.space.parameters import MODEL, Parameter, Prior, Scalar

POINTS = "points"
SURE = get_args(Prior.__annotations__["sure"])
_FEW = 8  # values that a message lists

Point = dict[str, Scalar]


def read_prior(document: Document, place: Place, written: Any, parameter: Parameter) -> Parameter:
    """Return the parameter with the prior that is written at `place`, if one is."""
    if written is None:
        return parameter
    form = f"expected {{around: value, sure: medium}}, got {written!r}"
    if not isinstance(written, dict) or not written:
        raise document.error(place, form)
    for key in written:
        if key not in Prior._fields:
            hint = nearest(key, Prior._fields)
            raise document.error((*place, key), f"expected around or sure, got {key!r}{hint}")
    if "around" not in written:
        raise document.error(place, form)
    sure = written.get("sure", "medium")
    if sure not in SURE:
        hint = nearest(str(sure), SURE)
        raise document.error((*place, "sure"), f"expected {_one_of(SURE)}, got {sure!r}{hint}")
    around = _taken(document, (*place, "around"), parameter, written["around"])
    return replace(parameter, prior=Prior(around, sure))


def read_points(
    document: Document, models: Sequence[str], parameters: Sequence[Parameter]
) -> tuple[Point, ...]:
    """Return the points to start from: some settings each, in the file's terms."""
    written = document.value.get(POINTS)
    if written is None:
        return ()
    if not isinstance(written, list):
        raise document.error((POINTS,), f"expected a list of settings, got {written!r}")
    return tuple(
        _point(document, (POINTS, i), point, models, parameters) for i, point in enumerate(written)
    )


def _point(
    document: Document,
    place: Place,
    written: Any,
    models: Sequence[str],
    parameters: Sequence[Parameter],
) -> Point:
    if not isinstance(written, dict) or not written:
        words = "expected settings to start from, such as {sae_k: 8}"
        raise document.error(place, f"{words}, got {written!r}")
    by_name = {parameter.name: parameter for parameter in parameters}
    point: Point = {} if len(models) > 1 else {MODEL: models[0]}
    for name, value in written.items():
        spot = (*place, name)
        if name == MODEL:
            if value not in models:
                hint = nearest(str(value), models)
                raise document.error(spot, f"expected {_one_of(models)}, got {value!r}{hint}")
            point[name] = value
        elif name not in by_name:
            hint = nearest(name, [MODEL, *by_name])
            raise document.error(spot, f"expected model_name or a parameter of this file{hint}")
        else:
            point[name] = _taken(document, spot, by_name[name], value)
    for name in written:
        _check_part(document, (*place, name), by_name.get(name), point, by_name)
    return {name: point[name] for name in written}


def _check_part(
    document: Document,
    place: Place,
    parameter: Parameter | None,
    point: Point,
    by_name: dict[str, Parameter],
) -> None:
    """Raise if a setting of a point would take no part in its trial, or might not."""
    for name, values in parameter.when if parameter else ():
        fixed = by_name[name].value if name != MODEL and by_name[name].kind == "fixed" else None
        value = point.get(name, fixed)
        if value not in values:
            words = f"expected {name}: {_one_of(values)} beside it, without which it takes no part"
            raise document.error(place, words)


def _taken(document: Document, place: Place, parameter: Parameter, value: Any) -> Scalar:
    """Return a value as the search would draw it; an error if it never would."""
    if not parameter.takes(value):
        raise _refused(document, place, parameter, value)
    if parameter.kind == "float":
        return float(value)
    if parameter.kind == "int":
        return int(value)
    taken: Scalar = next(option for option in parameter.corners() if option == value)
    return taken


def _refused(document: Document, place: Place, parameter: Parameter, value: Any) -> RecsaeError:
    if parameter.kind in ("fixed", "choice"):
        options = parameter.corners()
        hint = nearest(str(value), map(str, options))
        return document.error(place, f"expected {_one_of(options[:_FEW])}, got {value!r}{hint}")
    number = "an integer" if parameter.kind == "int" else "a number"
    step = f" in steps of {parameter.step}" if parameter.step else ""
    span = f"{number} from {parameter.low} to {parameter.high}{step}"
    return document.error(place, f"expected {span}, got {value!r}")


def _one_of(options: Sequence[Any]) -> str:
    words = [str(option) for option in options]
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
