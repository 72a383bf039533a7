"""Fill the folder of an activation store: run the base over all windows, write what comes out.

Shapes: N train rows, D width, E events, W windows, B windows of a batch, L their padded length,
V dropout views.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from numpy.lib.format import open_memmap

from recsae.activations.settings import ActivationSettings
from recsae.errors import RecsaeError, SettingError
from recsae.progress import meter
from recsae.recommenders.recommender import Recommender
from recsae.recommenders.states import target_states, train_states
from recsae.sequences import Sequences

Array = npt.NDArray[Any]
Split = Literal["dev", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
VIEW_SEED = 2024
"""View v is drawn from torch's generator seeded with VIEW_SEED + v, however many there are."""
NO_VIEWS = (
    "the base has no dropout, so its views are its states; expected a base trained with dropout "
    "above 0, or another second view (sae_contrastive_view: dropout)"
)


def write_states(
    folder: Path,
    sequences: Sequences,
    model: Recommender,
    store: ActivationSettings,
    device: torch.device,
) -> None:
    """Fill a folder with all arrays.

    Raises SettingError if views are asked for of a base without dropout, or if the states are too
    large for their type; RecsaeError if one is not finite.
    """
    dtype = np.dtype(store.activation_dtype)
    for name, array in _evaluation_arrays(sequences, model, dtype, device).items():
        _new_array(folder / f"{name}.npy", array.dtype, array.shape)[:] = array
    shape = (len(sequences.train_targets()), model.item_table().shape[1])
    train_ND = _new_array(folder / "train_x.npy", dtype, shape)
    _fill(train_ND, "states of train rows", sequences, model, device)
    if store.activation_views:
        view_VND = _new_array(folder / "train_view.npy", dtype, (store.activation_views, *shape))
        _fill_views(view_VND, train_ND, sequences, model, device)


def _evaluation_arrays(
    sequences: Sequences, model: Recommender, dtype: np.dtype[Any], device: torch.device
) -> dict[str, Array]:
    """Return all arrays but the states of train, by the names of Activations."""
    user_N, target_N = sequences.train_users(), sequences.train_targets()
    arrays: dict[str, Array] = {
        "train_user": user_N,
        "train_next": sequences.items[target_N],
        "train_last": np.diff(user_N, append=-1) != 0,
        "train_lengths": sequences.train_lengths,
        "items": sequences.items,
        "offsets": sequences.offsets,
        "item_table": model.item_table().float().cpu().numpy(),
    }
    if sequences.train_at is not None:
        arrays["train_position"] = sequences.train_at
    for split in SPLITS:
        targets = sequences.targets(split)
        states_RD = target_states(model, sequences, targets, device)
        arrays[f"{split}_x"] = _held(states_RD.cpu().numpy(), dtype)
        arrays[f"{split}_target"], arrays[f"{split}_user"] = targets.item, targets.user
        arrays[f"{split}_position"] = targets.position
    return arrays


def _fill_views(
    view_VND: Array,
    train_ND: Array,
    sequences: Sequences,
    model: Recommender,
    device: torch.device,
) -> None:
    """Compute the train rows again with the base's dropout on, a pass a view."""
    for place, view_ND in enumerate(view_VND):
        with _dropout_on(model, VIEW_SEED + place, device):
            _fill(view_ND, f"view {place + 1} of train rows", sequences, model, device)
        # Rates of 0 stand in no place that all recommenders have: the states themselves tell.
        if place == 0 and np.array_equal(view_ND, train_ND):
            raise SettingError("activation_views", NO_VIEWS)


@contextmanager
def _dropout_on(model: Recommender, seed: int, device: torch.device) -> Iterator[None]:
    """Put the model in training mode, with torch's generators seeded; restore both."""
    was_training = model.training
    # A training after this must draw what it would have drawn without views.
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        model.train()
        try:
            yield
        finally:
            model.train(was_training)


def _held(states: Array, dtype: np.dtype[Any]) -> Array:
    """Return states in the type that they are stored in."""
    with np.errstate(over="ignore"):  # it is told below
        stored = states.astype(dtype, copy=False)
    if np.isfinite(stored).all():
        return stored
    if not np.isfinite(states).all():
        raise RecsaeError("the base's states are not finite: expected weights that give numbers")
    largest, most = np.abs(states).max(), np.finfo(dtype).max
    message = f"{dtype} cannot hold these states: found |x| = {largest:.3g}, above {most:.5g}"
    raise SettingError("activation_dtype", f"{message}; take float32")


def _new_array(
    path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]
) -> "np.memmap[Any, np.dtype[Any]]":
    """Return a new file's array to write to; OSError now if the disk has no room for it."""
    array = open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):  # else a full disk would end the process, by SIGBUS
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def _fill(
    train_ND: Array, what: str, sequences: Sequences, model: Recommender, device: torch.device
) -> None:
    """Compute the train rows, each once."""
    with meter(what, len(train_ND)) as progress:
        done = 0
        for place, states in train_states(model, sequences, device):
            train_ND[place] = _held(states.cpu().numpy(), train_ND.dtype)
            done += len(place)
            progress(done)
    if isinstance(train_ND, np.memmap):
        train_ND.flush()
