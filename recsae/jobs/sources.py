"""What a score is made from: data, base and store settings, and the activations they lead to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch

from recsae.activations import KIND as ACTIVATIONS
from recsae.activations import Activations, Prepared, prepare
from recsae.activations_settings import ActivationSettings
from recsae.cache import Cache
from recsae.errors import RecsaeError
from recsae.interactions.settings import DataSettings
from recsae.sasrec.base import KIND as BASES
from recsae.sasrec.base import Base
from recsae.sasrec.settings import SASRecSettings


@dataclass(frozen=True)
class Source:
    """All that the activations depend on; kept with every model, to score it again."""

    data: DataSettings
    base: SASRecSettings
    store: ActivationSettings

    def prepare(self, cache: Cache, device: torch.device) -> Prepared:
        """Return the activations, computed as far as they are not in the cache."""
        return prepare(self.data, self.base, self.store, cache, device)

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
            SASRecSettings.of(values["base"]),
            ActivationSettings.of(values["store"]),
        )


def stored_activations(fingerprint: str, source: Source, cache: Cache) -> Activations:
    """Return activations by fingerprint; when they are gone, compute them again.

    Raises RecsaeError when that gives others: the data or the code have changed since.
    """
    folder = cache.find(ACTIVATIONS, fingerprint)
    if folder is not None:
        return Activations.open(folder)
    again = source.prepare(cache, torch.device("cpu")).activations
    if again.fingerprint != fingerprint:
        raise RecsaeError(
            f"the states it was trained on ({fingerprint}) are gone, and {source.data.dataset} "
            f"now gives others ({again.fingerprint}): the data or recsae's code have changed"
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
