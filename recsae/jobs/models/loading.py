"""`load_model`: from the name of a run or a model to a recommender with its autoencoder."""

from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.errors import RecsaeError, SettingError
from recsae.files import read_json, whole
from recsae.inference.explained import ExplainedRecommender
from recsae.jobs.evaluation import find, why_none
from recsae.jobs.models.stored import cut_to, key_of, origin_of
from recsae.jobs.sources import (
    Source,
    base_of,
    checkpoint_of,
    stored_activations,
    trained_here,
)
from recsae.machine import device_of
from recsae.progress import say
from recsae.recommenders.base import Base
from recsae.recommenders.recommender import Recommender
from recsae.results import Columns, Files, Results, load_results, records, storage_root
from recsae.results.finalist_selection import winners
from recsae.sae import files
from recsae.sae.model import SparseAutoencoder
from recsae.search.finalists import FOLDER as FINALISTS
from recsae.search.finalists import model_folder
from recsae.storage.entries import cache_of


def load_model(
    name: str | Path,
    *,
    trial: int | None = None,
    sae_k: int | None = None,
    storage: str | None = None,
    device: str | None = "cpu",
) -> ExplainedRecommender:
    """Return the recommender with the autoencoder of a run, or a saved or imported model.

    name: a path, else the name of a run in `storage`, else a model's name or fingerprint. Of a run
    it is the winning finalist, as it was trained with the first of its fresh seeds, or the best
    trial; `trial` takes another of them. sae_k: keep so many latents of each state, at most those
    it was trained for. Raises RecsaeError where there is no such model.
    """
    path, cache = find_model(name, trial=trial, storage=storage)
    return open_model(path, cache, sae_k, device_of(device))


def find_model(
    name: str | Path, *, trial: int | None = None, storage: str | None = None
) -> tuple[Path, Cache]:
    """Return the folder of the model that `load_model` takes, and the cache that goes with it."""
    root = storage_root(storage)
    found = find(str(name), root, cache_of(root))
    cache = cache_of(found.path.parent if found.kind == "run" else root)
    if found.kind == "base":
        raise RecsaeError(f"{name} is a base; expected a run or a saved autoencoder")
    if found.kind == "model" and trial is not None:
        raise SettingError("trial", f"expected a run, but {name} is a model by itself")
    path = found.path if found.kind == "model" else _of_run(load_results(found.path), trial)
    return path, cache


def open_model(
    path: Path, cache: Cache, sae_k: int | None, device: torch.device
) -> ExplainedRecommender:
    """Return the recommender with the autoencoder of a folder."""
    model, about = files.load(path)
    model, origin = cut_to(model, sae_k, "sae_k"), origin_of(path, about)
    exactly = trained_here(about)
    activations = stored_activations(key_of(about, path), origin, cache, exactly=exactly)
    base = partial(_recommender, activations, origin, cache, device)
    leaks = is_leaking(path, model)
    if leaks:
        say(f"{path}: {model.variant.name} leaks: what it recommends is not of the code alone")
    return ExplainedRecommender(
        model, activations, base, path, leaks=leaks, device=device, others=partial(_others, path)
    )


def _others(path: Path) -> list[Tensor]:
    """Return the atoms of a finalist's trainings with other seeds, whose models lie beside it."""
    if path.parent.name != FINALISTS:
        return []
    trial = path.name.partition("-")[0]
    beside = sorted(path.parent.glob(f"{trial}-*"))
    return [files.load(one)[0].W_dec.detach() for one in beside if one != path and one.is_dir()]


def _recommender(
    activations: Activations, origin: Source, cache: Cache, device: torch.device
) -> Recommender:
    return base_that_gave(activations, origin, cache, device).model(device)


def base_that_gave(
    activations: Activations, origin: Source, cache: Cache, device: torch.device
) -> Base:
    """Return the base of stored states, trained again if it is gone.

    Raises RecsaeError if that is another base.
    """
    base, known = base_of(activations, cache), activations.meta["base"]
    same = base is not None and base.weights == known["weights"]
    if not same and origin.base.checkpoint is not None:
        base = checkpoint_of(origin.base, cache)
    elif base is None:
        origin.prepare(cache, device)
        base = base_of(activations, cache)
    if base is None or base.weights != known["weights"]:
        raise RecsaeError(
            f"the base {known['fingerprint']} that gave the states is gone, and trained again it "
            "is another; expected histories that are stored: dev or test"
        )
    return base


def is_leaking(path: Path, model: SparseAutoencoder) -> bool:
    """Return True if the variant is declared to leak, or the audit found that this model does."""
    file, measured = path / Files.METRICS, False
    if file.is_file():
        with whole(file):
            measured = bool(read_json(file)["dev"].get("leak"))
    return model.variant.may_leak(model.settings) or measured


def _of_run(results: Results, trial: int | None) -> Path:
    """Return the folder of a run's model; raises SettingError for a trial that has none."""
    folders = _folders(results)
    if not folders:
        best = results.best[Columns.TRIAL_ID].tolist()
        why = f"{Files.BEST}/{best[0]} has no model" if best else why_none(results.path)
        raise RecsaeError(f"{results.path}: {why}: no model to load")
    if trial is None:
        first, *more = folders
        if more and len(results.objectives) > 1:
            others = ", ".join(map(str, more))
            say(f"{results.path.name}: trial {first} is taken; as good in another way: {others}")
        return folders[first]
    if trial not in folders:
        known, nearest = ", ".join(map(str, folders)), min(folders, key=lambda n: abs(n - trial))
        raise SettingError("trial", f"expected one of {known}, got {trial} (nearest: {nearest})")
    return folders[trial]


def _folders(results: Results) -> dict[int, Path]:
    """Return trial → the folder of its model: winning finalists first, then the best trials."""
    found: dict[int, Path] = {}
    if results.finalists is not None:
        rows = records(results.finalists)
        for number in winners(results.finalists, results.objectives, results.constraints):
            seeds = (int(row[Columns.SEED]) for row in rows if row[Columns.TRIAL_ID] == number)
            trained = (results.path / FINALISTS / model_folder((number, seed)) for seed in seeds)
            # Not the best of its seeds: that one would be chosen for its luck.
            first = next(filter(Path.is_dir, trained), None)
            found |= {} if first is None else {number: first}
    best = (int(row[Columns.TRIAL_ID]) for row in records(results.best))
    own = {number: results.path / Files.BEST / str(number) for number in best}
    # Winners first, each with its own folder.
    ordered = {**found, **own, **found}
    return {number: path for number, path in ordered.items() if path.is_dir()}
