"""What a run's search.yaml may hold beside its space: the kind of each value that is read."""

from collections.abc import Mapping
from typing import Any, Final

from recsae.errors import RecsaeError

_Kinds = tuple[type, ...]
_MAPPING: Final[_Kinds] = (dict,)
_TEXT: Final[_Kinds] = (str,)
_LIST: Final[_Kinds] = (list,)
_KINDS: Final[dict[tuple[str, ...], _Kinds]] = {
    ("activations",): _MAPPING,
    ("activations", "fingerprint"): _TEXT,
    ("activations", "width"): (int,),
    ("base",): _MAPPING,
    ("base", "fingerprint"): _TEXT,
    ("base", "settings"): _MAPPING,
    ("base", "settings", "emb_size"): (int,),
    ("base", "metrics"): _MAPPING,
    ("base", "metrics", "dev"): _MAPPING,
    ("base", "metrics", "test"): _MAPPING,
    ("code",): _MAPPING,
    ("controls",): _MAPPING,
    ("machine",): _MAPPING,
    ("source",): _MAPPING,
    ("versions",): _MAPPING,
    ("extended",): _LIST,
    ("warm_start",): _LIST,
    ("merged",): _LIST,
    ("ended",): _TEXT,
    ("over",): _TEXT,
    ("protocol",): _TEXT,
    ("pretrained",): (bool,),
}
_WORDS: Final[dict[_Kinds, str]] = {
    _MAPPING: "keys and values",
    _TEXT: "a text",
    _LIST: "a list",
    (int,): "a whole number",
    (bool,): "true or false",
}
_TO_GO_ON: Final = (
    ("activations", "fingerprint"),
    ("base",),
    ("machine",),
    ("versions", "recsae"),
)


def check_kinds(search: Mapping[str, Any], file: object) -> None:
    """Raise RecsaeError for a value of another kind; a null counts as absent."""
    for place, kinds in _KINDS.items():
        value = _inside(search, place)
        if value is not None and type(value) not in kinds:
            raise RecsaeError(f"{file}: {'.'.join(place)}: expected {_WORDS[kinds]}, got {value!r}")
    for part in ("base", "controls"):
        _check_numbers(search, part, file)


def check_resumable_keys(search: Mapping[str, Any], file: object) -> None:
    """Raise RecsaeError if what a resume compares with is not there."""
    for place in _TO_GO_ON:
        if _inside(search, place) is None:
            raise RecsaeError(f"{file}: no {'.'.join(place)}, which a run has that can go on")


def _check_numbers(search: Mapping[str, Any], part: str, file: object) -> None:
    """Figures are numbers, or null for what is none."""
    found = (_inside(search, (part, "metrics")) if part == "base" else search.get(part)) or {}
    for name, figures in found.items():
        if not isinstance(figures, dict) or not all(
            value is None or isinstance(value, (int, float)) for value in figures.values()
        ):
            raise RecsaeError(f"{file}: {part}: {name}: expected figures, got {figures!r}")


def _inside(value: Any, place: tuple[str, ...]) -> Any:
    for key in place:
        value = value.get(key) if isinstance(value, dict) else None
    return value
