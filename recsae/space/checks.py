"""Parameters against the settings of the models that can meet them; priors and initial points.

Mistakes are SettingErrors with the place of a value in the file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from recsae.errors import Place, SettingError, nearest, one_of
from recsae.recommenders.registry import base_settings
from recsae.sae.base import SAESettings
from recsae.sae.registry import variant, variants
from recsae.settings import expected, fields
from recsae.space.conditions import FEW, check_conditions, in_order, models_of
from recsae.space.file_format.values import Scalar
from recsae.space.parameters import MODEL, PARAMETERS, Parameter
from recsae.space.ranges import combined, with_reach

POINTS = "points"


def checked(parameters: Sequence[Parameter], models: Sequence[str]) -> tuple[Parameter, ...]:
    """Return the parameters with their values as the settings take them, conditions first."""
    for parameter in parameters:
        _check_name(parameter.name, models)
    check_conditions(parameters, models)
    ordered = with_reach(in_order(parameters))
    by_name = {parameter.name: parameter for parameter in ordered}
    return tuple(_checked(parameter, by_name, models) for parameter in ordered)


def _checked(
    parameter: Parameter, by_name: Mapping[str, Parameter], models: Sequence[str]
) -> Parameter:
    parts = [
        _with_drawable_prior(_with_settings_values(part, models_of(part, by_name, models)))
        for part in parameter.parts
    ]
    return combined(parameter.name, parts, parameter.line) if parameter.cases else parts[0]


def checked_points(
    points: Sequence[Mapping[str, Scalar]], models: Sequence[str], parameters: Sequence[Parameter]
) -> tuple[dict[str, Scalar], ...]:
    """Return the initial points with values as the search would draw them."""
    by_name = {parameter.name: parameter for parameter in parameters}
    by_name[MODEL] = Parameter(MODEL, "choice", choices=tuple(models))
    fixed: dict[str, Scalar] = {p.name: p.value for p in parameters if not p.searched}
    fixed |= {MODEL: models[0]} if len(models) == 1 else {}
    return tuple(_point((POINTS, i), point, by_name, fixed) for i, point in enumerate(points))


def _point(
    place: Place,
    written: Mapping[str, Scalar],
    by_name: Mapping[str, Parameter],
    fixed: Mapping[str, Scalar],
) -> dict[str, Scalar]:
    for name in written:
        if name not in by_name:
            hint = nearest(name, [MODEL, *by_name])
            reason = f"expected model_name or a parameter of this file{hint}"
            raise SettingError(name, reason, (*place, name))
    point = {name: _drawable((*place, name), by_name[name], written[name]) for name in written}
    known = {**fixed, **point}
    for name in point:
        for needed in by_name[name].depends_on if by_name[name].ranges else ():
            if needed not in known:
                words = f"expected {needed} beside it, on which its range depends"
                raise SettingError(name, words, (*place, name))
        _drawable((*place, name), by_name[name].at(known), point[name])
        if unmet := by_name[name].unmet(known):
            words = f"expected {unmet[0]}: {one_of(unmet[1])} beside it"
            raise SettingError(name, f"{words}, without which it takes no part", (*place, name))
    return point


def _check_name(name: str, models: Sequence[str]) -> None:
    """Raise SettingError unless some listed model has a setting of that name."""
    known = {field for model in models for field in fields(variant(model).Settings)}
    if name in known:
        return
    message = f"no such setting{nearest(name, known)}"
    bases = [base for base, kind in base_settings().items() if name in fields(kind)]
    if bases:
        message = f"a setting of the shared {bases[0]}: it goes under base:"
    elif others := [other for other, kind in variants().items() if name in fields(kind.Settings)]:
        message = f"not a setting of {', '.join(models)}; {', '.join(others)} has it"
    raise SettingError(name, message, (PARAMETERS, name))


def _with_settings_values(parameter: Parameter, models: Sequence[str]) -> Parameter:
    """Return the parameter with its values as the settings classes of `models` take them."""
    kinds = [variant(model).Settings for model in models]
    values: list[Any] = []
    for i, value in enumerate(parameter.corners()):
        try:
            values.append([_taken(kind, parameter.name, value) for kind in kinds][-1])
        except SettingError as error:
            message = error.message
            takes_integers = expected(kinds[0], parameter.name).startswith("an integer")
            if parameter.kind == "float" and takes_integers:
                message = f"expected integers: write {{int: [low, high]}}, {message}"
            form = "value" if parameter.kind == "fixed" else parameter.kind
            place = (*parameter.place, form, i)
            raise SettingError(parameter.name, message, place) from None
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


def _with_drawable_prior(parameter: Parameter) -> Parameter:
    if parameter.prior is None:
        return parameter
    place = (*parameter.place, "prior", "around")
    around = _drawable(place, parameter, parameter.prior.around)
    return replace(parameter, prior=parameter.prior.model_copy(update={"around": around}))


def _drawable(place: Place, parameter: Parameter, value: Any) -> Scalar:
    """Return a value as the search would draw it; SettingError if it never would."""
    if parameter.takes(value):
        if parameter.kind in ("int", "float"):
            return int(value) if parameter.kind == "int" else float(value)
        taken: Scalar = next(option for option in parameter.corners() if option == value)
        return taken
    if parameter.kind in ("fixed", "choice"):
        options = parameter.corners()
        words = one_of(options[:FEW])
        hint = nearest(str(value), map(str, options))
    else:
        number = "an integer" if parameter.kind == "int" else "a number"
        step = f" in steps of {parameter.step}" if parameter.step else ""
        words = f"{number} from {parameter.low} to {parameter.high}{step}"
        hint = ""
    raise SettingError(parameter.name, f"expected {words}, got {value!r}{hint}", place)
