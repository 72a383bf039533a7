"""`evaluate X`: a run, a saved autoencoder or a base, scored again."""

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch

from recsae.activations.extraction import SPLITS
from recsae.activations.settings import ActivationSettings
from recsae.activations.store import KIND as ACTIVATIONS
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.errors import RecsaeError, SettingError, nearest, unknown_name
from recsae.jobs.models.stored import cut_to, key_of, origin_of
from recsae.jobs.scores import (
    AS_SEARCHED,
    MASKS,
    TARGETS,
    Ranking,
    base_scores,
    same,
    score_again,
    write_outcome,
)
from recsae.jobs.sources import (
    Source,
    stored_activations,
    trained_here,
)
from recsae.jobs.training import MODELS, base_outcome, model_outcome
from recsae.machine import device_of, take_threads
from recsae.metrics.registry import metrics, on_request
from recsae.progress import say
from recsae.recommenders.base import KIND as BASES
from recsae.recommenders.base import SHORTEST_PREFIX, Base
from recsae.recommenders.base_choice import BaseChoice
from recsae.results import (
    Columns,
    Files,
    States,
    find_run,
    load_results,
    run_names,
    state_counts,
    storage_root,
)
from recsae.results.failures import failure_line
from recsae.sae import files
from recsae.sae.model import SparseAutoencoder
from recsae.settings import path_of
from recsae.storage.copies import publish
from recsae.storage.entries import cache_of
from recsae.test_reads import count_test_read
from recsae.trial import Evaluator

Kind = Literal["run", "model", "base"]
Word = TypeVar("Word", bound=str)
Names = Collection[str]


@dataclass(frozen=True)
class Found:
    """What a name stands for."""

    kind: Kind
    path: Path


def evaluate(
    name: str,
    *,
    mask: str,
    targets: str = "all",
    k: int | None = None,
    asked: Names = (),
    storage: str | None,
    device: str | None,
) -> dict[str, Any]:
    """Score what is saved under a path, or the name or fingerprint of a run, a model or a base.

    k: of a model alone, which then keeps so many latents a row. asked: more metrics, on request.
    """
    for metric in asked:
        if not on_request([metric]):
            raise SettingError("--metrics", unknown_name(metric, sorted(on_request(metrics()))))
    ranking = Ranking(_one_of("--mask", mask, MASKS), _one_of("--targets", targets, TARGETS))
    start = time.perf_counter()
    root, where = storage_root(storage), device_of(device) if device else None
    found = find(name, root, cache_of(root))
    cache = cache_of(found.path.parent if found.kind == "run" else root)
    if k is not None and found.kind != "model":
        raise SettingError(
            "--k", f"expected a saved model, such as RUN/best/0; {name} is a {found.kind}"
        )
    if found.kind == "model":
        outcome = score_model(found.path, ranking, cache, where, k, asked)
    elif found.kind == "run":
        outcome = _run(found.path, ranking, cache, where, asked)
    elif asked:
        raise SettingError("--metrics", f"expected a run or a model; {name} is a base")
    else:
        outcome = _base(found.path, ranking, cache, where)
    about = {**ranking._asdict(), "seconds": round(time.perf_counter() - start, 3)}
    return {**outcome, **about}


def _one_of(flag: str, word: str, names: tuple[Word, ...]) -> Word:
    """Return the name that a word is; raises SettingError."""
    for name in names:
        if name == word:
            return name
    raise SettingError(flag, unknown_name(word, names))


def find(name: str, storage: Path, cache: Cache) -> Found:
    """Return what `name` stands for: a path, else a run, else a model or base.

    Raises RecsaeError when it is nothing, or fits two.
    """
    path = path_of(name.removeprefix("file://"))
    kind = _kind(path)
    if kind is not None:
        return Found(kind, path.resolve())
    found = [Found("run", find_run(name, storage))] if name in run_names(storage) else []
    named = cache.named(name)
    if named is not None:
        found += [Found("base" if named.parent.name == BASES else "model", named)]
    found += [Found("model", entry) for entry in _by_prefix(cache.local / MODELS, name)]
    found += [Found("base", entry) for entry in _by_prefix(cache.local / BASES, name)]
    if len(found) > 1:
        places = " and ".join(f"the {one.kind} {one.path}" for one in found[:3])
        raise RecsaeError(f"{name!r} fits {places}; give a path")
    if not found:
        hint = nearest(name, [*run_names(storage), *cache.names()])
        raise RecsaeError(f"no run in {storage}, saved model or base is named {name!r}{hint}")
    return found[0]


def _kind(path: Path) -> Kind | None:
    if (path / Files.SEARCH).is_file():
        return "run"
    if (path / "base.json").is_file():
        return "base"
    return "model" if files.settings_file(path).is_file() else None


def _by_prefix(folder: Path, name: str) -> list[Path]:
    keys = sorted(entry.name for entry in folder.glob("[!.]*"))
    if name not in keys:
        keys = [key for key in keys if key.startswith(name) and len(name) >= SHORTEST_PREFIX]
        return [folder / key for key in keys]
    return [folder / name]


