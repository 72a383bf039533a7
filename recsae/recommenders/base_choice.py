"""Which base: settings of a SASRec on top of a preset, or one that is there already.

This file loads without torch. A preset other than `default` is settled only once the data is read,
so the width of the states may be unknown before that.
"""

from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from recsae.errors import SettingError, nearest
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.settings import Settings, fields

Preset = Literal["default", "best"]


class ChoiceSettings(Settings):
    """What may stand beside the settings of SASRec, or in place of them."""

    preset: Preset = "default"
    """What the settings that are not given follow: default, the published ones, or best, chosen by
    rule from the size of the data."""
    checkpoint: Annotated[str, Field(min_length=1)] | None = None
    """Take this base, trained or imported before, instead of settings: a name, a fingerprint or a
    folder."""
    fingerprint: str | None = None
    """Of the base that `checkpoint` stands for; another one of that name is refused."""


@dataclass(frozen=True)
class BaseChoice:
    """A checked choice of the base; `values` can be read back by `of`."""

    given: dict[str, Any] = field(default_factory=dict)
    """Settings of SASRec that were given, whatever the preset says."""
    preset: Preset = "default"
    checkpoint: str | None = None
    fingerprint: str | None = None
    width: int | None = field(default=None, compare=False)
    """Width of the states; None while nobody knows it."""

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Check plain names and values; raises SettingError naming the first wrong one."""
        choice = ChoiceSettings.of({k: values[k] for k in fields(ChoiceSettings) if k in values})
        given = {k: value for k, value in values.items() if k not in fields(ChoiceSettings)}
        for name in given:
            if name not in fields(SASRecSettings):
                known = [*fields(SASRecSettings), *fields(ChoiceSettings)]
                raise SettingError(name, f"no such setting{nearest(name, known)}")
        if choice.checkpoint is not None:
            for name in [*given, *(["preset"] if "preset" in values else [])]:
                message = f"expected it or the base {choice.checkpoint!r}, which has its settings"
                raise SettingError(name, message)
            return cls(checkpoint=choice.checkpoint, fingerprint=choice.fingerprint)
        if choice.fingerprint is not None:
            raise SettingError("fingerprint", "expected beside checkpoint, the name of a base")
        if choice.preset == "default":
            settings = SASRecSettings.of(given)
            return cls(settings.values(), width=settings.emb_size)
        _check_alone(given)
        return cls(given, choice.preset, width=given.get("emb_size"))

    def settled(self, settings: SASRecSettings) -> Self:
        """Return the choice with every setting given, so that it means the same ever after."""
        return replace(self, given=settings.values(), width=settings.emb_size)

    def pinned(self, fingerprint: str, width: int) -> Self:
        """Return the choice of a checkpoint that means this base alone."""
        return replace(self, fingerprint=fingerprint, width=width)

    def values(self) -> dict[str, Any]:
        """Return plain names and values, for a JSON or YAML file."""
        if self.checkpoint is not None:
            pin = {} if self.fingerprint is None else {"fingerprint": self.fingerprint}
            return {"checkpoint": self.checkpoint, **pin}
        preset = {} if self.preset == "default" else {"preset": self.preset}
        return {**preset, **self.given}


def _check_alone(given: dict[str, Any]) -> None:
    """Check settings that a preset completes: of width and heads it fits one to the other."""
    heads = given.get("num_heads", 1)
    width = {"emb_size": heads} if isinstance(heads, int) and heads >= 1 else {}
    SASRecSettings.of({**width, "num_heads": heads, **given})
