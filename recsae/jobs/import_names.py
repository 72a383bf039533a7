"""What ReChorus and RecSAE write into the name of a checkpoint, held against flags and tensors.

ReChorus (main.py) joins model, data set, seed and settings, as in
`SASRec__Grocery__0__lr=0.001__l2=1e-06__emb_size=64__num_layers=2__num_heads=2.pt`; RecSAE
(main_sae.py) adds `__sae_lr=…__sae_k=8__sae_scale_size=16`, for its attention `__sae_attn_heads=4`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recsae.errors import RecsaeError, SettingError
from recsae.recommenders.base import Base
from recsae.recommenders.rechorus.files import Checkpoint

WIDTH, LAYERS, HEADS = "emb_size", "num_layers", "num_heads"
K, SCALE, ATTENTION_HEADS = "sae_k", "sae_scale_size", "sae_attn_heads"
_OF_SAE = (K, SCALE, ATTENTION_HEADS)
_SETTING = re.compile(rf"(?:^|__)({'|'.join((WIDTH, LAYERS, HEADS, *_OF_SAE))})=(\d+)(?!\d|\.\d)")


@dataclass(frozen=True)
class Wanted:
    """What the command line says beside the file; None: not given."""

    name: str
    format: str = "rechorus"
    num_heads: int | None = None
    max_len: int | None = None
    dropout: float | None = None
    sae_k: int | None = None
    sae_attn_heads: int | None = None
    base: str | None = None


def settings_in(name: str) -> dict[str, int]:
    """Return the settings that a file's name says, by the names of our flags."""
    return {key: int(value) for key, value in _SETTING.findall(name)}


def completed(wanted: Wanted, checkpoint: Checkpoint, file: str) -> tuple[Wanted, dict[str, int]]:
    """Return the flags with what the file's name says beside them, and what was taken from it.

    Raises SettingError for a flag that the name contradicts, RecsaeError for a name that the
    tensors contradict: a copy under another name says whatever it likes.
    """
    named = settings_in(Path(file).name)
    _check_tensors(named, checkpoint, file)
    taken: dict[str, Any] = {}
    for key in (HEADS, K, ATTENTION_HEADS):  # what no tensor shows
        value = getattr(wanted, key)
        if key not in named or (key == HEADS and not checkpoint.base):
            continue
        if value is None:
            taken[key] = named[key]
        elif value != named[key]:
            problem = f"the file's name says {key}={named[key]}, got {value}"
            raise SettingError(f"--{key}", f"{problem}; rename the file if its name is wrong")
    return replace(wanted, **taken), taken


def check_base(file: str, base: Base) -> None:
    """Raise RecsaeError if an autoencoder's file names a recommender of other settings."""
    for key, value in settings_in(Path(file).name).items():
        known = base.meta["settings"].get(key)
        if known is not None and key not in _OF_SAE and known != value:
            _contradicted(file, key, value, f"the base {base.path.name} has {known}")


def _check_tensors(named: Mapping[str, int], checkpoint: Checkpoint, file: str) -> None:
    """Raise RecsaeError if a name says what the tensors are not."""
    shown: dict[str, int] = {}
    if checkpoint.base:
        width = checkpoint.base["items.weight"].shape[1]
        shown |= {WIDTH: width, LAYERS: checkpoint.layers}
        if HEADS in named and (not named[HEADS] or width % named[HEADS]):
            _contradicted(file, HEADS, named[HEADS], f"its tensors have the width {width}")
    if checkpoint.sae:
        latents, width = checkpoint.sae["W_dec"].shape
        shown[SCALE] = latents // width
        if named.get(K, 1) not in range(1, latents + 1):
            _contradicted(file, K, named[K], f"it has {latents} latents")
    for key in _OF_SAE:
        absent = "attention" if key == ATTENTION_HEADS else "autoencoder"
        there = checkpoint.attends if key == ATTENTION_HEADS else checkpoint.sae
        if key in named and not there:
            _contradicted(file, key, named[key], f"it holds no {absent}")
    for key, value in shown.items():
        if named.get(key, value) != value:
            _contradicted(file, key, named[key], f"its tensors show {value}")


def _contradicted(file: str, key: str, value: int, found: str) -> None:
    problem = f"its name says {key}={value}, but {found}"
    raise RecsaeError(f"{file}: {problem}; rename the file if its name is wrong")
