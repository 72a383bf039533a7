"""`evaluate X`: a run, a saved autoencoder or a base, scored again."""

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import torch

from recsae.activations import KIND as ACTIVATIONS
from recsae.activations import Activations
from recsae.cache import Cache
from recsae.errors import RecsaeError, SettingError, nearest
from recsae.files import read_json, write_json
from recsae.jobs.scores import dev_scores, test_scores
from recsae.jobs.sources import Source, stored_activations
from recsae.jobs.training import MODELS, base_outcome, model_outcome
from recsae.machine import device_of
from recsae.reads import count_test_read
from recsae.results import (
    Columns,
    Files,
    find_run,
    load_results,
    read_search,
    run_names,
    storage_root,
)
from recsae.sae import files
from recsae.sasrec.base import KIND as BASES
from recsae.sasrec.base import Base
from recsae.trial import Evaluator, Mask, Split

Kind = Literal["run", "model", "base"]
_SHORTEST_PREFIX = 6


@dataclass(frozen=True)
class Found:
    """What a name stands for."""

    kind: Kind
    path: Path


def evaluate(name: str, *, mask: str, storage: str | None, device: str | None) -> dict[str, Any]:
    """Score what is saved under a path, a run's name, or the fingerprint of a model or base."""
    masked = mask_of(mask)
    start = time.perf_counter()
    cache, where = Cache.default(), device_of(device) if device else None
    found = find(name, storage_root(storage), cache)
    score = {"run": _run, "model": _model, "base": _base}[found.kind]
    outcome = score(found.path, masked, cache, where)
    return {**outcome, "mask": mask, "seconds": round(time.perf_counter() - start, 3)}


def mask_of(word: str) -> Mask:
    """Return the mask that a word names; raises SettingError."""
    names: tuple[Mask, ...] = get_args(Mask)
    for name in names:
        if name == word:
            return name
    hint = nearest(word, names)
    raise SettingError("--mask", f"expected one of {', '.join(names)}, got {word!r}{hint}")


def find(name: str, storage: Path, cache: Cache) -> Found:
    """Return what `name` stands for: a path, else a run, else a model or base.

    Raises RecsaeError when it is nothing, or fits two.
    """
    path = Path(name.removeprefix("file://")).expanduser()
    kind = _kind(path)
    if kind is not None:
        return Found(kind, path.resolve())
    found = [Found("run", find_run(name, storage))] if name in run_names(storage) else []
    found += [Found("model", entry) for entry in _by_prefix(cache.local / MODELS, name)]
    found += [Found("base", entry) for entry in _by_prefix(cache.local / BASES, name)]
    if len(found) > 1:
        places = " and ".join(f"the {one.kind} {one.path}" for one in found[:3])
        raise RecsaeError(f"{name!r} fits {places}; give a path")
    if not found:
        hint = nearest(name, run_names(storage))
        raise RecsaeError(f"no run in {storage}, saved model or base is named {name!r}{hint}")
    return found[0]


def _kind(path: Path) -> Kind | None:
    if (path / Files.SEARCH).is_file():
        return "run"
    if (path / "base.json").is_file():
        return "base"
    return "model" if (path / "settings.json").is_file() else None


def _by_prefix(folder: Path, name: str) -> list[Path]:
    exact = folder / name
    if exact.is_dir():
        return [exact]
    return sorted(folder.glob(f"{name}*")) if len(name) >= _SHORTEST_PREFIX else []


def _run(path: Path, mask: Mask, cache: Cache, device: torch.device | None) -> dict[str, Any]:
    best = score_run(path, cache, mask=mask, device=device)
    if not best:
        raise RecsaeError(f"{path}: no trial of this run is complete, so there is no best model")
    return {"run": path.name, **best[0], **({"best": best} if len(best) > 1 else {})}


def score_run(
    path: Path, cache: Cache, *, mask: Mask = "history", device: torch.device | None = None
) -> list[dict[str, Any]]:
    """Score the best models of a run on dev and test; test is read once for all of them."""
    count_test_read(path)
    outcomes = []
    for row in load_results(path).best_trials():
        trial_id = str(row[Columns.TRIAL_ID])
        outcome = _model(path / Files.BEST / trial_id, mask, cache, device)
        if mask == "history":
            outcome["reproduced"] &= _same(outcome["metrics"]["dev"], row["metrics"])
        outcomes.append({Columns.TRIAL_ID: row[Columns.TRIAL_ID], **outcome})
    return outcomes


def _model(path: Path, mask: Mask, cache: Cache, device: torch.device | None) -> dict[str, Any]:
    """Score a saved model; `reproduced` tells whether that gave exactly the stored figures."""
    model, about = files.load(path)
    origin = _origin(path, about)
    where = device or device_of(None if about["machine"]["device"] == "cuda" else "cpu")
    torch.set_num_threads(about["machine"]["threads"])  # sums depend on it in the last digit
    activations = stored_activations(about["activations"], origin, cache)
    metrics = {
        "dev": dev_scores(model, activations, where, mask),
        "test": test_scores(model, activations, where, path, cache, mask),
    }
    outcome = model_outcome(path, activations, metrics, mask)
    if mask != "history":
        return outcome
    if not (path / Files.METRICS).is_file():
        write_json(path / Files.METRICS, metrics)
    stored = read_json(path / Files.METRICS)
    same = all(_same(metrics[split], stored[split]) for split in metrics)
    return {**outcome, "reproduced": same}


def _origin(path: Path, about: dict[str, Any]) -> Source:
    """Return what a model was trained from: its own file says it, or the run that it is best of."""
    run = path.parent.parent
    if "source" in about:
        return Source.of(about["source"])
    if (run / Files.SEARCH).is_file():
        return Source.of(read_search(run)["source"])
    raise RecsaeError(f"{path}: settings.json does not say which data it was trained on")


def _same(ours: dict[str, float], stored: dict[str, float | None]) -> bool:
    """Compare figures to the last digit; a stored null stands for a figure that is no number."""
    return all(
        ours[name] == value or (value is None and math.isnan(ours[name]))
        for name, value in stored.items()
    )


def _base(path: Path, mask: Mask, cache: Cache, device: torch.device | None) -> dict[str, Any]:
    base = Base.open(path)
    where = str(device or device_of(None))
    torch.set_num_threads(int(base.meta["machine"]["threads"]))
    activations = _activations_of(base, cache)
    count_test_read(path)
    splits: tuple[Split, Split] = ("dev", "test")
    metrics = {split: Evaluator(activations, split, mask, where).base for split in splits}
    return {**base_outcome(activations, cache, mask), "metrics": metrics}


def _activations_of(base: Base, cache: Cache) -> Activations:
    """Return stored states of a base: with them goes all the data that scoring needs."""
    for folder in sorted((cache.local / ACTIVATIONS).glob("[!.]*")):
        activations = Activations.open(folder)
        if activations.meta["base"]["fingerprint"] == base.fingerprint:
            return activations
    raise RecsaeError(f"{base.path}: its stored states are gone; the command `pretrain` makes them")
