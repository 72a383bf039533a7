"""The base: a trained recommender in the cache, named by all that it depends on."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from recsae.cache import Cache
from recsae.data_digest import data_digest as data_digest
from recsae.data_digest import data_words
from recsae.errors import RecsaeError, SettingError, nearest
from recsae.files import code_digest, content_digest, digest, read_json, whole, write_json
from recsae.interactions.settings import DataSettings, anywhere
from recsae.machine import machine
from recsae.metrics import CUTOFFS
from recsae.recommenders.architecture import Architecture
from recsae.recommenders.recommender import Recommender
from recsae.recommenders.registry import RECOMMENDERS, SASREC, architecture, code_rooms
from recsae.recommenders.states import evaluate, seen_of
from recsae.sequences import Sequences
from recsae.settings import Settings, path_of
from recsae.test_reads import count_test_read

KIND = "bases"
SHORTEST_PREFIX = 6
"""Digits of a fingerprint that may stand for all of it."""
_WEIGHTS, _META = "model.safetensors", "base.json"
_KEYS = ("fingerprint", "model_name", "n_items", "settings", "metrics", "machine")
_CODE = ("metrics", "sequences*", "splits*")
"""Rooms that a base depends on, beside its recommender's: metrics decide when training stops."""


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
            # A missing key raises here, where `whole` makes it a mistake of the file.
            return cls(path, {name: meta[name] for name in (*_KEYS, *meta)})

    @property
    def fingerprint(self) -> str:
        """The name of the base."""
        return str(self.meta["fingerprint"])

    @property
    def architecture(self) -> Architecture:
        """What recommender it is; SettingError if it is of a package that is not installed."""
        return architecture(self.meta.get("architecture", SASREC))

    @property
    def states_key(self) -> str:
        """A name for the base and the code that runs it; that of its states begins with it.

        The fingerprint of an imported base leaves our code out, so that it stays over a commit. A
        base that was trained again on another machine has the same fingerprint, but other weights.
        """
        if self.architecture.imported:
            return digest(self.fingerprint, _code(self.architecture.name))
        return digest(self.fingerprint, self.weights) if self.weights else self.fingerprint

    @property
    def weights(self) -> str | None:
        """A digest of its weights; None for a base of an older recsae."""
        return self.meta.get("weights")

    @property
    def width(self) -> int:
        """Width of its states."""
        kind = self.architecture
        return kind.width(kind.Settings.of(self.meta["settings"]))

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """NDCG@k and HR@k of dev and test, under the history mask."""
        return dict(self.meta["metrics"])

    def data_settings(self, given: dict[str, Any] | None = None) -> DataSettings:
        """Return the settings of the data it belongs to, changed by those that are given."""
        known = (self.meta.get("data") or {}).get("settings")
        if known is None:
            message = "does not say its data, as one of an older recsae; name them with --dataset"
            raise RecsaeError(f"{self.path}: {message}, or make it again")
        return DataSettings.of({**known, **(given or {})})

    def check_data(self, sequences: Sequences) -> None:
        """Raise RecsaeError unless these are the sequences that it belongs to."""
        known = self.meta.get("data") or {}
        if known.get("digest") != data_digest(sequences):
            expected = known.get("words") or f"{self.meta['n_items']:,} items"
            found = data_words(sequences)
            other = " of other content or order" if found == expected else ""
            raise RecsaeError(
                f"the base {self.path.name} belongs to other data: "
                f"expected {expected}, found {found}{other}"
            )

    def sequences(self) -> Sequences | None:
        """Return the data that came with its states; None if its settings lead to them."""
        if not self.architecture.own_data:
            return None
        from recsae.recommenders.own_states.files import read_sequences

        return read_sequences(self.path)

    def model(self, device: torch.device) -> Recommender:
        """Load the frozen model; raises RecsaeError if it is damaged."""
        kind = self.architecture
        with whole(self.path):
            sizes = {name: self.meta[name] for name in ("n_items", "n_users")[: 1 + kind.per_user]}
            model = kind.build(kind.Settings.of(self.meta["settings"]), **sizes)
            content = (self.path / _WEIGHTS).read_bytes()
            # None: a base of an older recsae, whose weights nobody has named.
            if self.weights not in (None, content_digest(content)):
                raise ValueError(f"{_WEIGHTS}: not the weights of {_META}")
            try:
                model.load_state_dict(load(content))
            except (SafetensorError, RuntimeError) as error:  # cut off, or of other shapes
                raise ValueError(f"{_WEIGHTS}: {error}") from None
        return model.to(device).eval().requires_grad_(False)


