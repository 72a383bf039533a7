"""A ReChorus checkpoint: read without running what is in it, checked key by key.

Its SASRec and, if there is one, RecSAE's autoencoder over it. Every mistake is a line that names
the file, the key, what was expected and what was found.
"""

import pickle
import re
import warnings
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from recsae.errors import RecsaeError, nearest
from recsae.settings import path_of

Weights = dict[str, Tensor]
_ITEMS, _PLACES = "i_embeddings.weight", "p_embeddings.weight"
_BLOCK = re.compile(r"transformer_block\.(\d+)\.")
_LAYERS = {  # ours: theirs
    "query": "masked_attn_head.q_linear",
    "key": "masked_attn_head.k_linear",
    "value": "masked_attn_head.v_linear",
    "attention_norm": "layer_norm1",
    "up": "linear1",
    "down": "linear2",
    "feed_norm": "layer_norm2",
}
_SAE = "sae_module."
_SAE_KEYS = {  # ours: theirs
    "W_enc": f"{_SAE}encoder.weight",
    "b_enc": f"{_SAE}encoder.bias",
    "W_dec": f"{_SAE}W_dec",
    "b_dec": f"{_SAE}b_dec",
}
_ATTENTION = "attention."
_ATTENTION_KEYS = {
    f"extra.{_ATTENTION}{part}": f"{_SAE}{_ATTENTION}{part}"
    for part in ("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")
}
_PROJECTOR = f"{_SAE}projector."
"""The head of the contrastive loss, in use while training alone."""
_DEAD = ("trm_encoder.",)
"""Parts that ReChorus' SASRec once declared and never ran."""
_GLOBAL = re.compile(r"(?:GLOBAL|global) ([\w.]+)")


class Checkpoint(NamedTuple):
    """What a file holds, under our names; `base` is empty if it brings an autoencoder alone."""

    base: Weights
    """items.weight [rows, D] with its padding row 0, places.weight [L+1, D], blocks.{i}.…"""
    sae: Weights
    """W_enc, W_dec [N, D], b_enc [N], b_dec [D], extra.attention.…; empty if it has none."""
    ignored: list[str]
    """Keys that no score depends on."""

    @property
    def attends(self) -> bool:
        """Whether attention refines what the autoencoder gives."""
        return any(name.startswith(f"extra.{_ATTENTION}") for name in self.sae)

    @property
    def contrasts(self) -> bool:
        """Whether the autoencoder was trained with the contrastive loss."""
        return any(name.startswith(_PROJECTOR) for name in self.ignored)

    @property
    def layers(self) -> int:
        """Number of transformer blocks."""
        return sum(name.endswith(".query.weight") for name in self.base)


def read_checkpoint(name: str | Path) -> Checkpoint:
    """Read a file that ReChorus or RecSAE saved; raises RecsaeError if it is anything else."""
    path = path_of(name)
    found = _tensors(_load(path), path)
    ignored = [key for key in found if key.startswith((*_DEAD, _PROJECTOR))]
    rest = {key: tensor for key, tensor in found.items() if key not in ignored}
    sae = {key: rest.pop(key) for key in list(rest) if key.startswith(_SAE)}
    if not rest and not sae:
        raise RecsaeError(f"{path}: {_ITEMS}: expected the weights of a SASRec, found nothing")
    return Checkpoint(
        base=_base(rest, path) if rest else {}, sae=_sae(sae, path) if sae else {}, ignored=ignored
    )


def _base(found: Weights, path: Path) -> Weights:
    """Return the recommender's weights under our names, their shapes checked."""
    highest = max((int(m[1]) for m in map(_BLOCK.match, found) if m), default=0)
    count = 1 + min(highest, len(found))  # a made-up number is not worth a list of so many names
    names = {_ITEMS: "items.weight", _PLACES: "places.weight"}
    for i in range(count):
        for ours, theirs in _LAYERS.items():
            for part in ("weight", "bias"):
                names[f"transformer_block.{i}.{theirs}.{part}"] = f"blocks.{i}.{ours}.{part}"
    _check_keys(found, [*names], path)
    rows, width = _matrix(found, _ITEMS, path)
    places, _ = _matrix(found, _PLACES, path)
    for key, tensor in found.items():
        if key == _PLACES:
            wanted = [places, width]
        elif key == _ITEMS:
            wanted = [rows, width]
        else:
            square = key.endswith(".weight") and "layer_norm" not in key
            wanted = [width, width] if square else [width]
        _check_shape(tensor, wanted, key, path)
    for key, size in ((_ITEMS, rows), (_PLACES, places)):
        if size < 2:
            raise RecsaeError(f"{path}: {key}: expected 2 or more rows, found {size}")
    return {ours: found[theirs] for theirs, ours in names.items()}


