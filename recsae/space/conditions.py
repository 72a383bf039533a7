"""The `when` of parameters: what it may refer to, in which order to draw, under which models."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from recsae.errors import SettingError, nearest
from recsae.sae.registry import variant
from recsae.settings import fields
from recsae.space.parameters import MODEL, Parameter

FEW = 8  # values that a message lists


def in_order(parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """Return the parameters, each after those that it depends on, else as they were."""
    by_name = {parameter.name: parameter for parameter in parameters}
    graph = {p.name: [name for name in p.depends_on if name in by_name] for p in parameters}
    try:
        # Only to find a circle: its order would not be that of the file.
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]
        message = f"goes round in a circle: {' → '.join(circle)}"
        first = by_name[circle[0]].parts[0]
        part = first.kind if circle[1] in first.ranged_by else "when"
        raise SettingError(circle[0], message, (*first.place, part)) from None
    ordered: dict[str, Parameter] = {}

    def append(name: str) -> None:
        for needed in graph[name]:
            append(needed)
        ordered.setdefault(name, by_name[name])

    for name in by_name:
        append(name)
    return tuple(ordered.values())


def check_conditions(parameters: Sequence[Parameter], models: Sequence[str]) -> None:
    """Raise SettingError if some `when` names what is not there, or a value that never is."""
    by_name = {parameter.name: parameter for parameter in parameters}
    for parameter in [part for one in parameters for part in one.parts]:
        for name, values in parameter.when:
            place = (*parameter.place, "when", name)
            if name != MODEL and name not in by_name:
                hint = nearest(name, [MODEL, *by_name])
                words = f"expected model_name or a parameter of this file{hint}"
                raise SettingError(name, words, place)
            if name != MODEL and by_name[name].continuous:
                words = "expected an int, choice or fixed parameter, got a float"
                raise SettingError(name, words, place)
            options = models if name == MODEL else by_name[name].grid()
            for value in values:
                if value not in options:
                    words = f"expected {_listed(name, options)}, got {value!r}"
                    hint = nearest(str(value), map(str, options[:FEW]))
                    raise SettingError(name, f"{words}{hint}", place)


def _listed(name: str, options: Sequence[Any]) -> str:
    return f"one of {', '.join(map(str, options))}" if len(options) <= FEW else f"a value of {name}"


def models_of(
    parameter: Parameter, by_name: Mapping[str, Parameter], models: Sequence[str]
) -> list[str]:
    """Return the models that can meet the parameter; SettingError when one lacks the setting."""
    possible = _possible(parameter, by_name, models)
    place = parameter.place
    if not possible:
        words = "no listed model can ever meet this condition"
        raise SettingError(parameter.name, words, (*place, "when"))
    owners = [model for model in models if parameter.name in fields(variant(model).Settings)]
    lacking = [model for model in possible if model not in owners]
    if lacking:
        want = owners[0] if len(owners) == 1 else f"[{', '.join(owners)}]"
        words = f"not a setting of {', '.join(lacking)}; expected when: {{{MODEL}: {want}}}"
        raise SettingError(parameter.name, words, place)
    return possible


def _possible(
    parameter: Parameter, by_name: Mapping[str, Parameter], models: Sequence[str]
) -> list[str]:
    if parameter.cases:
        own = [_possible(case, by_name, models) for case in parameter.cases]
        return [model for model in models if any(model in possible for possible in own)]
    possible = list(models)
    for name, values in parameter.when:
        allowed = values if name == MODEL else _possible(by_name[name], by_name, models)
        possible = [model for model in possible if model in allowed]
    return possible
