"""Are all corners of a space possible? What two settings forbid each other is found before a run.

Every parameter alone takes all its values, every two together their extremes, while the others
stay low or high, for each model. Each assignment tried is one that the search could draw.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Any

from recsae.sae.base import SAESettings
from recsae.sae.registry import views_needed
from recsae.space.parameters import MODEL, Draw, Parameter, settings_of, suggest

_MOST_VALUES = 64  # tried of one parameter alone; of a wider range the ends and the lowest
_MOST_CHOICES = 12  # tried of one parameter in a pair


def check_corners(parameters: Sequence[Parameter], width: int) -> None:
    """Raise SettingError if some settings of the space cannot work on states of `width`."""
    for _, settings in _corner_settings(parameters, width):
        settings.check_width(width)


def most_views(parameters: Sequence[Parameter]) -> int:
    """Return how many stored views of each row some trial of the space may need."""
    corners = _corner_settings(parameters, width=1)  # any: it scales rates, no more
    return max((views_needed(model, settings) for model, settings in corners), default=0)


def _corner_settings(
    parameters: Sequence[Parameter], width: int
) -> Iterator[tuple[str, SAESettings]]:
    """Yield each model and settings that are tried, once; a SettingError comes from wrong ones."""
    tried: set[tuple[tuple[str, Any], ...]] = set()
    for values in _assignments(parameters):
        params = suggest(_nearest(values), parameters, width)
        signature = tuple(params.items())
        if signature not in tried:
            tried.add(signature)
            yield params[MODEL], settings_of(params)


def _assignments(parameters: Sequence[Parameter]) -> Iterator[dict[str, Any]]:
    by_name = {part.label: part for parameter in parameters for part in parameter.parts}
    models, *others = parameters
    own = [part for parameter in others for part in parameter.parts]
    for model, end in product(models.corners(), (0, -1)):
        rest = {MODEL: model, **{p.label: p.corners()[end] for p in own}}
        for parameter in own:
            for value in parameter.grid()[:_MOST_VALUES]:
                yield _with(rest, {parameter.label: value}, by_name)
        for one, other in combinations(own, 2):
            for pair in product(_extremes(one), _extremes(other)):
                yield _with(rest, dict(zip((one.label, other.label), pair, strict=True)), by_name)


def _extremes(parameter: Parameter) -> Sequence[Any]:
    """Return the values to try in pairs: of a long list of numbers, the least and the largest."""
    values = parameter.corners()
    numbers = [value for value in values if isinstance(value, int | float)]
    if len(values) <= _MOST_CHOICES or not numbers:
        return values[:_MOST_CHOICES]
    return (min(numbers), max(numbers))


def _with(
    rest: dict[str, Any], chosen: dict[str, Any], by_name: dict[str, Parameter]
) -> dict[str, Any]:
    """Return `rest` with the chosen values, and with what makes them take part."""
    values = rest | chosen
    open_names = list(chosen)
    while open_names:
        parameter = by_name[open_names.pop()]
        while unmet := parameter.unmet(values):
            values[unmet[0]] = unmet[1][0]
            # Of a parameter of several cases whichever holds takes it, or what is nearest.
            values |= {one: unmet[1][0] for one, p in by_name.items() if p.name == unmet[0]}
        open_names += [name for name, _ in parameter.when if name in by_name]
    return values


def _nearest(values: dict[str, Any]) -> Draw:
    """Return what picks the values under the parameters' labels, or the nearest in their range."""
    return lambda parameter: parameter.clipped(values[parameter.label])
