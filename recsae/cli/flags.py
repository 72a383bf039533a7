"""Flags of a command from the settings of its components: one vocabulary for YAML and shell."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, get_args, get_origin

import typer

from recsae.activations.settings import ActivationSettings
from recsae.errors import SettingError
from recsae.interactions.settings import DataSettings, check_data
from recsae.recommenders.registry import base_settings
from recsae.sae.base import SAESettings
from recsae.sae.registry import variants
from recsae.settings import Settings, expected, fields
from recsae.space import ResourceSettings, SchedulerSettings, SearchSettings

OWNERS = {
    DataSettings: "data",
    ActivationSettings: "states",
    SearchSettings: "search",
    SchedulerSettings: "scheduler",
    ResourceSettings: "resources",
}


def settings_flags(
    *kinds: type[Settings],
    without: Sequence[str] = (),
    renamed: Mapping[str, str] | None = None,
    defaults: bool = True,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command a flag for each setting of `kinds`; they come as `**flags`, None if absent.

    `renamed`: settings whose flag has another name; the command gets them under that name.
    `defaults`: whether the help tells the default; where a file has the setting, it has another.
    """
    added: dict[str, inspect.Parameter] = {}
    for kind in kinds:
        for setting, field in fields(kind).items():
            name = (renamed or {}).get(setting, setting)
            words = _help(kind, setting, default=defaults)
            if setting not in without:
                added.setdefault(name, _flag(name, field.annotation, words))

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        command.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*own, *added.values()]
        )
        return command

    return decorate


def _flag(name: str, annotation: Any, words: str) -> inspect.Parameter:
    """Return a flag as a parameter; a setting that is true or false has one for each."""
    kind = flag_type(annotation)
    more: dict[str, Any] = {}
    if kind == float | str:
        kind, more = Any, {"parser": number_or_word, "metavar": "<float or str>"}
    names = f"--{name}/--no_{name}" if kind is bool else f"--{name}"
    option = typer.Option(names, help=words, show_default=False, **more)
    keyword, optional = inspect.Parameter.KEYWORD_ONLY, Annotated[kind | None, option]
    return inspect.Parameter(name, keyword, default=None, annotation=optional)


def flag_type(annotation: Any) -> Any:
    """Return the type that the parser converts to; the settings class does the rest."""
    if get_origin(annotation) is Annotated:
        return flag_type(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return type(get_args(annotation)[0])
    if annotation in (int, float, bool):
        return annotation
    kinds = {flag_type(kind) for kind in get_args(annotation) if kind is not type(None)}
    if kinds == {float, str}:
        return float | str
    return kinds.pop() if len(kinds) == 1 else str


def _help(kind: type[Settings], name: str, *, default: bool = True) -> str:
    """Return whose setting it is, what it means, what it takes and, if asked, its default."""
    field, defaults = fields(kind)[name], ""
    if kind in base_settings().values():
        owner, defaults = _base_owner(name), _other_defaults(kind, name)
    else:
        owner = OWNERS.get(kind) or ("SAE" if name in fields(SAESettings) else owners(name))
    words = [expected(kind, name).removesuffix(" or nothing")]
    words += [f"default {field.default}{defaults}"] if default and field.default is not None else []
    return f"{owner}: {field.description} [{'; '.join(words)}]"


def _base_owner(name: str) -> str:
    """Return "base" for a setting that any base has, else the recommenders that have it."""
    having = [base for base, kind in base_settings().items() if name in fields(kind)]
    return "base" if len(having) == len(base_settings()) else f"base {', '.join(having)}"


def _other_defaults(kind: type[Settings], name: str) -> str:
    """Return the defaults of recommenders that have another one than this, in words."""
    found = {base: fields(one).get(name) for base, one in base_settings().items()}
    default = fields(kind)[name].default
    others = [f"{base} {f.default}" for base, f in found.items() if f and f.default != default]
    return f", {', '.join(others)}" if others else ""


def owners(name: str) -> str:
    """Return the variants that have a setting."""
    return ", ".join(key for key, kind in variants().items() if name in fields(kind.Settings))


def number_or_word(text: str) -> float | str:
    """Return the number that a flag gives, or its word as it is."""
    try:
        return float(text)
    except ValueError:
        return text


def positive_or_auto(flag: str, text: str) -> int | None:
    """Return the number that a flag gives, None for auto; raises SettingError."""
    if text == "auto":
        return None
    if not text.isdecimal() or not int(text):
        raise SettingError(flag, f"expected auto or an integer >= 1, got {text!r}")
    return int(text)


def take_data(flags: dict[str, Any], renamed: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Remove the settings of the data from `flags`; return those that are given, checked.

    Raises SettingError, which names the flag. `renamed` as in `settings_flags`.
    """
    names = renamed or {}
    data = take(flags, DataSettings, names)
    try:
        settings = DataSettings.of(data)
        if "dataset" in data:
            check_data(settings)
    except SettingError as error:
        raise SettingError(names.get(error.key, error.key), error.message) from None
    return data


def take(
    flags: dict[str, Any], kind: type[Settings], renamed: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Remove the flags of one component's settings; return the values that are given."""
    names = renamed or {}
    taken = {name: flags.pop(names.get(name, name), None) for name in fields(kind)}
    return {name: value for name, value in taken.items() if value is not None}


def refuse_rest(left: dict[str, Any], model_name: str) -> None:
    """Raise SettingError for a setting that the model does not have."""
    for name in left:
        raise SettingError(f"--{name}", f"not a setting of {model_name}, but of {owners(name)}")
