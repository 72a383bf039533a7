"""The answer of a run in lines for a terminal: three of words, five trials, what to do next."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from recsae.report import formats
from recsae.results import Columns

WIDTH: Final = 80
_SHORT: Final = "sae_"


def answer_lines(answer: Mapping[str, Any]) -> list[str]:
    """Return what won, how much of the base it keeps, and which simpler trials are as good."""
    values = _exact(answer["objectives"])
    won = f"best: trial {answer[Columns.TRIAL_ID]}, {answer[Columns.MODEL_NAME]}, dev {values}"
    return [won, *_kept_line(answer["keeps"]), _simpler_line(answer)]


def top_lines(answer: Mapping[str, Any]) -> list[str]:
    """Return the table of the best trials with the searched settings alone, in 80 columns."""
    rows = answer["top"]
    several = len({row[Columns.MODEL_NAME] for row in rows}) > 1
    names = list(dict.fromkeys(name for row in rows for name in row["settings"]))
    columns = {"trial": [str(row[Columns.TRIAL_ID]) for row in rows]}
    for name in answer["objectives"]:
        columns[name] = [formats.value(name, row["objectives"][name]) for row in rows]
    if several:
        columns["model"] = [str(row[Columns.MODEL_NAME]) for row in rows]
    for name in names:
        texts = [_text(row["settings"].get(name)) for row in rows]
        columns[name.removeprefix(_SHORT)] = texts
    return _table(columns)


def step_lines(steps: Mapping[str, str]) -> list[str]:
    """Return the commands, each under its purpose; a long one goes on after a backslash."""
    return [line for purpose, command in steps.items() for line in _step(purpose, command)]


def _kept_line(keeps: Mapping[str, Mapping[str, float]]) -> list[str]:
    parts = []
    for split, kept in keeps.items():
        ends = [formats.share(kept[end]) for end in ("low", "high") if end in kept]
        interval = f" [{', '.join(ends)}]" if ends else ""
        parts.append(f"{formats.share(kept['share'])}{interval} on {split}")
    sure = " (95 % over users)" if any("low" in kept for kept in keeps.values()) else ""
    return [f"keeps of the base's NDCG@10: {'; '.join(parts)}{sure}"] if parts else []


def _simpler_line(answer: Mapping[str, Any]) -> str:
    noise, simpler = answer["noise"], answer["simpler"]
    name = next(iter(answer["objectives"]))
    if noise is None:
        return "simpler: how much is luck is not known, so none can be told as good"
    spread = f"one deviation over {noise['of']}, {formats.value(name, noise['sd'])} {name}"
    if not simpler:
        return f"simpler: no trial of a smaller k is as good, within {spread}"
    first = simpler[0]
    value = formats.value(name, first["objectives"][name])
    words = f"trial {first[Columns.TRIAL_ID]} with k {first[Columns.K]} ({name} {value})"
    others = f", the smallest k of {len(simpler)}" if len(simpler) > 1 else ""
    return f"simpler: {words} cannot be told from it{others}, within {spread}"


def _table(columns: Mapping[str, Sequence[str]]) -> list[str]:
    """Return rows with as many whole columns as fit, and the names of those that do not."""
    width = 0
    shown: list[list[str]] = []
    for name, cells in columns.items():
        room = max(len(text) for text in (name, *cells))
        if shown and width + room + 2 > WIDTH:
            break
        shown.append([text.rjust(room) for text in (name, *cells)])
        width += room + 2
    left = list(columns)[len(shown) :]
    lines = ["  ".join(row) for row in zip(*shown, strict=True)]
    return [*lines, *([f"too narrow for {', '.join(left)}"] if left else [])]


def _step(purpose: str, command: str) -> list[str]:
    """Return a command whose lines can be pasted as they are."""
    lines, line = [], ""
    words = [shlex.quote(word) for word in shlex.split(command)]
    for at in range(len(words) - 1, 0, -1):  # a value stays beside its flag
        if words[at - 1].startswith("-") and not words[at].startswith("-"):
            words[at - 1 : at + 1] = [f"{words[at - 1]} {words[at]}"]
    for word in words:
        if line and len(line) + len(word) + 3 > WIDTH:
            lines.append(f"{line} \\")
            line = f"    {word}"
        else:
            line = f"{line} {word}" if line else f"  {word}"
    return [f"{purpose}:", *lines, line]


def _exact(values: Mapping[str, Any]) -> str:
    """Return values with enough digits to know them again."""
    return ", ".join(f"{name} {value:.6g}" for name, value in values.items())


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return formats.NOTHING if value is None else str(value)
