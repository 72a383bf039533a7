"""Which base: settings of a recommender on top of a preset, or one that is there already.

This file loads without torch. A preset other than `default` is settled only once the data is read,
so the width of the states may be unknown before that.
"""

from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from recsae.errors import SettingError, nearest
from recsae.recommenders.architecture import Architecture
from recsae.recommenders.registry import SASREC, architecture, base_settings, trainable
from recsae.settings import OneOf, Settings, fields

Preset = Literal["default", "best"]


class ChoiceSettings(Settings):
    """What may stand beside the settings of the recommender, or in place of them."""

    model_name: Annotated[str, OneOf(trainable)] = SASREC
    """The recommender that is trained; settings beside it are its own."""
    preset: Preset = "default"
    """What the settings that are not given follow: default, the published ones, or best, chosen by
    rule from the size of the data."""
    checkpoint: Annotated[str, Field(min_length=1)] | None = None
    """Take this base, trained or imported before, instead of settings: a name, a fingerprint or a
    folder."""
    fingerprint: str | None = None
    """Of the base that `checkpoint` stands for; another one of that name is refused."""


def _unknown(name: str, kind: Architecture) -> str:
    """Return what to tell of a setting that a recommender does not have."""
    owners = [other for other, settings in base_settings().items() if name in fields(settings)]
    if owners:
        return f"not a setting of {kind.name}, but of {', '.join(owners)}"
    return f"no such setting{nearest(name, [*fields(kind.Settings), *fields(ChoiceSettings)])}"


@dataclass(frozen=True)
class BaseChoice:
    """A checked choice of the base; `values` can be read back by `of`."""

    given: dict[str, Any] = field(default_factory=dict)
    """Settings of the recommender that were given, whatever the preset says."""
    preset: Preset = "default"
    checkpoint: str | None = None
    fingerprint: str | None = None
    model_name: str = SASREC
    width: int | None = field(default=None, compare=False)
    """Width of the states; None while nobody knows it."""

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Check plain names and values; raises SettingError naming the first wrong one."""
        choice = ChoiceSettings.of({k: values[k] for k in fields(ChoiceSettings) if k in values})
        given = {k: value for k, value in values.items() if k not in fields(ChoiceSettings)}
        kind = architecture(choice.model_name)
        for name in given:
            if name not in fields(kind.Settings):
                raise SettingError(name, _unknown(name, kind))
        if choice.checkpoint is not None:
            others = [name for name in ("model_name", "preset") if name in values]
            for name in [*given, *others]:
                message = f"expected it or the base {choice.checkpoint!r}, which has its settings"
                raise SettingError(name, message)
            return cls(checkpoint=choice.checkpoint, fingerprint=choice.fingerprint)
        if choice.fingerprint is not None:
            raise SettingError("fingerprint", "expected beside checkpoint, the name of a base")
        if choice.preset not in kind.presets:
            raise SettingError("preset", f"expected {', '.join(kind.presets)} for {kind.name}")
        if choice.preset == "default":
            settings = kind.Settings.of(given)
            width = kind.width(settings)
            return cls(settings.values(), model_name=kind.name, width=width)
        kind.check(given)
        return cls(given, choice.preset, model_name=kind.name, width=given.get("emb_size"))

    @property
    def architecture(self) -> Architecture:
        """The recommender that is trained."""
        return architecture(self.model_name)

    @property
    def settings(self) -> Settings:
        """Its settings, once the choice is settled."""
        return self.architecture.Settings.of(self.given)

    def settled(self, settings: Settings) -> Self:
        """Return the choice with every setting given, so that it means the same ever after."""
        width = self.architecture.width(settings)
        return replace(self, given=settings.values(), width=width)

    def pinned(self, fingerprint: str, width: int) -> Self:
        """Return the choice of a checkpoint that means this base alone."""
        return replace(self, fingerprint=fingerprint, width=width)

    def values(self) -> dict[str, Any]:
        """Return plain names and values, for a JSON or YAML file."""
        if self.checkpoint is not None:
            pin = {} if self.fingerprint is None else {"fingerprint": self.fingerprint}
            return {"checkpoint": self.checkpoint, **pin}
        name = {} if self.model_name == SASREC else {"model_name": self.model_name}
        preset = {} if self.preset == "default" else {"preset": self.preset}
        return {**name, **preset, **self.given}
