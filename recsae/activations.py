"""The states of a frozen base, stored once and read by every trial, on any node.

Shapes: N train rows, R targets of a split, D width, I items, E events, U users, W windows,
B windows of a batch, L their padded length.
"""

import os
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import torch
from numpy.lib.format import open_memmap
from torch import Tensor

from recsae.activations_settings import ActivationSettings
from recsae.cache import Cache
from recsae.files import digest, read_json, source_digest, whole, write_json
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.metrics import CUTOFFS
from recsae.metrics.ranking import Seen, ranking_metrics, ranks
from recsae.progress import meter
from recsae.reads import count_test_read
from recsae.sasrec.base import Base, pretrain
from recsae.sasrec.model import Recommender
from recsae.sasrec.settings import SASRecSettings
from recsae.sasrec.states import target_states, window_states
from recsae.sequences import Ints, Mask, Sequences, Targets, seen_items

KIND = "activations"
Array = npt.NDArray[Any]
Split = Literal["dev", "test"]
_META = "activations.json"
_KEYS = ("fingerprint", "dataset", "protocols", "base", "dtype", "width", "n_items")
_SPLITS: tuple[Split, ...] = ("dev", "test")
_PLAIN = ("path", "fingerprint", "meta")


@dataclass(frozen=True, eq=False)
class Activations:
    """Read-only memory-mapped arrays; all that training and scoring an autoencoder needs."""

    path: Path
    fingerprint: str
    meta: dict[str, Any]
    """dataset, protocols by mask, base {fingerprint, settings, metrics}, dtype, width, n_items."""
    train_x: Array
    """[N, D]: states after which a training item follows, user after user, in order."""
    train_user: Ints
    train_next: Ints
    """int32 [N]: the item that follows."""
    train_last: npt.NDArray[np.bool_]
    """[N]: whether it is its user's last train row."""
    dev_x: Array
    dev_target: Ints
    dev_user: Ints
    dev_position: Ints
    test_x: Array
    test_target: Ints
    test_user: Ints
    test_position: Ints
    items: Ints
    """int32 [E]: all events, of user after user."""
    offsets: Ints
    """int64 [U+1]: user u's events are items[offsets[u]:offsets[u+1]]."""
    item_table: Array
    """float32 [I, D]: what follows a state x is scored by x @ item_table.T."""

    @classmethod
    def open(cls, path: Path) -> "Activations":
        """Map the folder of a store; needs neither the data nor the base.

        Raises RecsaeError if it is damaged.
        """
        with whole(path):
            meta = read_json(path / _META)
            meta = {name: meta[name] for name in (*_KEYS, *meta)}
            return cls(path=path, fingerprint=meta["fingerprint"], meta=meta, **_arrays(path))

    def tensor(self, name: str) -> Tensor:
        """Return an array as a tensor over the same pages; what is written to it stays here."""
        return torch.from_numpy(np.load(self.path / f"{name}.npy", mmap_mode="c"))

    def rows(self, positions: Literal["all", "last"] = "all") -> tuple[Tensor, Tensor, Tensor]:
        """Return the train rows: states [N, D] as stored, users [N], items that follow [N]."""
        names = ("train_x", "train_user", "train_next")
        states_ND, user_N, next_N = (self.tensor(name) for name in names)
        if positions == "last":
            last_N = self.tensor("train_last")
            states_ND, user_N, next_N = states_ND[last_N], user_N[last_N], next_N[last_N]
        return states_ND, user_N, next_N

    def states(self, split: Split) -> Tensor:
        """Return the float32 states [R, D] of a split's targets."""
        return self.tensor(f"{split}_x").float()

    def targets(self, split: Split) -> Targets:
        """Return the targets of a split."""
        names = (f"{split}_{part}" for part in ("user", "position", "target"))
        return Targets(*(getattr(self, name) for name in names))

    def seen(self, split: Split, mask: Mask = "history") -> Seen:
        """Return what each row of a split may not be offered."""
        offsets, items = seen_items(self.items, self.offsets, self.targets(split), mask)
        return Seen(torch.from_numpy(offsets), torch.from_numpy(items))


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
    sequences = Sequences.of(load(data), data.order)
    trained, pretrained = pretrain(sequences, base, cache, device)
    activations, extracted = extract(sequences, trained, store, cache, device)
    return Prepared(activations, pretrained, extracted)


