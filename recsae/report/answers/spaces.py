"""What the terminal says of a space: what will be drawn, how much there is of it, and a sample."""

from collections.abc import Mapping
from typing import Any


def space_lines(outcome: Mapping[str, Any]) -> list[str]:
    """Return the lines of `space show`."""
    objectives = ", ".join(f"{name} {way}" for name, way in outcome["objectives"].items())
    bounds = [f"{name} {bound}" for name, bound in outcome["constraints"].items()]
    lines = [
        f"{outcome['path']}: {_count(outcome)}",
        f"objectives   {objectives}" + (f"; {', '.join(bounds)}" if bounds else ""),
        f"search       {outcome['trials']} trials by {outcome['sampler']}, "
        f"scheduler {outcome['scheduler']}, data {outcome['dataset'] or 'not said'}",
        "",
    ]
    width = max(len(parameter["name"]) for parameter in outcome["parameters"])
    for parameter in outcome["parameters"]:
        when = " and ".join(
            f"{name} is {' or '.join(map(str, values))}"
            for name, values in parameter["when"].items()
        )
        draws = parameter["draws"] if parameter["searched"] else f"{parameter['draws']}, fixed"
        lines.append(f"{parameter['name']:<{width}}  {draws}" + (f", where {when}" if when else ""))
    if outcome["sample"]:
        lines += ["", f"drawn at random with seed {outcome['seed']}, rates not yet scaled:"]
    return lines + [
        "  " + ", ".join(f"{name} {_shown(drawn)}" for name, drawn in one.items())
        for one in outcome["sample"]
    ]


def _count(outcome: Mapping[str, Any]) -> str:
    if outcome["settings"] is not None:
        return f"{outcome['settings']:,} settings" if outcome["settings"] > 1 else "1 setting"
    if not outcome["infinite"]:
        return "too many settings to count"
    return f"infinitely many settings: {', '.join(outcome['infinite'])} take any number of a range"


def _shown(drawn: Any) -> str:
    return f"{drawn:.3g}" if isinstance(drawn, float) else str(drawn)
