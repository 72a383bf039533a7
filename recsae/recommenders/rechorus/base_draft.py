"""A SASRec that was trained elsewhere becomes a base like any other."""

import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from recsae.cache import Cache
from recsae.errors import RecsaeError, SettingError
from recsae.files import digest
from recsae.interactions.frame import Interactions
from recsae.interactions.settings import DataSettings
from recsae.recommenders.base import KIND, Base, data_digest, write
from recsae.recommenders.rechorus.architecture import RechorusArchitecture
from recsae.recommenders.rechorus.files import Checkpoint, Weights
from recsae.recommenders.rechorus.model import RechorusSASRec
from recsae.recommenders.rechorus.settings import RechorusSettings
from recsae.recommenders.registry import SASREC
from recsae.sequences import Sequences

_ITEMS, _PLACES = "items.weight", "places.weight"
_MISSING_SHOWN = 5


class Draft(NamedTuple):
    """A base that could be: its name is known before anything is written."""

    fingerprint: str
    settings: RechorusSettings
    weights: Weights
    """By the names of RechorusSASRec, its item table in the order of the data's item codes."""


def settings_of(
    checkpoint: Checkpoint, *, num_heads: int | None, max_len: int | None, dropout: float | None
) -> RechorusSettings:
    """Return what a checkpoint was built from: most of it is in its tensors, the heads are not.

    Raises SettingError of the flag that is missing or does not fit the file.
    """
    width, longest = checkpoint.base[_ITEMS].shape[1], len(checkpoint.base[_PLACES]) - 1
    if num_heads is None:
        fits = ", ".join(str(heads) for heads in range(1, width + 1) if width % heads == 0)
        words = "expected how many attention heads it has, which neither tensors nor name say"
        raise SettingError("--num_heads", f"{words}; one of {fits}")
    if max_len is not None and max_len > longest:
        words = f"expected at most {longest}, the longest history of the file, got {max_len}"
        raise SettingError("--max_len", words)
    values: dict[str, Any] = {
        "emb_size": width,
        "num_layers": checkpoint.layers,
        "num_heads": num_heads,
        "max_len": longest if max_len is None else max_len,
    }
    try:
        return RechorusSettings.of(values if dropout is None else values | {"dropout": dropout})
    except SettingError as error:
        raise SettingError(f"--{error.key}", error.message) from None


def draft(
    checkpoint: Checkpoint,
    settings: RechorusSettings,
    interactions: Interactions,
    sequences: Sequences,
    source: str,
) -> Draft:
    """Fit a checkpoint to the data; `source` names the file in errors.

    The fingerprint says weights, settings and data, not our code: a name stays over a commit.
    Raises RecsaeError when the data's item ids are not those of the file.
    """
    row_I = _rows(interactions, len(checkpoint.base[_ITEMS]), source)
    weights = dict(checkpoint.base)
    weights[_ITEMS] = weights[_ITEMS][torch.from_numpy(row_I)].contiguous()
    weights[_PLACES] = weights[_PLACES][: settings.max_len + 1].contiguous()
    key = digest(
        *(RechorusArchitecture.name, settings.values(), data_digest(sequences), sorted(weights)),
        *(weights[name].numpy() for name in sorted(weights)),
    )
    return Draft(key, settings, weights)


def keep(
    made: Draft,
    sequences: Sequences,
    data: DataSettings,
    source: str,
    cache: Cache,
    device: torch.device,
) -> tuple[Base, bool]:
    """Return the base of a draft, scored and written unless it is there; True if written."""

    def build(folder: Path) -> None:
        start = time.perf_counter()
        model = RechorusSASRec(made.settings, sequences.n_items)
        model.load_state_dict(made.weights)
        model.to(device).eval().requires_grad_(False)
        about = {
            "model_name": SASREC,
            "architecture": RechorusArchitecture.name,
            "settings": made.settings.values(),
            "file": source,
        }
        write(folder, made.fingerprint, model, sequences, data, about, start, device)

    folder, built = cache.get(KIND, made.fingerprint, build)
    return Base.open(folder), built


def _rows(interactions: Interactions, rows: int, source: str) -> npt.NDArray[np.int64]:
    """Return the row of the file's table for each item code: ReChorus uses ids as rows."""
    ids_I, name = interactions.items, interactions.name
    wanted = f"{source}: i_embeddings.weight: a row for each item id from 1 on, row 0 for padding"
    if ids_I.dtype.kind != "i":
        raise RecsaeError(
            f"{wanted}: expected whole numbers as ids of {name}, found {str(ids_I[0])!r}"
        )
    if ids_I.min() < 1 or ids_I.max() != rows - 1:
        span = f"ids from {ids_I.min()} to {ids_I.max()}"
        raise RecsaeError(
            f"{wanted}: expected {ids_I.max() + 1} rows for {name} ({span}), found {rows}"
        )
    missing = np.setdiff1d(np.arange(1, rows), ids_I)
    if len(missing):
        shown = ", ".join(map(str, missing[:_MISSING_SHOWN]))
        more = f" and {len(missing) - _MISSING_SHOWN} more" if len(missing) > _MISSING_SHOWN else ""
        raise RecsaeError(
            f"{wanted}: expected an event of each id from 1 to {rows - 1} in {name}, "
            f"found none of {shown}{more}; is it the data, unfiltered, that it was trained on?"
        )
    return ids_I.astype(np.int64)
