"""`audit`: does an autoencoder from elsewhere live by its code?"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.errors import RecsaeError, SettingError, nearest
from recsae.inference.foreign import Foreign
from recsae.jobs.evaluation import activations_of, find
from recsae.jobs.models.stored import key_of, origin_of
from recsae.jobs.sources import stored_activations
from recsae.machine import device_of
from recsae.metrics.leakage import MAX_LEAK_SHARE, Audit, leak_audit, leaks
from recsae.metrics.ranking import ndcg, ranks
from recsae.metrics.reconstruction import share_of, spread, squared_difference
from recsae.recommenders.base import Base
from recsae.results import read_search, storage_root
from recsae.sae import files
from recsae.settings import path_of
from recsae.storage.entries import cache_of

_FEWEST = 2


def audit(states: str, model: str, weights: str | None, *, storage: str | None) -> dict[str, Any]:
    """Audit a model on the dev states of a run, model or base, or on an array in a .npy file.

    model: MODULE:NAME or MODULE:CLASS.METHOD, something that is called with the path of the
    weights, if any are given, and returns an object with encode and decode. Raises RecsaeError for
    what cannot be audited.
    """
    if states.endswith(".npy"):
        x_RD, activations, about = _array(path_of(states)), None, states
    else:
        activations = _activations(states, storage)
        x_RD, about = activations.states("dev"), f"{activations.meta['dataset']} dev"
    foreign = Foreign(_made(model, weights), x_RD[:_FEWEST])
    found = leak_audit(x_RD, foreign, deep=activations is not None)
    figures = dict(found.figures)
    output_RD = foreign.output(x_RD)
    if output_RD is not None and output_RD.shape == x_RD.shape:
        gap = squared_difference(output_RD, found.recon_RD)
        figures["call_share"] = share_of(gap, spread(x_RD))
    if activations is not None:
        figures |= _of_ranks(found, activations)
    leak = leaks(figures) or figures.get("call_share", 0.0) > MAX_LEAK_SHARE
    return {"model": model, "states": about, "rows": len(x_RD), "leak": leak, **figures}


def _of_ranks(found: Audit, activations: Activations) -> dict[str, float]:
    asked = activations.panel("dev").asked
    table_ID = activations.tensor("item_table")
    own_R, foreign_R, base_R = (
        ranks(x_RD, table_ID, *asked)
        for x_RD in (found.recon_RD, found.kept["foreign"], activations.states("dev"))
    )
    return {
        "leak_rank": float((own_R != foreign_R).double().mean()),
        "ndcg@10": ndcg(own_R, 10),
        "ndcg@10_base": ndcg(base_R, 10),
    }


def _activations(name: str, storage: str | None) -> Activations:
    root = storage_root(storage)
    found = find(name, root, cache_of(root))
    cache: Cache = cache_of(found.path.parent if found.kind == "run" else root)
    if found.kind == "base":
        return activations_of(Base.open(found.path), cache, device_of("cpu"))
    if found.kind == "run":
        about = read_search(found.path)
        key = (about.get("activations") or {}).get("fingerprint")
        if key is None:
            raise RecsaeError(f"{found.path}: does not say its states; expected a model of it")
    else:
        _, about = files.load(found.path)
        key = key_of(about, found.path)
    return stored_activations(key, origin_of(found.path, about), cache, exactly=False)


def _array(path: Path) -> Tensor:
    """Return the float32 states of a .npy file; raises RecsaeError."""
    try:
        found = np.load(path, allow_pickle=False)
    except (ValueError, EOFError):
        raise RecsaeError(f"{path}: expected an array that NumPy saved") from None
    numbers = found.ndim == 2 and found.dtype.kind in "fiu" and len(found) >= _FEWEST
    if not numbers or not np.isfinite(found).all():
        raise RecsaeError(f"{path}: expected finite states, two rows or more of numbers")
    return torch.from_numpy(found.astype(np.float32))


def _made(name: str, weights: str | None) -> Any:
    """Return what a MODULE:NAME returns; raises SettingError if it is not there."""
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise SettingError("--model", f"expected MODULE:NAME, got {name!r}")
    with _working_folder():
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            raise SettingError("--model", f"{name}: no module named {error.name!r}") from None
    made: Any = module
    for part in attribute.split("."):
        if not hasattr(made, part):
            hint = nearest(part, [one for one in dir(made) if not one.startswith("_")])
            raise SettingError("--model", f"{module_name} has no {attribute}{hint}")
        made = getattr(made, part)
    return made(*([] if weights is None else [weights]))


@contextmanager
def _working_folder() -> Iterator[None]:
    """Let modules beside the user be imported, as `python -m` does."""
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)
