"""States of a base from settings alone, for tests that need nothing else."""

from typing import NamedTuple

import torch

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations, extract
from recsae.cache import Cache
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.recommenders.base import pretrain
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sequences import Sequences


class Prepared(NamedTuple):
    """What a search or a training starts from."""

    activations: Activations
    pretrained: bool
    """Whether this call trained the base."""
    extracted: bool
    """Whether this call computed the states."""


def prepare(
    data: DataSettings,
    base: SASRecSettings,
    store: ActivationSettings,
    cache: Cache,
    device: torch.device,
) -> Prepared:
    """Read the data, and train the base and store its states unless they are in the cache."""
    sequences = Sequences.of(load(data), data)
    trained, pretrained = pretrain(sequences, base, cache, device)
    activations, extracted = extract(sequences, trained, store, cache, device)
    return Prepared(activations, pretrained, extracted)
