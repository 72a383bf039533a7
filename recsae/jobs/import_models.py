"""`import`: a recommender, or an autoencoder, that was trained elsewhere, under its own name."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import torch

from recsae.activations.settings import ActivationSettings
from recsae.cache import Cache
from recsae.errors import RecsaeError, SettingError, unknown_name
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings, check_name
from recsae.jobs.import_names import Wanted, check_base, completed
from recsae.jobs.import_sae import SaeDraft, keep_sae, meaningless, sae_draft
from recsae.jobs.sources import source_of
from recsae.jobs.training import MODELS, base_outcome
from recsae.machine import device_of
from recsae.metrics.ranking import NotFiniteError
from recsae.progress import say
from recsae.recommenders.base import KIND as BASES
from recsae.recommenders.base import Base, find_base
from recsae.recommenders.base_choice import BaseChoice
from recsae.recommenders.rechorus.base_draft import Draft, draft, keep, settings_of
from recsae.recommenders.rechorus.files import Checkpoint, Weights, read_checkpoint
from recsae.results import check_name as check_own_name
from recsae.sequences import Sequences

FileFormat = Literal["rechorus", "states"]


def import_file(
    file: str, wanted: Wanted, data: dict[str, Any], *, device: str | None
) -> dict[str, Any]:
    """Make what a checkpoint holds a base, a saved model, or both; `data` as far as it is given.

    `imported` is False in the outcome if all of it was there, under the same name.
    Raises RecsaeError before anything is written when the file, the data and the flags do not fit.
    """
    start = time.perf_counter()
    _check_format(wanted.format)
    check_own_name(wanted.name)
    checkpoint = read_checkpoint(file)
    wanted, from_name = completed(wanted, checkpoint, file)
    sae = sae_draft(checkpoint, sae_k=wanted.sae_k, sae_attn_heads=wanted.sae_attn_heads)
    _check_flags(checkpoint, wanted, data)
    cache, where = Cache.default(), device_of(device)
    if checkpoint.base:
        base, new = _import_base(file, checkpoint, wanted, sae, data, cache, where)
    else:
        base, new = find_base(str(wanted.base), cache), False
        check_base(file, base)
    _check_width(checkpoint.sae, base.width, file)
    outcome, new_sae = _scored(file, wanted.name, sae, data, base, cache, where)
    warnings = [] if sae is None else meaningless(outcome["metrics"])
    _say(Path(file).name, from_name, warnings)
    return {
        **outcome,
        "name": wanted.name,
        "imported": new or new_sae,
        "ignored": checkpoint.ignored,
        "from_name": from_name,
        "warnings": warnings,
        "seconds": round(time.perf_counter() - start, 3),
    }


def _scored(
    file: str,
    name: str,
    sae: SaeDraft | None,
    data: dict[str, Any],
    base: Base,
    cache: Cache,
    device: torch.device,
) -> tuple[dict[str, Any], bool]:
    """Return the scores of what a file holds, and whether its autoencoder, if any, is new."""
    choice = BaseChoice.of({"checkpoint": str(base.path)})
    ready = source_of(data, choice, ActivationSettings(), cache).prepare(cache, device)
    if sae is None:
        return base_outcome(ready.activations, cache), False
    with _finite(f"{file}: sae_module"):
        return keep_sae(sae, ready, Path(file).name, name, cache, device)


def _say(file: str, from_name: dict[str, int], warnings: list[str]) -> None:
    """Say what was taken from the file's name, and what is wrong with the figures."""
    if from_name:
        words = ", ".join(f"{name}={value}" for name, value in from_name.items())
        say(f"{file}: {words}, as its name says")
    for warning in warnings:
        say(f"{file}: {warning}")


def _check_format(word: str) -> None:
    names = get_args(FileFormat)
    if word not in names:
        raise SettingError("--format", unknown_name(word, names))


def _check_flags(checkpoint: Checkpoint, wanted: Wanted, data: dict[str, Any]) -> None:
    """Raise SettingError for a flag that the file needs and has not, or cannot use."""
    if checkpoint.base and wanted.base is not None:
        raise SettingError("--base", "not for this file, which brings a SASRec of its own")
    if checkpoint.base and "dataset" not in data:
        raise SettingError("--dataset", "expected the data set that the checkpoint was trained on")
    if not checkpoint.base:
        if wanted.base is None:
            problem = "expected the base that it reads: the file holds an autoencoder alone"
            raise SettingError("--base", problem)
        for flag in ("num_heads", "max_len", "dropout"):
            if getattr(wanted, flag) is not None:
                raise SettingError(f"--{flag}", "not for this file, which holds no SASRec")


@contextmanager
def _finite(subject: str) -> Iterator[None]:
    """Raise RecsaeError, which names the subject, for weights too large to score with."""
    try:
        yield
    except NotFiniteError as error:
        problem = f"expected weights that give finite scores, found too large ones ({error})"
        raise RecsaeError(f"{subject}: {problem}") from None


def _check_width(sae: Weights, width: int, file: str) -> None:
    if sae and sae["W_dec"].shape[1] != width:
        problem = f"expected the base's width {width}, found {sae['W_dec'].shape[1]}"
        raise RecsaeError(f"{file}: sae_module.W_dec: {problem}")


def _import_base(
    file: str,
    checkpoint: Checkpoint,
    wanted: Wanted,
    sae: SaeDraft | None,
    data: dict[str, Any],
    cache: Cache,
    device: torch.device,
) -> tuple[Base, bool]:
    """Make the recommender of a file a base under its name; False if it was there."""
    settings = settings_of(
        checkpoint,
        num_heads=wanted.num_heads,
        max_len=wanted.max_len,
        dropout=wanted.dropout,
    )
    _check_width(checkpoint.sae, settings.emb_size, file)
    given = DataSettings.of(data)
    check_name(given.dataset)
    interactions = load(given)
    sequences = Sequences.of(interactions, given)
    made = draft(checkpoint, settings, interactions, sequences, file)
    name = wanted.name if sae is None else f"{wanted.name}-base"
    cache.check_free(name, BASES, made.fingerprint)
    if sae is not None:
        cache.check_free(wanted.name, MODELS, sae.key(made.fingerprint))
    with _finite(file):
        return _kept(made, name, sequences, given, Path(file).name, cache, device)


def _kept(
    made: Draft,
    name: str,
    sequences: Sequences,
    data: DataSettings,
    source: str,
    cache: Cache,
    device: torch.device,
) -> tuple[Base, bool]:
    known = cache.named(name) is not None
    base, built = keep(made, sequences, data, source, cache, device)
    cache.give_name(name, BASES, base.fingerprint)
    return base, built or not known
