"""`import --format states`: states that were computed elsewhere become a base."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recsae.activations.settings import ActivationSettings
from recsae.cache import Cache
from recsae.files import digest
from recsae.interactions.settings import DataSettings
from recsae.jobs.sources import source_of
from recsae.jobs.training import base_outcome
from recsae.machine import device_of
from recsae.recommenders.base import KIND as BASES
from recsae.recommenders.base import write
from recsae.recommenders.base_choice import BaseChoice
from recsae.recommenders.own_states.architecture import OwnStatesArchitecture
from recsae.recommenders.own_states.arrays import read_arrays
from recsae.recommenders.own_states.checks import SPLITS, checked
from recsae.recommenders.own_states.events import sequences_of
from recsae.recommenders.own_states.files import write_sequences
from recsae.recommenders.own_states.model import OwnStates
from recsae.recommenders.own_states.settings import OwnStatesSettings
from recsae.results import check_name


def import_states(file: str, name: str, *, device: str | None) -> dict[str, Any]:
    """Make the states of a folder or file a base under a name; raises RecsaeError of one line."""
    start = time.perf_counter()
    check_name(name)
    arrays = checked(read_arrays(file), file)
    cache, where = Cache.default(), device_of(device)
    states_SD = np.concatenate([arrays[f"{split}_states"] for split in SPLITS])
    sequences, row_E = sequences_of(arrays, name, file)
    parts = [arrays[key] for key in sorted(arrays) if not key.endswith("_scores")]
    key = digest(OwnStatesArchitecture.name, sorted(arrays), *map(_plain, parts))
    cache.check_free(name, BASES, key)
    settings = OwnStatesSettings(
        emb_size=states_SD.shape[1], rows=len(states_SD), events=len(row_E)
    )

    def build(folder: Path) -> None:
        model = OwnStates(settings, sequences.n_items)
        tensors = {"states_SD": states_SD, "row_E": row_E, "table_ID": arrays["item_table"]}
        model.load_state_dict({one: torch.from_numpy(a) for one, a in tensors.items()})
        kind = OwnStatesArchitecture.name
        about = {"model_name": kind, "architecture": kind, "settings": settings.values()}
        about["file"] = Path(file).name
        data = DataSettings(dataset=name)
        write_sequences(folder, sequences)
        write(folder, key, model.to(where), sequences, data, about, start, where)

    known = cache.named(name) is not None
    folder, built = cache.get(BASES, key, build)
    cache.give_name(name, BASES, key)
    choice = BaseChoice.of({"checkpoint": str(folder)})
    ready = source_of({}, choice, ActivationSettings(), cache).prepare(cache, where)
    return {
        **base_outcome(ready.activations, cache),
        "name": name,
        "imported": built or not known,
        "seconds": round(time.perf_counter() - start, 3),
    }


def _plain(array: Any) -> Any:
    """Return an array that `digest` can take, texts too."""
    return array.astype("U") if array.dtype.kind == "S" else array
