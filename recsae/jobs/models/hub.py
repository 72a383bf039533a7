"""The folder that `export --format hub` writes: weights, config, scores, the base and a card."""

import json
from pathlib import Path
from typing import Any, Final

import recsae
from recsae.activations.extraction import SPLITS
from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.files import read_json
from recsae.inference.explained import leak_refusal
from recsae.interactions.settings import NAMES, is_synthetic
from recsae.jobs.evaluation import score_model
from recsae.jobs.models.loading import base_that_gave
from recsae.jobs.models.stored import origin_of
from recsae.jobs.scores import AS_SEARCHED
from recsae.jobs.sources import EXPORTED, EXPORTED_BASE, IMPORTED, stored_activations, trained_here
from recsae.machine import device_of
from recsae.recommenders.base import Base
from recsae.report.cards.model_card import CardFacts, model_card
from recsae.results import Columns, Files, Results, load_results, metrics_of, records
from recsae.sae import files
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variants
from recsae.search.finalists import FOLDER as FINALISTS

Json = dict[str, Any]
_WEIGHTS, _META = "model.safetensors", "base.json"
_DATASET: Final = "dataset"


def contents(path: Path, cache: Cache, model: SparseAutoencoder, about: Json) -> dict[str, bytes]:
    """Return the files, by their names, of a model as it is to be used, saved in `path`.

    It is scored if it never was. `about` is what was saved with it. Raises RecsaeError if it leaks.
    """
    origin = origin_of(path, about)
    exactly = trained_here(about)
    activations = stored_activations(about["activations"], origin, cache, exactly=exactly)
    base = base_that_gave(activations, origin, cache, device_of("cpu"))
    scores = _scores(path, cache, model)
    if scores["dev"].get("leak"):
        raise leak_refusal(path, model, "be exported")
    data = _anonymous(origin.data.values())
    source = {**origin.values(), "data": data, "base": {}}
    extra = {**about, EXPORTED: recsae.__version__, "source": source}
    if IMPORTED in about:
        extra[IMPORTED] = Path(about[IMPORTED]).name
    facts = _facts(path, model, about, activations, scores)
    return {
        files.WEIGHTS: files.weights_of(model),
        files.CONFIG: _text(files.described(model, extra)),
        Files.METRICS: _text(scores),
        "README.md": model_card(facts).encode(),
        f"{EXPORTED_BASE}/{_WEIGHTS}": (base.path / _WEIGHTS).read_bytes(),
        f"{EXPORTED_BASE}/{_META}": _text(_described(base, data)),
    }


def _scores(path: Path, cache: Cache, model: SparseAutoencoder) -> Json:
    """Return what metrics.json holds of a model at its k: as stored, else scored now."""
    stored, own_k = path / Files.METRICS, files.load(path)[0].settings.sae_k
    k = model.settings.sae_k
    if stored.is_file() and k == own_k:
        return dict(read_json(stored))
    outcome = score_model(path, AS_SEARCHED, cache, None, k)
    return {**outcome["metrics"], **{part: outcome[part] for part in ("difference", "groups")}}


def _facts(
    path: Path, model: SparseAutoencoder, about: Json, activations: Activations, scores: Json
) -> CardFacts:
    meta, in_run = activations.meta, path.parent.name in (Files.BEST, FINALISTS)
    results = load_results(path.parent.parent) if in_run else None
    known = {} if results is None else results.search.get("versions") or {}
    versions = {"recsae": recsae.__version__, **known, "torch": about["machine"]["torch"]}
    trial = None if results is None else int(path.name.partition("-")[0])
    finalists = [] if results is None else results.finalist_scores
    return CardFacts(
        model_name=model.variant.name,
        base_name=meta["base"]["model_name"],
        dataset=meta["dataset"],
        protocol=meta["protocols"]["history"],
        width=model.width,
        latents=model.latents,
        settings=model.settings.values(),
        metrics={split: scores[split] for split in SPLITS},
        difference=scores["difference"],
        base=meta["base"]["metrics"],
        versions=versions,
        controls={} if results is None else _controls(results),
        finalist=next((one for one in finalists if one[Columns.TRIAL_ID] == trial), None),
        command=None if IMPORTED in about else _command(path, about),
    )


def _controls(results: Results) -> dict[str, Json]:
    """Return dev metrics of the base, the baselines and the best trial of each control."""
    controls = [name for name, variant in variants().items() if variant.control]
    rows = records(results.ranked[results.ranked[Columns.MODEL_NAME].isin(controls)])
    # Best first, so that of each control the first row stays.
    best = {str(row[Columns.MODEL_NAME]): metrics_of(row) for row in reversed(rows)}
    return {**results.beside, **best}


def _command(path: Path, about: Json) -> str:
    """Return what trains the model again in the exported folder: all settings, and its base."""
    model, _ = files.load(path)
    settings = model.settings.values()
    store = origin_of(path, about).store.values()
    changed = {k: v for k, v in store.items() if v != ActivationSettings().values()[k]}
    flags = [_flag(name, value) for name, value in {**settings, **changed}.items()]
    words = ["recsae train", f"--base {EXPORTED_BASE}", f"--model_name {model.variant.name}"]
    order = f"--seed {about['order_seed']}"
    threads = f"OMP_NUM_THREADS={about['machine']['threads']}"
    return " ".join([threads, *words, *flags, order])


def _flag(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no_{name}"
    return f"--{name} {value}"


def _anonymous(data: Json) -> Json:
    """Return settings of data with a log's name alone, not where it lies on this machine."""
    name = data[_DATASET]
    known = name in NAMES or is_synthetic(name)
    return data if known else {**data, _DATASET: Path(name).name}


def _described(base: Base, data: Json) -> Json:
    """Return what is known of a base, with the settings of its data, fit for others' eyes."""
    meta = dict(read_json(base.path / _META))
    meta["data"] = {**(meta.get("data") or {}), "settings": data}
    if "file" in meta:
        meta["file"] = Path(meta["file"]).name
    return meta


def _text(value: Json) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
