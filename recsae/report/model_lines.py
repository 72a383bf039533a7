"""What `train` and `evaluate` found of one model, in lines for a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from recsae.metrics import registry
from recsae.report import formats
from recsae.report.summary import interval_words

_OWN_LINES: Final = ("metrics", "difference", "groups", "base", "settings", "machine", "best")
LEAKS: Final = "  THIS LEAKS: what is scored does not come from the sparse code alone"
_GROUPED: Final = "test"
_BY_GROUP: Final = ("ndcg@10", "hr@50", "percentile")
_NAME: Final = 16


def model_lines(outcome: Mapping[str, Any]) -> list[str]:
    """Return an outcome as lines: what it is, its figures on dev and test, its groups."""
    if "best" in outcome:
        parts = [model_lines({**one, "run": outcome.get("run")}) for one in outcome["best"]]
        return [line for lines in parts for line in lines]
    lines = [
        f"{name}: {_text(name, value)}"
        for name, value in outcome.items()
        if name not in _OWN_LINES and not isinstance(value, (dict, list)) and value is not None
    ]
    base_name = (outcome.get("base") or {}).get("model_name")
    lines += [f"base: {base_name}"] if base_name not in (None, outcome.get("model_name")) else []
    for name in ("settings", "machine"):
        if outcome.get(name):
            lines.append(f"{name}: {_pairs(outcome[name].items())}")
    for split, metrics in (outcome.get("metrics") or {}).items():
        lines += [f"{split}:", *_metric_lines(metrics)]
        base = ((outcome.get("base") or {}).get("metrics") or {}).get(split)
        differences = (outcome.get("difference") or {}).get(split, {})
        lines += _beside_base(differences, base)
    lines += _curve_lines(outcome.get("curve_of_k") or [])
    return [*lines, *_group_lines(outcome.get("groups") or {})]


def _curve_lines(rows: Sequence[Mapping[str, float]]) -> list[str]:
    """Return a table of a model's figures at each k, none for a model of one k."""
    if not rows:
        return []
    heads = list(rows[0])
    table = [heads, *([formats.value(name, row[name]) for name in heads] for row in rows)]
    cells = [zip(line, heads, strict=True) for line in table]
    lines = ["".join(f"{cell:>{len(head) + 4}}" for cell, head in line) for line in cells]
    return ["with the k largest values of each code alone:", *lines]


def _metric_lines(metrics: Mapping[str, Any]) -> list[str]:
    rows: dict[str, list[tuple[str, Any]]] = {}
    known = registry.metrics()
    for name in [*known, *(name for name in metrics if name not in known)]:
        if name in metrics:
            title = known[name].family if name in known else "more"
            rows.setdefault(title, []).append((name, metrics[name]))
    lines = [f"  {title:<{_NAME}}{_pairs(pairs)}" for title, pairs in rows.items()]
    return [LEAKS, *lines] if metrics.get("leak") else lines


def _beside_base(
    differences: Mapping[str, Mapping[str, Any]], base: Mapping[str, Any] | None
) -> list[str]:
    """Return a line a difference to the base, with its interval."""
    lines = []
    for name, difference in differences.items():
        of_base = f" from {formats.value(name, base.get(name))}," if base else ""
        lines.append(f"  {'to the base':<{_NAME}}{name}{of_base} {interval_words(difference)}")
    return lines


def _group_lines(groups: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a table for test, a line a group that has users."""
    scored = formats.shown_groups(groups.get(_GROUPED) or {})
    if not scored:
        return []
    compared = any("difference" in figures for figures in scored.values())
    heads = _row("", "n", *_BY_GROUP, "ndcg@10 to the base" if compared else "")
    return [f"{_GROUPED} by group of users:", heads, *(_group(*pair) for pair in scored.items())]


def _group(name: str, figures: Mapping[str, Any]) -> str:
    ndcg, hr, percentile = (formats.value(key, figures[key]) for key in _BY_GROUP)
    difference = (figures.get("difference") or {}).get("ndcg@10")
    words = ""
    if difference:
        words = interval_words(difference)
    return _row(name, str(figures["n"]), ndcg, hr, percentile, words)


def _row(name: str, n: str, ndcg: str, hr: str, percentile: str, difference: str) -> str:
    return f"  {name:<{_NAME}}{n:>7}{ndcg:>9}{hr:>8}{percentile:>12}  {difference}".rstrip()


def _pairs(pairs: Iterable[tuple[str, Any]]) -> str:
    return ", ".join(f"{name} {formats.value(name, item)}" for name, item in pairs)


def _text(name: str, value: Any) -> str:
    return formats.value(name, value) if isinstance(value, (bool, float)) else str(value)