def _sae(found: Weights, path: Path) -> Weights:
    """Return the autoencoder's weights under our names, their shapes checked.

    Its encoder is ours: relu((x - b_dec) W_enc^T + b_enc), the k largest kept (RecSAE, sae.py).
    """
    attends = any(key.startswith(f"{_SAE}{_ATTENTION}") for key in found)
    keys = _SAE_KEYS | (_ATTENTION_KEYS if attends else {})
    _check_keys(found, [*keys.values()], path)
    latents, width = _matrix(found, keys["W_dec"], path)
    shapes = {"W_enc": [latents, width], "b_enc": [latents], "b_dec": [width]}
    if attends:
        sizes = ([3 * width, width], [3 * width], [width, width], [width])
        shapes |= dict(zip(_ATTENTION_KEYS, sizes, strict=True))
    for ours, wanted in shapes.items():
        _check_shape(found[keys[ours]], wanted, keys[ours], path)
    if not latents or latents % max(width, 1):
        words = f"expected a multiple of its width {width} as rows, found {latents}"
        raise RecsaeError(f"{path}: {_SAE_KEYS['W_dec']}: {words}")
    return {ours: found[theirs] for ours, theirs in keys.items()}


def _check_keys(found: Weights, expected: Collection[str], path: Path) -> None:
    for key in expected:
        if key not in found:
            hint = nearest(key, set(found) - set(expected))
            raise RecsaeError(f"{path}: {key}: expected it in a ReChorus SASRec, not there{hint}")
    for key in found:
        if key not in expected:
            raise RecsaeError(f"{path}: {key}: no such part in a ReChorus SASRec; cannot be used")


def _matrix(found: Weights, key: str, path: Path) -> tuple[int, int]:
    shape = list(found[key].shape)
    if len(shape) != 2:
        raise RecsaeError(f"{path}: {key}: expected a matrix, found shape {shape}")
    return shape[0], shape[1]


def _check_shape(tensor: Tensor, wanted: list[int], key: str, path: Path) -> None:
    if list(tensor.shape) != wanted:
        raise RecsaeError(f"{path}: {key}: expected shape {wanted}, found {list(tensor.shape)}")


def _tensors(state: Any, path: Path) -> Weights:
    """Return a state dict's weights as float32."""
    if not isinstance(state, Mapping):
        kind = type(state).__name__
        raise RecsaeError(f"{path}: expected a state dict, as model.state_dict(), found a {kind}")
    weights = {}
    for key, value in state.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            kind = type(value).__name__
            raise RecsaeError(f"{path}: {key}: expected a tensor of weights, found a {kind}")
        if not value.is_floating_point() or value.layout != torch.strided or value.is_meta:
            raise RecsaeError(f"{path}: {key}: expected plain numbers, found {value.dtype}")
        weights[key] = value.detach().float().contiguous()
        if not bool(torch.isfinite(weights[key]).all()):
            raise RecsaeError(f"{path}: {key}: expected finite numbers, found nan or inf")
    return weights


def _load(path: Path) -> Any:
    """Return what the file holds; nothing in it is ever run."""
    if path.is_dir():
        raise RecsaeError(f"{path}: expected the file of a checkpoint, found a folder")
    if not path.is_file():
        files = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
        raise RecsaeError(f"{path}: no such file{nearest(path.name, files)}")
    with path.open("rb") as file:
        head = file.read(16)
    if not head:
        raise RecsaeError(f"{path}: expected a checkpoint of PyTorch, found an empty file")
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size:
        raise RecsaeError(f"{path}: expected a .pt file as ReChorus saves it, found safetensors")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its advice on odd files; what counts is raised
            return torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except pickle.UnpicklingError as error:
        raise RecsaeError(f"{path}: {_not_weights(str(error))}") from None
    except Exception as error:  # whatever a cut, or forged, archive makes the reader stumble over
        reason = str(error).partition("\n")[0].partition(". This")[0] or type(error).__name__
        words = "expected a whole checkpoint of PyTorch; it is cut off, damaged or no checkpoint"
        raise RecsaeError(f"{path}: {words} ({reason[:120]})") from None


def _not_weights(message: str) -> str:
    found = _GLOBAL.search(message)
    if not found:
        return "expected a checkpoint of PyTorch with tensors alone; nothing of it was run"
    words = "expected tensors alone, as torch.save(model.state_dict()) gives"
    return f"{words}, found code or an object ({found[1]}); nothing of it was run"
