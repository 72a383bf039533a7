"""The `when` of parameters: what it may refer to, in which order to draw, under which models."""

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from recsae.errors import nearest
from recsae.sae.registry import variant
from recsae.settings import fields
from recsae.space.document import Document
from recsae.space.parameters import MODEL, Parameter, Scalar

SECTION = "parameters"
_FEW = 8  # values that a message lists


def in_order(
    document: Document, parameters: Sequence[Parameter], models: Sequence[str]
) -> tuple[Parameter, ...]:
    """Return the parameters, each after those that its `when` names, else as they were."""
    by_name = {parameter.name: parameter for parameter in parameters}
    for parameter in parameters:
        for name, values in parameter.when:
            _check_condition(document, parameter, name, values, by_name, models)
    graph = {p.name: [name for name, _ in p.when if name != MODEL] for p in parameters}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]
        place = (SECTION, circle[0], "when")
        raise document.error(place, f"goes round in a circle: {' → '.join(circle)}") from None
    ordered: dict[str, Parameter] = {}
    for parameter in parameters:
        _append(parameter, by_name, ordered)
    return tuple(ordered.values())


def models_of(
    document: Document,
    parameter: Parameter,
    by_name: dict[str, Parameter],
    models: Sequence[str],
) -> list[str]:
    """Return the models that can meet the parameter; an error when one lacks the setting."""
    possible = _possible(parameter, by_name, models)
    place = (SECTION, parameter.name)
    if not possible:
        raise document.error((*place, "when"), "no listed model can ever meet this condition")
    owners = [model for model in models if parameter.name in fields(variant(model).Settings)]
    lacking = [model for model in possible if model not in owners]
    if lacking:
        want = owners[0] if len(owners) == 1 else f"[{', '.join(owners)}]"
        lack = ", ".join(lacking)
        message = f"not a setting of {lack}; expected when: {{{MODEL}: {want}}}"
        raise document.error(place, message)
    return possible


def _check_condition(
    document: Document,
    parameter: Parameter,
    name: str,
    values: tuple[Scalar, ...],
    by_name: dict[str, Parameter],
    models: Sequence[str],
) -> None:
    place = (SECTION, parameter.name, "when", name)
    if name != MODEL and name not in by_name:
        hint = nearest(name, [MODEL, *by_name])
        raise document.error(place, f"expected model_name or a parameter of this file{hint}")
    if name != MODEL and by_name[name].kind == "float":
        raise document.error(place, "expected an int, choice or fixed parameter, got a float")
    options = models if name == MODEL else by_name[name].grid()
    for value in values:
        if value not in options:
            hint = nearest(str(value), map(str, options[:_FEW]))
            few = len(options) <= _FEW
            words = f"one of {', '.join(map(str, options))}" if few else f"a value of {name}"
            raise document.error(place, f"expected {words}, got {value!r}{hint}")


def _append(
    parameter: Parameter, by_name: dict[str, Parameter], ordered: dict[str, Parameter]
) -> None:
    for name, _ in parameter.when:
        if name != MODEL:
            _append(by_name[name], by_name, ordered)
    ordered.setdefault(parameter.name, parameter)


def _possible(
    parameter: Parameter, by_name: dict[str, Parameter], models: Sequence[str]
) -> list[str]:
    possible = list(models)
    for name, values in parameter.when:
        allowed = values if name == MODEL else _possible(by_name[name], by_name, models)
        possible = [model for model in possible if model in allowed]
    return possible
