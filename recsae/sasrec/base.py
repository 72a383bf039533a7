"""The base: a trained SASRec in the cache, named by all that it depends on."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from recsae.cache import Cache
from recsae.files import digest, read_json, source_digest, whole, write_json
from recsae.machine import machine
from recsae.metrics import CUTOFFS
from recsae.reads import count_test_read
from recsae.sasrec.model import SASRec
from recsae.sasrec.settings import SASRecSettings
from recsae.sasrec.states import evaluate, seen_of
from recsae.sasrec.training import train
from recsae.sequences import Sequences

KIND = "bases"
_WEIGHTS, _META = "model.safetensors", "base.json"
_KEYS = ("fingerprint", "model_name", "n_items", "settings", "metrics", "machine")


@dataclass(frozen=True)
class Base:
    """A folder with model.safetensors and base.json."""

    path: Path
    meta: dict[str, Any]

    @classmethod
    def open(cls, path: Path) -> "Base":
        """Open the folder of a base; raises RecsaeError if it is damaged."""
        with whole(path):
            meta = read_json(path / _META)
            return cls(path, {name: meta[name] for name in (*_KEYS, *meta)})

    @property
    def fingerprint(self) -> str:
        """The name of the base."""
        return str(self.meta["fingerprint"])

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """NDCG@k and HR@k of dev and test, under the history mask."""
        return dict(self.meta["metrics"])

    def model(self, device: torch.device) -> SASRec:
        """Load the frozen model; raises RecsaeError if it is damaged."""
        settings = SASRecSettings.of(self.meta["settings"])
        model = SASRec(settings, self.meta["n_items"])
        with whole(self.path):
            try:
                model.load_state_dict(load_file(self.path / _WEIGHTS))
            except (SafetensorError, RuntimeError) as error:  # cut off, or of other shapes
                raise ValueError(f"{_WEIGHTS}: {error}") from None
        return model.to(device).eval().requires_grad_(False)


def pretrain(
    sequences: Sequences, settings: SASRecSettings, cache: Cache, device: torch.device
) -> tuple[Base, bool]:
    """Return the base of these sequences and settings, trained if nobody has; True if trained.

    Raises RecsaeError when there is nothing to train on.
    """
    key = fingerprint(sequences, settings)

    def build(folder: Path) -> None:
        start = time.perf_counter()
        model, curve = train(sequences, settings, device)
        meta = {
            "fingerprint": key,
            "model_name": "SASRec",
            "dataset": sequences.name,
            "protocol": sequences.protocol(cutoffs=CUTOFFS),
            "n_items": sequences.n_items,
            "settings": settings.values(),
            "metrics": _metrics(model, sequences, device, folder),
            "dev_curve": curve,
            "seconds": time.perf_counter() - start,
            "machine": machine(device),
        }
        (folder / _WEIGHTS).write_bytes(save(model.state_dict()))
        write_json(folder / _META, meta)

    folder, built = cache.get(KIND, key, build)
    return Base.open(folder), built


def fingerprint(sequences: Sequences, settings: SASRecSettings) -> str:
    """Name a base by the data's content and order, the split, the settings and the code."""
    here = Path(__file__).parent
    return digest(
        *(sequences.items, sequences.offsets, sequences.train_lengths, sequences.n_items),
        *(sequences.dev.position, sequences.test.position, settings.values()),
        source_digest(here, here.parent / "sequences.py"),
    )


def _metrics(
    model: SASRec, sequences: Sequences, device: torch.device, folder: Path
) -> dict[str, dict[str, float]]:
    count_test_read(folder)
    parts = {"dev": sequences.dev, "test": sequences.test}
    return {
        name: evaluate(model, sequences, targets, seen_of(sequences, targets), device)
        for name, targets in parts.items()
    }
