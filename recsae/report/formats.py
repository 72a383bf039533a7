"""How values are written for people, alike on the terminal and on the page."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from recsae.metrics.registry import metrics

NOTHING: Final = "–"
_BY_MEETING: Final = ("met", "new")


def value(name: str, item: Any) -> str:
    """Return one value of a column as a short text; `name` may carry its prefix "dev/"."""
    if isinstance(item, (str, list, dict)):
        return str(item)
    if item is None or pd.isna(item):
        return NOTHING
    if isinstance(item, bool | np.bool_):
        return "yes" if item else "no"
    return number(name, float(item))


def number(name: str, item: float) -> str:
    """Return a number with the digits that its column deserves."""
    if not math.isfinite(item):
        return str(item)
    column = name.rpartition("/")[2]
    if column.endswith("seed"):
        return f"{item:.0f}"
    known = metrics().get(column)
    digits = 1 if column == "seconds" else None if known is None else known.decimals
    if digits is not None and (digits < 4 or abs(item) < 100):
        return f"{item:,.{digits}f}"
    return f"{item:.0f}" if item == int(item) and abs(item) < 1e6 else f"{item:.3g}"


def shown_groups(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the groups that have users; targets met before and new ones only if there are both."""
    inhabited = {name: figures for name, figures in groups.items() if figures["n"]}
    if all(name in inhabited for name in _BY_MEETING):
        return inhabited
    return {name: figures for name, figures in inhabited.items() if name not in _BY_MEETING}


def share(item: float | None) -> str:
    """Return a share in percent."""
    return NOTHING if item is None or not math.isfinite(item) else f"{100 * item:.1f} %"


def spread(name: str, interval: Mapping[str, Any]) -> str:
    """Return a mean with its interval, if it has one."""
    mean = value(name, interval["mean"])
    if interval["low"] is None or mean == NOTHING:
        return mean
    return f"{mean} [{value(name, interval['low'])}, {value(name, interval['high'])}]"


def signed(name: str, item: float | None) -> str:
    """Return a difference with its sign."""
    text = value(name, item)
    # "-0.0000" would claim a direction that the shown digits do not have.
    if item is None or not text.strip("-0.,"):
        return text.lstrip("-")  # nothing, or rounded to nothing
    return text if text.startswith("-") else f"+{text}"


def duration(seconds: float) -> str:
    """Return a time span in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
