"""What differs between two runs, in lines for a terminal."""

from collections.abc import Mapping
from typing import Any, Final

import yaml

from recsae.report import formats
from recsae.results.comparison import FRESH, TRIALS

_SHOWN: Final = 70
_DURATIONS: Final = ("seconds", "device_seconds")


def diff_lines(outcome: Mapping[str, Any]) -> list[str]:
    """Return the outcome of `results diff` (its JSON) as lines."""
    one, other = outcome["runs"]
    lines = [f"{one} | {other}"]
    same = [section for section, keys in outcome["differences"].items() if not keys]
    for section, keys in outcome["differences"].items():
        if keys:
            lines += [f"{section}:", *_rows(keys)]
    if same:
        lines.append(f"the same: {', '.join(same)}")
    lines += ["outcome:", *_rows(outcome["outcome"])]
    if outcome["best_settings"]:
        lines += ["settings of the best:", *_rows(outcome["best_settings"])]
    if outcome["not_mergeable"]:
        lines.append(f"not to be merged: {outcome['not_mergeable']}")
    return lines


def _rows(keys: Mapping[str, list[Any]]) -> list[str]:
    wide = max(len(name) for name in keys)
    return [
        f"  {name:<{wide}}  {_text(name, pair[0])} | {_text(name, pair[1])}"
        for name, pair in keys.items()
    ]


def _text(name: str, value: Any) -> str:
    metric = name.removesuffix(FRESH).rpartition(" ")[2]
    if value is None:
        return formats.NOTHING
    if name == TRIALS:
        return ", ".join(f"{count} {state}" for state, count in value.items() if count) or "none"
    if isinstance(value, dict) and "mean" in value:
        return formats.spread(metric, value)
    if isinstance(value, dict | list):
        text = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
        text = text.strip().removesuffix("...").strip()
    elif name in _DURATIONS:
        text = formats.duration(value)
    else:
        text = formats.value(metric, value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
