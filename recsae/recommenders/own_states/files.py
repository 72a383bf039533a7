"""Keeps the sequences of own states beside them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsae.files import read_json, whole, write_json
from recsae.sequences import Met, Sequences, Targets

_ARRAYS, _WORDS, _ATTRIBUTES = "sequences.npz", "sequences.json", "attributes.parquet"
_PLAIN = ("name", "n_items", "order", "split", "filtered")
_FLAT = ("items", "offsets", "train_lengths", "train_at", "user_ids", "item_ids")


def write_sequences(folder: Path, sequences: Sequences) -> None:
    """Fill in the files."""
    arrays: dict[str, Any] = {name: getattr(sequences, name) for name in _FLAT}
    for split in ("dev", "test"):
        parts = sequences.targets("dev" if split == "dev" else "test")._asdict()
        arrays |= {f"{split}_{part}": array for part, array in parts.items()}
    np.savez(folder / _ARRAYS, allow_pickle=False, **arrays)
    met = {split: list(count) for split, count in sequences.met_counts.items()}
    words = {name: getattr(sequences, name) for name in _PLAIN}
    write_json(folder / _WORDS, words | {"met_counts": met})
    if sequences.attributes is not None:
        sequences.attributes.to_parquet(folder / _ATTRIBUTES, index=False)


def read_sequences(folder: Path) -> Sequences:
    """Return what was written; raises RecsaeError if it is damaged."""
    with whole(folder), np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
        words = read_json(folder / _WORDS)
        known = folder / _ATTRIBUTES
        dev, test = (
            Targets(*(arrays[f"{split}_{part}"] for part in Targets._fields))
            for split in ("dev", "test")
        )
        return Sequences(
            **{name: words[name] for name in _PLAIN},
            **{name: arrays[name] for name in _FLAT},
            dev=dev,
            test=test,
            met_counts={split: Met(*count) for split, count in words["met_counts"].items()},
            attributes=pd.read_parquet(known) if known.exists() else None,
        )
