"""`export`: a saved autoencoder in another library's layout, or as a folder to hand on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import recsae
from recsae.errors import RecsaeError, SettingError, unexpected
from recsae.files import whole_folder
from recsae.inference.explained import leak_refusal
from recsae.jobs.models import hub
from recsae.jobs.models.answers import Which
from recsae.jobs.models.loading import find_model, is_leaking
from recsae.jobs.models.stored import cut_to
from recsae.sae import files
from recsae.sae.formats import LIBRARIES
from recsae.sae.model import SparseAutoencoder
from recsae.settings import path_of

HUB: Final = "hub"
FORMATS: Final = (*LIBRARIES, HUB)
_ABOUT: Final = "recsae.json"
"""What made a model, beside the files of a library, whose own JSON has no place for it."""


def export(which: Which, layout: str, out: Path | None) -> dict[str, Any]:
    """Write a model to a new folder, whole or not at all; by default RUN-FORMAT, here.

    Raises RecsaeError for a model that leaks, or that the layout cannot hold.
    """
    if layout not in FORMATS:
        raise SettingError("--format", unexpected(layout, FORMATS))
    target = _new(path_of(out or f"{path_of(which.name).resolve().name}-{layout}"))
    path, cache = find_model(which.name, trial=which.trial, storage=which.storage)
    saved, about = files.load(path)
    model = cut_to(saved, which.sae_k, "sae_k")
    if is_leaking(path, model):
        raise leak_refusal(path, model, "be exported")
    if layout == HUB:
        contents = hub.contents(path, cache, model, about)
    else:
        contents = _of_library(path, model, about, layout)
    with whole_folder(target) as part:
        for name, content in contents.items():
            (part / name).parent.mkdir(exist_ok=True)
            (part / name).write_bytes(content)
    return {
        "model_name": model.variant.name,
        "format": layout,
        "sae_k": model.settings.sae_k,
        "latents": model.latents,
        "model": str(path),
        "files": sorted(contents),
        "path": str(target),
    }


def _of_library(
    path: Path, model: SparseAutoencoder, about: Mapping[str, Any], layout: str
) -> dict[str, bytes]:
    if not model.variant.linear:
        raise RecsaeError(
            f"{path}: {model.variant.name} adds to what its decoder gives, and {layout} has no "
            f"place for that; expected --format {HUB}, or a model with a linear decoder"
        )
    told = {
        "version": recsae.__version__,
        "model_name": model.variant.name,
        "settings": model.settings.values(),
        "dataset": about["dataset"],
    }
    return {**LIBRARIES[layout](model), _ABOUT: f"{json.dumps(told, indent=2)}\n".encode()}


def _new(path: Path) -> Path:
    """Return a path at which there is nothing yet, but perhaps an empty folder."""
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise RecsaeError(f"-o: expected a new folder, but {path} is there")
    return path