def _run(
    path: Path, ranking: Ranking, cache: Cache, device: torch.device | None, asked: Names
) -> dict[str, Any]:
    best = score_run(path, cache, ranking=ranking, device=device, asked=asked)
    publish(path)
    if not best:
        raise RecsaeError(f"{path}: {why_none(path)}: no best model")
    return {"run": path.name, **best[0], **({"best": best} if len(best) > 1 else {})}


def why_none(path: Path) -> str:
    """Return why no model of a run is there to be scored."""
    results = load_results(path)
    counts = state_counts(results.trials)
    if counts[States.COMPLETE]:
        return "no trial of this run is complete without a leak"
    words = failure_line(counts, results.errors)
    return "no trial of this run is complete" + (f" ({words})" if words else "")


def score_run(
    path: Path,
    cache: Cache,
    *,
    ranking: Ranking = AS_SEARCHED,
    device: torch.device | None = None,
    asked: Names = (),
) -> list[dict[str, Any]]:
    """Score the best models of a run on dev and test; test is read once for all of them."""
    rows = load_results(path).best_trials()
    if rows:
        count_test_read(path)
    outcomes = []
    for row in rows:
        folder = path / Files.BEST / str(row[Columns.TRIAL_ID])
        outcome = score_model(folder, ranking, cache, device, asked=asked)
        if ranking == AS_SEARCHED:
            if not (folder / Files.METRICS).is_file():
                write_outcome(folder, outcome)
            like_row = same(outcome["metrics"]["dev"], row["metrics"])
            outcome["reproduced"] = like_row and outcome["reproduced"] is not False
        outcomes.append({Columns.TRIAL_ID: row[Columns.TRIAL_ID], **outcome})
    return outcomes


def score_best(path: Path, cache: Cache) -> None:
    """Score the best models of a run as `score_run`, in a process that may be on another node."""
    score_run(path, cache.here())


def score_model(
    path: Path,
    ranking: Ranking,
    cache: Cache,
    device: torch.device | None,
    k: int | None = None,
    asked: Names = (),
) -> dict[str, Any]:
    """Score a saved model; `reproduced` tells whether that gave exactly the stored figures.

    Cut to another k it has no stored figures: `reproduced` is then None.
    """
    model, about = files.load(path)
    cut = k not in (None, model.settings.sae_k)
    _check_twin(model, asked)
    model, origin = cut_to(model, k), origin_of(path, about)
    exactly = trained_here(about)
    activations = stored_activations(key_of(about, path), origin, cache, exactly=exactly)
    activations = ranking.of(activations)
    scores, reproduced = score_again(model, about, activations, path, cache, ranking, device, asked)
    outcome = model_outcome(path, activations, scores, ranking.mask)
    if ranking != AS_SEARCHED:  # what is stored of the base was scored as the search does
        outcome["base"]["metrics"] = base_scores(activations, ranking.mask)
    return {
        **outcome,
        **({} if k is None else {Columns.K: k}),
        "reproduced": None if cut else reproduced,
    }


def _check_twin(model: SparseAutoencoder, asked: Names) -> None:
    for name in asked:
        if metrics()[name].needs == "twin" and model.twin_ND is None:
            words = (
                "expected a model of a search or training that asked for it, which trains a twin"
            )
            raise SettingError("--metrics", f"{name}: {words}; this one was trained alone")


def _base(
    path: Path, ranking: Ranking, cache: Cache, device: torch.device | None
) -> dict[str, Any]:
    base = Base.open(path)
    where = device or device_of(None)
    take_threads(base.meta.get("machine"), path)
    activations = ranking.of(activations_of(base, cache, where))
    count_test_read(path)
    scored = {split: Evaluator(activations, split, ranking.mask, str(where)) for split in SPLITS}
    found = {
        "metrics": {split: one.base for split, one in scored.items()},
        "groups": {split: one.panel.groups(one.base_ranks) for split, one in scored.items()},
    }
    return {**base_outcome(activations, cache, ranking.mask), **found}


def activations_of(base: Base, cache: Cache, device: torch.device) -> Activations:
    """Return the states that a base gives now; if they cannot be made, what is stored of them.

    Stored states carry all the data that scoring needs, but an older recsae may have made them:
    that they are taken is said.
    """
    try:
        choice = BaseChoice.of({"checkpoint": str(base.path)})
        source = Source(base.data_settings(), choice, ActivationSettings())
        return source.prepare(cache, device).activations
    except RecsaeError as error:
        stored = _stored_of(base, cache)
        if not stored:
            raise
        say(f"what is stored of the base {base.path.name} is scored, as it is: {error}")
        return min(stored, key=lambda one: one.meta["dtype"] != "float32")


def _stored_of(base: Base, cache: Cache) -> list[Activations]:
    found = []
    for folder in sorted((cache.local / ACTIVATIONS).glob("[!.]*")):
        with suppress(RecsaeError):  # damaged, or of an older recsae: not those of this base
            found.append(Activations.open(folder))
    return [one for one in found if one.meta["base"]["fingerprint"] == base.fingerprint]
