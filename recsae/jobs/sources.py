"""What a score is made from: data, base and store settings, and the activations they lead to."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self

import torch

from recsae.activations.extraction import NO_VIEWS
from recsae.activations.settings import ActivationSettings
from recsae.activations.store import KIND as ACTIVATIONS
from recsae.activations.store import Activations, extract, key_of
from recsae.cache import Cache
from recsae.errors import RecsaeError, SettingError
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings, check_name
from recsae.machine import device_of
from recsae.progress import tell
from recsae.recommenders.base import KIND as BASES
from recsae.recommenders.base import Base, find_base, fingerprint, pretrain
from recsae.recommenders.base_choice import BaseChoice
from recsae.sequences import Sequences

IMPORTED = "imported"
"""Key of what is saved with an autoencoder that was trained elsewhere: the file it came from."""
EXPORTED = "exported"
"""Key of what is saved with an autoencoder that was exported: by which recsae."""
EXPORTED_BASE = "base"
"""Folder beside an exported autoencoder, with the base that it explains."""


Remote = Callable[[dict[str, dict[str, Any]], Sequences, Path | None, Cache], tuple[bool, bool]]
"""What runs `fill_cache` in another process."""


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
        remote: Remote | None = None,
        check_data: Callable[[Sequences], None] | None = None,
    ) -> Ready:
        """Return the activations, computed as far as they are not in the cache.

        Before anything is trained `check_data` is told the data, `check` the width of the states;
        they may raise.
        `remote` runs `fill_cache` in another process, if there is anything to compute.
        """
        sequences = self._sequences(cache)
        if check_data is not None:
            check_data(sequences)
        source, base = self._settled(sequences, cache)
        assert source.base.width is not None
        if check is not None:
            check(source.base.width)
        before, began = (False, False), time.monotonic()
        if remote is not None and not source._is_cached(sequences, base, cache):
            if base is not None and cache.shared is not None:  # where another node finds it
                copy = partial(shutil.copytree, base.path, dirs_exist_ok=True)
                cache.get(BASES, base.fingerprint, copy)
            folder = None if base is None else base.path
            before = remote(source.values(), sequences, folder, cache)
        # After a remote one all is in the cache, and is only opened.
        activations, extracted, pretrained = source._computed(
            sequences, base, cache, device, began if any(before) else None
        )
        pretrained, extracted = pretrained or before[0], extracted or before[1]
        return Ready(activations, source, pretrained, extracted)

    def _sequences(self, cache: Cache) -> Sequences:
        """Return the data: those of an imported base's states, or what the settings lead to."""
        if self.base.checkpoint is not None:
            own = checkpoint_of(self.base, cache).sequences()
            if own is not None:
                return own
        return Sequences.of(load(self.data), self.data)

    def _computed(
        self,
        sequences: Sequences,
        base: Base | None,
        cache: Cache,
        device: torch.device,
        elsewhere: float | None = None,
    ) -> tuple[Activations, bool, bool]:
        """Return the activations, and whether the base was trained and they were computed now.

        elsewhere: when another process began to compute them, just now, by `time.monotonic`.
        """
        pretrained, began = False, elsewhere or time.monotonic()
        if base is None:
            if self.store.activation_views and self.base.given.get("dropout") == 0:
                raise SettingError("activation_views", NO_VIEWS)
            settings, name = self.base.settings, self.base.model_name
            base, pretrained = pretrain(sequences, settings, cache, device, self.data, name)
        ndcg = base.metrics["dev"]["ndcg@10"]
        new = elsewhere is not None
        tell(
            f"{base.meta['model_name']}: dev NDCG@10 {ndcg:.4f}, {_took(pretrained or new, began)}"
        )
        began = elsewhere or time.monotonic()
        found, extracted = extract(sequences, base, self.store, cache, device)
        rows, width = found.train_x.shape
        tell(f"states: {rows:,} x {width}, {_took(extracted or new, began)}")
        return found, extracted, pretrained

    def _is_cached(self, sequences: Sequences, base: Base | None, cache: Cache) -> bool:
        """Return True if nothing is left to compute."""
        if base is None:
            key = fingerprint(sequences, self.base.settings, self.base.model_name)
            folder = cache.find(BASES, key)
            if folder is None:
                return False
            base = Base.open(folder)
        return cache.find(ACTIVATIONS, key_of(sequences, base, self.store)) is not None

    def _settled(self, sequences: Sequences, cache: Cache) -> tuple[Self, Base | None]:
        """Return what this comes to on its data, and the base if it must be there already."""
        choice = self.base
        if choice.checkpoint is None:
            settings = choice.architecture.settled(choice.preset, choice.given, sequences)
            return replace(self, base=choice.settled(settings)), None
        base = checkpoint_of(choice, cache)
        base.check_data(sequences)
        return replace(self, base=choice.pinned(base.fingerprint, base.width)), base

    def with_base(self, folder: Path) -> Self:
        """Return the same data with the base of a folder."""
        # By no fingerprint: this machine may have trained another of the same.
        return replace(self, base=BaseChoice.of({"checkpoint": str(folder)}))

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