def extract(
    sequences: Sequences,
    base: Base,
    store: ActivationSettings,
    cache: Cache,
    device: torch.device,
) -> tuple[Activations, bool]:
    """Return the states of a base, computed if nobody has; True if computed."""
    key = digest(base.fingerprint, store.values(), source_digest(Path(__file__)))

    def build(folder: Path) -> None:
        _write(folder, sequences, base.model(device), np.dtype(store.activation_dtype), device)
        stored = Activations(path=folder, fingerprint=key, meta={}, **_arrays(folder))
        count_test_read(base.path)
        about = {name: base.meta[name] for name in ("fingerprint", "model_name", "settings")}
        meta = {
            "fingerprint": key,
            "dataset": sequences.name,
            "protocols": _protocols(sequences),
            "base": {**about, "metrics": {part: _score(stored, part) for part in _SPLITS}},
            "dtype": store.activation_dtype,
            "width": stored.train_x.shape[1],
            "n_items": sequences.n_items,
        }
        write_json(folder / _META, meta)

    folder, built = cache.get(KIND, key, build)
    activations = Activations.open(folder)
    # The same content may have come under another name.
    named = {"dataset": sequences.name, "protocols": _protocols(sequences)}
    return replace(activations, meta={**activations.meta, **named}), built


def _protocols(sequences: Sequences) -> dict[str, str]:
    return {mask: sequences.protocol(mask, CUTOFFS) for mask in get_args(Mask)}


def _score(activations: Activations, split: Split) -> dict[str, float]:
    """Score the base from the stored rows, as its autoencoders are."""
    states_RD, table_ID = activations.states(split), activations.tensor("item_table")
    target_R = activations.tensor(f"{split}_target")
    return ranking_metrics(ranks(states_RD, table_ID, target_R, activations.seen(split)))


def _write(
    folder: Path,
    sequences: Sequences,
    model: Recommender,
    dtype: np.dtype[Any],
    device: torch.device,
) -> None:
    """Fill a folder with all arrays."""
    events_N = sequences.train_events()
    user_U = np.arange(sequences.n_users, dtype=np.int32)
    arrays: dict[str, Array] = {
        "train_user": np.repeat(user_U, sequences.train_rows().length),
        "train_next": sequences.items[events_N + 1],
        "train_last": np.diff(events_N, append=-1) != 1,
        "items": sequences.items,
        "offsets": sequences.offsets,
        "item_table": model.item_table().float().cpu().numpy(),
    }
    for split in _SPLITS:
        targets = sequences.targets(split)
        states_RD = target_states(model, sequences, targets, device)
        arrays[f"{split}_x"] = states_RD.cpu().numpy().astype(dtype)
        arrays[f"{split}_target"], arrays[f"{split}_user"] = targets.item, targets.user
        arrays[f"{split}_position"] = targets.position
    for name, array in arrays.items():
        _new_array(folder / f"{name}.npy", array.dtype, array.shape)[:] = array
    shape = (len(events_N), model.item_table().shape[1])
    train_ND = _new_array(folder / "train_x.npy", dtype, shape)
    _fill(train_ND, events_N, sequences, model, device)


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
    train_ND: "np.memmap[Any, Any]",
    events_N: Ints,
    sequences: Sequences,
    model: Recommender,
    device: torch.device,
) -> None:
    """Compute the train rows, each once."""
    row_E = np.full(len(sequences.items), -1)
    row_E[events_N] = np.arange(len(events_N))
    windows, skip_W = sequences.train_cover(model.max_len)
    with meter("states of windows", len(windows.start)) as progress:
        done = 0
        for index_B, hidden_BLD in window_states(model, sequences, windows, device):
            step_L = np.arange(hidden_BLD.shape[1])
            kept_BL = (step_L >= skip_W[index_B, None]) & (step_L < windows.length[index_B, None])
            event_BL = windows.start[index_B, None] + step_L
            train_ND[row_E[event_BL[kept_BL]]] = hidden_BLD.cpu().numpy()[kept_BL]
            done += len(index_B)
            progress(done)
    train_ND.flush()


def _arrays(path: Path) -> dict[str, Any]:
    names = [field.name for field in fields(Activations) if field.name not in _PLAIN]
    return {name: np.load(path / f"{name}.npy", mmap_mode="r") for name in names}
