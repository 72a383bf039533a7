"""What a score is made from: data, base and store settings, and the activations they lead to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import torch

from recsae.activations import KIND as ACTIVATIONS
from recsae.activations import Activations, extract
from recsae.activations_settings import ActivationSettings
from recsae.activations_writing import NO_VIEWS
from recsae.cache import Cache
from recsae.errors import RecsaeError, SettingError
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings, check_name
from recsae.sasrec.base import KIND as BASES
from recsae.sasrec.base import Base, find_base, pretrain
from recsae.sasrec.choice import BaseChoice
from recsae.sasrec.presets import DataFacts, resolve
from recsae.sasrec.settings import SASRecSettings
from recsae.sequences import Sequences

IMPORTED = "imported"
"""Key of what is saved with an autoencoder that was trained elsewhere: the file it came from."""


class Ready(NamedTuple):
    """What a search or a training starts from."""

    activations: Activations
    source: "Source"
    """Settled: it leads to the same base, whatever becomes of presets and names."""
    pretrained: bool
    """Whether this call trained the base."""
    extracted: bool
    """Whether this call computed the states."""


@dataclass(frozen=True)
class Source:
    """All that the activations depend on; kept with every model, to score it again."""

    data: DataSettings
    base: BaseChoice
    store: ActivationSettings

    def prepare(
        self,
        cache: Cache,
        device: torch.device,
        check: Callable[[int], None] | None = None,
    ) -> Ready:
        """Return the activations, computed as far as they are not in the cache.

        `check` is told the width of the states before anything is trained, and may raise.
        """
        sequences = Sequences.of(load(self.data), self.data)
        source, base = self._settled(sequences, cache)
        assert source.base.width is not None
        if check is not None:
            check(source.base.width)
        pretrained = False
        if base is None:
            settings = SASRecSettings.of(source.base.given)
            if self.store.activation_views and settings.dropout == 0:
                raise SettingError("activation_views", NO_VIEWS)
            base, pretrained = pretrain(sequences, settings, cache, device, self.data)
        activations, extracted = extract(sequences, base, self.store, cache, device)
        return Ready(activations, source, pretrained, extracted)

    def _settled(self, sequences: Sequences, cache: Cache) -> tuple[Self, Base | None]:
        """Return what this comes to on its data, and the base if it must be there already."""
        choice = self.base
        if choice.checkpoint is None:
            settings = resolve(choice.preset, DataFacts.of(sequences), choice.given)
            return replace(self, base=choice.settled(settings)), None
        base = checkpoint_of(choice, cache)
        base.check_data(sequences)
        return replace(self, base=choice.pinned(base.fingerprint, base.width)), base

    def values(self) -> dict[str, dict[str, Any]]:
        """Return plain names and values, for a JSON or YAML file."""
        return {
            "data": self.data.values(),
            "base": self.base.values(),
            "store": self.store.values(),
        }

    @classmethod
    def of(cls, values: dict[str, dict[str, Any]]) -> Self:
        """Take up what `values` gave."""
        return cls(
            DataSettings.of(values["data"]),
            BaseChoice.of(values["base"]),
            ActivationSettings.of(values["store"]),
        )


def source_of(
    data: dict[str, Any], choice: BaseChoice, store: ActivationSettings, cache: Cache
) -> Source:
    """Return the source of settings as given: a base that is there knows its data by itself."""
    if choice.checkpoint is not None and data.get("dataset") is None:
        base = checkpoint_of(choice, cache)
        given = {name: value for name, value in data.items() if value is not None}
        return Source(base.data_settings(given), choice, store)
    settings = DataSettings.of(data)
    check_name(settings.dataset)
    return Source(settings, choice, store)


def checkpoint_of(choice: BaseChoice, cache: Cache) -> Base:
    """Return the base that a choice names; raises RecsaeError if it is gone or another."""
    assert choice.checkpoint is not None
    if choice.fingerprint is None:
        return find_base(choice.checkpoint, cache)
    folder = cache.find(BASES, choice.fingerprint)
    if folder is not None:
        return Base.open(folder)
    base = find_base(choice.checkpoint, cache)
    if base.fingerprint != choice.fingerprint:
        told = f"expected the base {choice.fingerprint} under {choice.checkpoint!r}"
        raise SettingError("base", f"{told}, found {base.fingerprint}")
    return base


def stored_activations(
    fingerprint: str, source: Source, cache: Cache, *, exactly: bool = True
) -> Activations:
    """Return activations by fingerprint; when they are gone, compute them again.

    Raises RecsaeError when that gives others: the data or the code have changed since. Not if
    `exactly` is False: what was trained elsewhere is scored on whatever the base gives now.
    """
    folder = cache.find(ACTIVATIONS, fingerprint)
    if folder is not None:
        return Activations.open(folder)
    again = source.prepare(cache, torch.device("cpu")).activations
    if exactly and again.fingerprint != fingerprint:
        raise RecsaeError(
            f"the states it was trained on ({fingerprint}) are gone, and {source.data.dataset} "
            f"now gives others ({again.fingerprint}): the data, recsae's code or the machine that "
            "trains the base have changed"
        )
    return again


def base_of(activations: Activations, cache: Cache) -> Base | None:
    """Return the base that gave these activations, if it is still in the cache."""
    folder = cache.find(BASES, activations.meta["base"]["fingerprint"])
    return None if folder is None else Base.open(folder)


def base_folder(activations: Activations, cache: Cache) -> Path | None:
    """Return the folder of the base that gave these activations, if it is still there."""
    base = base_of(activations, cache)
    return None if base is None else base.path