def find_base(word: str, cache: Cache) -> Base:
    """Return the base of a name, a fingerprint (or its beginning) or a folder.

    Raises RecsaeError, with the nearest name, when there is none.
    """
    folder = path_of(word)
    if (folder / _META).is_file():
        return Base.open(folder.resolve())
    named = cache.named(word)
    if named is not None and named.parent.name == KIND:
        return Base.open(named)
    keys = sorted(entry.name for entry in (cache.local / KIND).glob("[!.]*"))
    fits = [key for key in keys if key == word or _begins(key, word)]
    if len(fits) == 1:
        return Base.open(cache.local / KIND / fits[0])
    if named is not None:
        raise SettingError("base", f"expected a base, but {word!r} is an autoencoder, {named}")
    known = [name for name, entry in cache.names().items() if entry.parent.name == KIND]
    hint = nearest(word, known) or (f"; known: {', '.join(known)}" if known else "")
    message = "fits several bases" if fits else "expected the name of a base, found none"
    raise SettingError("base", f"{message} for {word!r} in {cache.local}{hint}")


def _begins(key: str, word: str) -> bool:
    return len(word) >= SHORTEST_PREFIX and key.startswith(word)


def pretrain(
    sequences: Sequences,
    settings: Settings,
    cache: Cache,
    device: torch.device,
    data: DataSettings | None = None,
    name: str = SASREC,
) -> tuple[Base, bool]:
    """Return the base of these sequences and settings, trained if nobody has; True if trained.

    Raises RecsaeError when there is nothing to train on. `data` is where the sequences come from,
    `name` that of the recommender.
    """
    key = fingerprint(sequences, settings, name)

    def build(folder: Path) -> None:
        start = time.perf_counter()
        model, curve = architecture(name).train(sequences, settings, device)
        names = {"model_name": name, "architecture": name}
        about = {**names, "settings": settings.values(), "dev_curve": curve}
        write(folder, key, model, sequences, data, about, start, device)

    folder, built = cache.get(KIND, key, build)
    return Base.open(folder), built


def write(
    folder: Path,
    key: str,
    model: Recommender,
    sequences: Sequences,
    data: DataSettings | None,
    about: dict[str, Any],
    start: float,
    device: torch.device,
) -> None:
    """Fill the folder of a new base, begun at `start`.

    `about` has its model_name, architecture and settings.
    """
    meta = {
        "fingerprint": key,
        "dataset": sequences.name,
        "protocol": sequences.protocol(cutoffs=CUTOFFS),
        "n_items": sequences.n_items,
        "n_users": sequences.n_users,
        "data": _data(sequences, data),
        **about,
        "metrics": _metrics(model, sequences, device, folder),
        "seconds": time.perf_counter() - start,
        "machine": machine(device),
    }
    weights = {name: tensor.cpu() for name, tensor in model.state_dict().items()}
    content = save(weights)
    (folder / _WEIGHTS).write_bytes(content)
    write_json(folder / _META, meta | {"weights": content_digest(content)})


def _data(sequences: Sequences, settings: DataSettings | None) -> dict[str, Any]:
    own = sequences.train_at is not None  # its name is no path
    known = settings if settings is None or own else anywhere(settings)
    return {
        "digest": data_digest(sequences),
        "words": data_words(sequences),
        "settings": known.values() if known else None,
    }


def fingerprint(sequences: Sequences, settings: Settings, name: str = SASREC) -> str:
    """Name a base by the data's content and order, the split, the settings and the code."""
    kind = name, RECOMMENDERS.outside(name)
    return digest(data_digest(sequences), kind, settings.values(), _code(name))


def _code(name: str) -> str:
    """Name the code of a recommender, without that of others: a new one changes no base."""
    return code_digest(*code_rooms(name), *_CODE)


def _metrics(
    model: Recommender, sequences: Sequences, device: torch.device, folder: Path
) -> dict[str, dict[str, float]]:
    count_test_read(folder)
    parts = {"dev": sequences.dev, "test": sequences.test}
    return {
        name: evaluate(model, sequences, targets, seen_of(sequences, targets), device)
        for name, targets in parts.items()
    }
