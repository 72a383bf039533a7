"""`pretrain` and `train`: one model, trained or found, reported on dev and test."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from recsae.activations.extraction import SPLITS, Split
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.errors import RecsaeError
from recsae.files import digest
from recsae.jobs.scores import CONCEPTS, CURVE, Scores, score_again, scores_of, write_scores
from recsae.jobs.sources import Source, base_of
from recsae.machine import device_of
from recsae.progress import meter
from recsae.sae import files
from recsae.sae.base import SAESettings
from recsae.sae.registry import views_needed
from recsae.sequences import Mask
from recsae.trial import Measured, SAETrial, run_trial

MODELS = "models"


def pretrain(source: Source, *, device: str | None) -> dict[str, Any]:
    """Train the base and store its states, unless both are in the cache."""
    start = time.perf_counter()
    cache = Cache.default()
    ready = source.prepare(cache, device_of(device))
    return {
        **base_outcome(ready.activations, cache),
        "pretrained": ready.pretrained,
        "seconds": round(time.perf_counter() - start, 3),
    }


def base_outcome(activations: Activations, cache: Cache, mask: Mask = "history") -> dict[str, Any]:
    """Return what is known of the base that gave these activations."""
    base, meta = base_of(activations, cache), activations.meta
    return {
        "model_name": meta["base"]["model_name"],
        "dataset": meta["dataset"],
        "protocol": meta["protocols"][mask],
        "metrics": meta["base"]["metrics"],
        "groups": meta["groups"],
        "base": {name: meta["base"][name] for name in ("model_name", "fingerprint", "metrics")},
        "settings": meta["base"]["settings"],
        "machine": base.meta["machine"] if base else None,
        "path": str(base.path) if base else None,
    }


def train(
    model_name: str, settings: SAESettings, source: Source, *, seed: int, device: str | None
) -> dict[str, Any]:
    """Train an autoencoder on the base's states and save it; the base is trained if need be.

    `seed` sets the order of the data, as the seed of a search does.
    """
    start = time.perf_counter()
    cache, where = Cache.default(), device_of(device)
    source = _with_views(source, model_name, settings)
    ready = source.prepare(cache, where, settings.check_width)
    trial = SAETrial(model_name, settings, ready.activations, order_seed=seed, device=str(where))
    with meter(f"train {model_name}", settings.sae_epochs) as progress:
        run_trial(trial, lambda epoch, m: progress(epoch, f"ndcg@10 {m['ndcg@10']:.4f}"))
    folder = _folder(cache, model_name, settings, ready.activations, seed)
    trial.save(folder, source=ready.source.values())
    assert trial.measured is not None
    # The last epoch was scored deep: dev need not be scored again.
    known: dict[Split, Measured] = {"dev": trial.measured}
    scores = scores_of(trial.model, ready.activations, where, folder, cache, known=known)
    write_scores(folder, scores)
    return {
        **model_outcome(folder, ready.activations, scores),
        "pretrained": ready.pretrained,
        "seconds": round(time.perf_counter() - start, 3),
    }


def evaluate_saved(
    model_name: str, settings: SAESettings, source: Source, *, seed: int, device: str | None
) -> dict[str, Any]:
    """Score the saved model of the same settings again; raises RecsaeError if there is none."""
    start = time.perf_counter()
    cache, where = Cache.default(), device_of(device)
    source = _with_views(source, model_name, settings)
    ready = source.prepare(cache, where, settings.check_width)
    folder = _folder(cache, model_name, settings, ready.activations, seed)
    if not folder.exists():
        raise RecsaeError(
            f"no saved {model_name} of these settings on {ready.activations.meta['dataset']}; "
            "train it first, with --sae_train 1"
        )
    try:
        model, about = files.load(folder)
    except RecsaeError as error:
        raise RecsaeError(f"{error}; train it again, with --sae_train 1") from None
    chosen = where if device else None
    scores, same = score_again(model, about, ready.activations, folder, cache, device=chosen)
    return {
        **model_outcome(folder, ready.activations, scores),
        "reproduced": same,
        "pretrained": ready.pretrained,
        "seconds": round(time.perf_counter() - start, 3),
    }


def model_outcome(
    folder: Path, activations: Activations, scores: Scores, mask: Mask = "history"
) -> dict[str, Any]:
    """Return the JSON of a saved autoencoder's scores."""
    model, about = files.load(folder)
    meta = activations.meta
    return {
        "model_name": model.variant.name,
        "dataset": meta["dataset"],
        "protocol": meta["protocols"][mask],
        "metrics": {split: scores[split] for split in SPLITS},
        "difference": scores["difference"],
        "groups": scores["groups"],
        **{part: scores[part] for part in (CONCEPTS, CURVE) if part in scores},
        "base": {name: meta["base"][name] for name in ("model_name", "fingerprint", "metrics")},
        "settings": model.settings.values(),
        "machine": about.get("machine"),
        "path": str(folder),
    }


def _with_views(source: Source, model_name: str, settings: SAESettings) -> Source:
    """Return the source with as many views stored as the training needs."""
    return replace(source, store=source.store.with_views(views_needed(model_name, settings)))


def _folder(
    cache: Cache, model_name: str, settings: SAESettings, activations: Activations, seed: int
) -> Path:
    """Return where a saved autoencoder lies: named by all that it was trained from."""
    key = digest(model_name, settings.values(), activations.fingerprint, seed)
    return cache.local / MODELS / key
