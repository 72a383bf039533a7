"""What a saved model says of itself: its states, its data, and its form with another k."""

from pathlib import Path
from typing import Any

from recsae.errors import RecsaeError, SettingError
from recsae.jobs.sources import EXPORTED, EXPORTED_BASE, Source
from recsae.results import Files, read_search
from recsae.sae import files
from recsae.sae.model import SparseAutoencoder


def key_of(about: dict[str, Any], path: Path) -> str:
    """Return the fingerprint of the states that a model was trained on."""
    key = about.get("activations")
    if not isinstance(key, str) or not key.isalnum():
        found = path / files.SETTINGS
        raise RecsaeError(f"{found}: expected the fingerprint of its activations, got {key!r}")
    return key


def cut_to(model: SparseAutoencoder, k: int | None, key: str = "--k") -> SparseAutoencoder:
    """Return a model as one of another k, if one is asked for; SettingError (of `key`) above its
    own."""
    own_k = model.settings.sae_k
    if k is not None and k > own_k:
        raise SettingError(key, f"expected at most {own_k}, for which it was trained, got {k}")
    return model if k is None else model.at_k(k)


def origin_of(path: Path, about: dict[str, Any]) -> Source:
    """Return what a model was trained from: its own file says it, or the run that it is best of.

    An exported model has its base beside it.
    """
    run = path.parent.parent
    by_run = "source" not in about and (run / Files.SEARCH).is_file()
    try:
        source = Source.of((read_search(run) if by_run else about)["source"])
    except (KeyError, TypeError):
        file = run / Files.SEARCH if by_run else files.settings_file(path)
        raise RecsaeError(f"{file}: does not say which data the model was trained on") from None
    return source.with_base(path / EXPORTED_BASE) if EXPORTED in about else source
