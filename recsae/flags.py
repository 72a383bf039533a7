"""Flags of a command from the settings of its components: one vocabulary for YAML and shell."""

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, get_args, get_origin

import typer

from recsae.activations_settings import ActivationSettings
from recsae.errors import SettingError
from recsae.interactions.settings import DataSettings
from recsae.sae.base import SAESettings
from recsae.sae.registry import variants
from recsae.sasrec.settings import SASRecSettings
from recsae.settings import Settings, expected, fields

OWNERS = {DataSettings: "data", SASRecSettings: "base", ActivationSettings: "states"}


def settings_flags(
    *kinds: type[Settings], without: Sequence[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command a flag for each setting of `kinds`; they come as `**flags`, None if absent."""
    added: dict[str, inspect.Parameter] = {}
    for kind in kinds:
        for name, field in fields(kind).items():
            if name in without:
                continue
            option = typer.Option(f"--{name}", help=_help(kind, name), show_default=False)
            added.setdefault(
                name,
                inspect.Parameter(
                    name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=None,
                    annotation=Annotated[_flag_type(field.annotation) | None, option],
                ),
            )

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        command.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*own, *added.values()]
        )
        return command

    return decorate


def _flag_type(annotation: Any) -> Any:
    """Return the type that the parser converts to; the settings class does the rest."""
    if get_origin(annotation) is Literal:
        return type(get_args(annotation)[0])
    if annotation in (int, float, bool):
        return annotation
    return str


def _help(kind: type[Settings], name: str) -> str:
    """Return whose setting it is, what it means, what it takes and its default."""
    field = fields(kind)[name]
    owner = OWNERS.get(kind) or ("SAE" if name in fields(SAESettings) else owners(name))
    words = [expected(kind, name).removesuffix(" or nothing")]
    words += [] if field.default is None else [f"default {field.default}"]
    return f"{owner}: {field.description} [{'; '.join(words)}]"


def owners(name: str) -> str:
    """Return the variants that have a setting."""
    return ", ".join(key for key, kind in variants().items() if name in fields(kind.Settings))


def number_or_word(text: str | None) -> float | str | None:
    """Return the number that a flag gives, or its word as it is."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def positive_or_auto(flag: str, text: str) -> int | None:
    """Return the number that a flag gives, None for auto; raises SettingError."""
    if text == "auto":
        return None
    if not text.isdecimal() or not int(text):
        raise SettingError(flag, f"expected auto or an integer >= 1, got {text!r}")
    return int(text)


def take(given: dict[str, Any], kind: type[Settings]) -> dict[str, Any]:
    """Remove the values of one component's settings from `given`, and return them."""
    return {name: given.pop(name) for name in fields(kind) if name in given}


def refuse_rest(left: dict[str, Any], model_name: str) -> None:
    """Raise SettingError for a setting that the model does not have."""
    for name in left:
        raise SettingError(f"--{name}", f"not a setting of {model_name}, but of {owners(name)}")
