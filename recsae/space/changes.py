"""What may change between a run and its going on: nothing, or with --extend only what widens it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recsae.space.parameters import Parameter
from recsae.space.space import SearchSpace

FREE = ("dataset", "data", "resources")
"""Sections that may differ at any time: the last decides nothing, and whether the data are the same
is told by their content, in the fingerprint of the states, however they are named."""
_BUDGETS = (
    *("trials", "replicates", "sampler", "max_hours", "max_device_seconds", "max_epochs"),
    *("stop_at_noise", "finalists", "finalist_seeds", "decide_by", "select_by"),
)


@dataclass(frozen=True)
class Change:
    """One key of a space that differs."""

    key: str
    old: Any
    new: Any
    widens: bool
    """True if the trials so far are trials of the new space too."""

    @property
    def words(self) -> str:
        """The change in a few words."""
        return f"{self.key} {_shown(self.old)} → {_shown(self.new)}"


def changes(old: SearchSpace, new: SearchSpace, free: Sequence[str] = FREE) -> list[Change]:
    """Return all that differs between the space of a run and the one it shall go on with.

    free: sections that are passed over.
    """
    found = []
    before, after = old.resolved(), new.resolved()
    for section in before.keys() | after.keys():
        one, other = before.get(section), after.get(section)
        if one == other or section in free:
            continue
        if section == "parameters":
            found += _parameters(old, new)
        elif section == "model_name":
            widens = set(old.models) <= set(new.models)
            found.append(Change(section, one, other, widens))
        elif isinstance(one, dict) and isinstance(other, dict):
            found += [
                Change(f"{section}.{key}", one.get(key), other.get(key), key in _BUDGETS)
                for key in sorted(one.keys() | other.keys())
                if one.get(key) != other.get(key)
            ]
        else:
            found.append(Change(section, one, other, False))
    return sorted(found, key=lambda change: change.key)


def _parameters(old: SearchSpace, new: SearchSpace) -> list[Change]:
    names = [p.name for space in (old, new) for p in space.parameters]
    pairs = [(n, old.by_name.get(n), new.by_name.get(n)) for n in dict.fromkeys(names)]
    return [
        Change(f"parameters.{name}", _words(one), _words(other), _widens(one, other))
        for name, one, other in pairs
        if one is None or other is None or one.written() != other.written()
    ]


def _widens(old: Parameter | None, new: Parameter | None) -> bool:
    """Return True if every value of `old` is one of `new`, drawn in the same way."""
    if old is None or new is None:
        return False
    if old.ranges or new.ranges:
        return False  # whether an expression is wider than another is not asked
    same = (old.kind, old.log, old.step, old.scale, old.when)
    if same != (new.kind, new.log, new.step, new.scale, new.when) or old.kind == "fixed":
        return False
    if old.kind == "choice":
        return set(old.choices) <= set(new.choices)
    (low, high), (least, most) = old.ends, new.ends
    on_steps = not old.step or (low - least) % old.step == 0
    return on_steps and least <= low and high <= most


def _words(parameter: Parameter | None) -> str | None:
    return None if parameter is None else parameter.words()


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)