def _took(computed: bool, began: float) -> str:
    """Return how long a stage took that began then, or that it was there."""
    return f"{time.monotonic() - began:.0f} s" if computed else "cached"


def fill_cache(
    values: dict[str, dict[str, Any]], sequences: Sequences, base: Path | None, cache: Cache
) -> tuple[bool, bool]:
    """Fill a cache with what a settled source lacks, on this process's device, for another one.

    base: the folder of one that must be there already, where it is on the other's machine. Returns
    whether the base was trained and its states were computed.
    """
    cache = cache.here()
    source, known = Source.of(values), None
    if base is not None:
        assert source.base.fingerprint is not None
        known = Base.open(cache.find(BASES, source.base.fingerprint) or base)
    _, extracted, pretrained = source._computed(sequences, known, cache, device_of(None))
    return pretrained, extracted


def source_of(
    data: dict[str, Any], choice: BaseChoice, store: ActivationSettings, cache: Cache
) -> Source:
    """Return the source of settings as given: a base that is there knows its data by itself."""
    base = None if choice.checkpoint is None else checkpoint_of(choice, cache)
    if base is not None and (base.architecture.own_data or data.get("dataset") is None):
        given = {name: value for name, value in data.items() if value is not None}
        own = base.data_settings()
        for name, value in given.items():
            if base.architecture.own_data and value != getattr(own, name):
                message = f"not with the base {choice.checkpoint!r}, which brought its own data"
                raise SettingError(name, message)
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
        wanted = f"expected the base {choice.fingerprint} under {choice.checkpoint!r}"
        raise SettingError("base", f"{wanted}, found {base.fingerprint}")
    return base


def stored_activations(
    key: str, source: Source, cache: Cache, *, exactly: bool = True
) -> Activations:
    """Return activations by fingerprint; when they are gone, compute them again.

    Raises RecsaeError when that gives others: the data or the code have changed since. Not if
    `exactly` is False: what was trained elsewhere is scored on whatever the base gives now.
    """
    folder = cache.find(ACTIVATIONS, key)
    if folder is not None:
        return Activations.open(folder)
    again = source.prepare(cache, torch.device("cpu")).activations
    if exactly and again.fingerprint != key:
        raise RecsaeError(
            f"the states it was trained on ({key}) are gone, and {source.data.dataset} "
            f"now gives others ({again.fingerprint}): the data, recsae's code or the machine that "
            "trains the base have changed"
        )
    return again


def trained_here(about: Mapping[str, Any]) -> bool:
    """Tell by what is saved with a model whether its states can be made again exactly."""
    return IMPORTED not in about and EXPORTED not in about


def base_of(activations: Activations, cache: Cache) -> Base | None:
    """Return the base that gave these activations, if it is still in the cache."""
    folder = cache.find(BASES, activations.meta["base"]["fingerprint"])
    return None if folder is None else Base.open(folder)


def base_folder(activations: Activations, cache: Cache) -> Path | None:
    """Return the folder of the base that gave these activations, if it is still there."""
    base = base_of(activations, cache)
    return None if base is None else base.path
