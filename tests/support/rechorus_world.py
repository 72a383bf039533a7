"""ReChorus in small: its data folder, its checkpoints, and its forward pass written anew in numpy.

The forward pass is one history at a time, item by item, as an oracle that shares nothing with ours.
"""

from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Floats = NDArray[np.float64]
State = OrderedDict[str, torch.Tensor]


def state_dict(
    rows: int, width: int, layers: int, history: int, seed: int = 0, std: float = 0.4
) -> State:
    """Draw the weights of a SASRec of ReChorus, `rows` counting its padding item."""
    draw = np.random.default_rng(seed)

    def normal(*shape: int, mean: float = 0.0) -> torch.Tensor:
        return torch.tensor(draw.normal(mean, std, shape), dtype=torch.float32)

    state: State = OrderedDict()
    state["i_embeddings.weight"] = normal(rows, width)
    state["p_embeddings.weight"] = normal(history + 1, width)
    for i in range(layers):
        at = f"transformer_block.{i}"
        for name in ("q", "k", "v"):
            state[f"{at}.masked_attn_head.{name}_linear.weight"] = normal(width, width)
            state[f"{at}.masked_attn_head.{name}_linear.bias"] = normal(width)
        for name in ("layer_norm1", "linear1", "linear2", "layer_norm2"):
            norm = name.startswith("layer_norm")
            shape = (width,) if norm else (width, width)
            state[f"{at}.{name}.weight"] = normal(*shape, mean=float(norm))
            state[f"{at}.{name}.bias"] = normal(width)
    return state


def sae_state(width: int, latents: int, seed: int = 1) -> State:
    """Draw the weights of RecSAE's autoencoder."""
    draw = np.random.default_rng(seed)
    shapes = {
        "encoder.weight": (latents, width),
        "encoder.bias": (latents,),
        "W_dec": (latents, width),
        "b_dec": (width,),
    }
    return OrderedDict(
        (f"sae_module.{name}", torch.tensor(draw.normal(size=shape), dtype=torch.float32))
        for name, shape in shapes.items()
    )


def numbers(state: State) -> dict[str, Floats]:
    """Return the weights in double precision."""
    return {name: tensor.double().numpy() for name, tensor in state.items()}


def last_state(weights: dict[str, Floats], heads: int, history: list[int]) -> Floats:
    """Return the state [D] after a history of ReChorus' item ids."""
    length, width = len(history), weights["i_embeddings.weight"].shape[1]
    x = np.empty((length, width))
    for t, item in enumerate(history):
        x[t] = weights["i_embeddings.weight"][item] + weights["p_embeddings.weight"][length - t]
    layers = len({name.split(".")[1] for name in weights if name.startswith("transformer")})
    for i in range(layers):
        part = {k.split(".", 2)[2]: v for k, v in weights.items() if k.split(".")[1] == str(i)}
        context = _attention(part, heads, x)
        x = _norm(part, "layer_norm1", context + x)
        feed = np.maximum(_linear(part, "linear1", x), 0)
        x = _norm(part, "layer_norm2", _linear(part, "linear2", feed) + x)
    return np.asarray(x[-1])


def scores(weights: dict[str, Floats], heads: int, history: list[int]) -> Floats:
    """Return the scores of all rows of the item table."""
    return np.asarray(weights["i_embeddings.weight"] @ last_state(weights, heads, history))


def _attention(part: dict[str, Floats], heads: int, x: Floats) -> Floats:
    q, k, v = (_linear(part, f"masked_attn_head.{name}_linear", x) for name in "qkv")
    size = x.shape[1] // heads
    out = np.zeros_like(x)
    for head in range(heads):
        at = slice(head * size, (head + 1) * size)
        for t in range(len(x)):
            logits = k[: t + 1, at] @ q[t, at] / np.sqrt(size)
            weight = np.exp(logits - logits.max())
            out[t, at] = weight @ v[: t + 1, at] / weight.sum()
    return out


def _linear(part: dict[str, Floats], name: str, x: Floats) -> Floats:
    return np.asarray(x @ part[f"{name}.weight"].T + part[f"{name}.bias"])


def _norm(part: dict[str, Floats], name: str, x: Floats) -> Floats:
    centred = x - x.mean(1, keepdims=True)
    unit = centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5)
    return np.asarray(unit * part[f"{name}.weight"] + part[f"{name}.bias"])


def rec_sae_code(weights: dict[str, Floats], k: int, x: Floats) -> Floats:
    """Return RecSAE's code [N] of a state: all but the k largest activations are 0."""
    w = {name.removeprefix("sae_module."): value for name, value in weights.items()}
    active = np.maximum(w["encoder.weight"] @ (x - w["b_dec"]) + w["encoder.bias"], 0)
    active[np.argsort(-active)[k:]] = 0
    return np.asarray(active)


def rec_sae(weights: dict[str, Floats], k: int, x: Floats) -> Floats:
    """Return RecSAE's reconstruction [D] of a state."""
    code = rec_sae_code(weights, k, x)
    return np.asarray(code @ weights["sae_module.W_dec"] + weights["sae_module.b_dec"])


def attention_state(width: int, seed: int = 2) -> State:
    """Draw the weights of the attention of RecSAE's variant."""
    draw = np.random.default_rng(seed)
    shapes = {
        "in_proj_weight": (3 * width, width),
        "in_proj_bias": (3 * width,),
        "out_proj.weight": (width, width),
        "out_proj.bias": (width,),
    }
    return OrderedDict(
        (f"sae_module.attention.{name}", torch.tensor(draw.normal(size=shape), dtype=torch.float32))
        for name, shape in shapes.items()
    )


def rec_sae_attention(weights: dict[str, Floats], k: int, heads: int, x: Floats) -> Floats:
    """Return what attention over the tokens [state, reconstruction] gives at the second [D]."""
    w = {name.removeprefix("sae_module.attention."): value for name, value in weights.items()}
    tokens = np.stack([x, rec_sae(weights, k, x)])
    q, key, v = np.split(tokens @ w["in_proj_weight"].T + w["in_proj_bias"], 3, axis=1)
    size = len(x) // heads
    out = np.zeros_like(x)
    for head in range(heads):
        at = slice(head * size, (head + 1) * size)
        weight = np.exp(key[:, at] @ q[1, at] / np.sqrt(size))
        out[at] = weight @ v[:, at] / weight.sum()
    return np.asarray(w["out_proj.weight"] @ out + w["out_proj.bias"])


def write_folder(folder: Path, items: int, users: int = 12, seed: int = 0, first: int = 1) -> Path:
    """Write train.csv, dev.csv and test.csv in which ids first … first+items-1 all occur."""
    draw = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    rows: dict[str, list[tuple[Any, ...]]] = {"train": [], "dev": [], "test": []}
    every = first + draw.permutation(items)
    for user in range(1, users + 1):
        mine = [*every[user - 1 :: users], *(first + draw.integers(0, items, 7))]
        for step, item in enumerate(mine):
            part = {len(mine) - 1: "test", len(mine) - 2: "dev"}.get(step, "train")
            rows[part].append((user, item, 1000 + step))
    for name, events in rows.items():
        lines = ["user_id\titem_id\ttime", *("\t".join(map(str, event)) for event in events)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return folder
