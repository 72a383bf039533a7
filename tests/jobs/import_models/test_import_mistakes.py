"""A file that cannot be imported is told in one line, is never run, and leaves nothing behind."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from commands import Recsae
from jobs.import_models.refusals import GOOD, HISTORY, ITEMS, WIDTH, entries, refused
from rechorus_world import sae_state, state_dict, write_folder
from safetensors.torch import save_file


def without(key: str) -> dict[str, Any]:
    return {name: tensor for name, tensor in GOOD.items() if name != key}


QUERY = "transformer_block.1.masked_attn_head.q_linear.weight"
STATES: dict[str, tuple[Any, str]] = {
    "another architecture": (
        {"u_embeddings.weight": torch.ones(3, 4), "rnn.weight_ih_l0": torch.ones(3, 4)},
        "i_embeddings.weight: expected it in a ReChorus SASRec, not there",
    ),
    "a missing key": (without(QUERY), f"{QUERY}: expected it in a ReChorus SASRec, not there"),
    "a missing layer": (
        {k.replace("block.1", "block.2"): v for k, v in GOOD.items()},
        "transformer_block.1.masked_attn_head.q_linear.weight: expected it",
    ),
    "a block with a mad number": (
        {**GOOD, "transformer_block.99999999999.linear1.bias": torch.ones(8)},
        "transformer_block.2.masked_attn_head.q_linear.weight: expected it",
    ),
    "a misspelt key": (
        {**without(QUERY), QUERY.replace("q_linear", "Q_linear"): torch.ones(8, 8)},
        "(did you mean 'transformer_block.1.masked_attn_head.Q_linear.weight'?)",
    ),
    "no block": (
        {name: GOOD[name] for name in ("i_embeddings.weight", "p_embeddings.weight")},
        "transformer_block.0.masked_attn_head.q_linear.weight: expected it",
    ),
    "an unknown key": (
        {**GOOD, "transformer_block.0.out_linear.weight": torch.ones(8, 8)},
        "transformer_block.0.out_linear.weight: no such part in a ReChorus SASRec",
    ),
    "an item bias": ({**GOOD, "i_bias.weight": torch.ones(25, 1)}, "i_bias.weight: no such part"),
    "another width of a layer": (
        {**GOOD, "transformer_block.0.linear1.weight": torch.ones(32, 8)},
        "transformer_block.0.linear1.weight: expected shape [8, 8], found [32, 8]",
    ),
    "another width of places": (
        {**GOOD, "p_embeddings.weight": torch.ones(6, 4)},
        "p_embeddings.weight: expected shape [6, 8], found [6, 4]",
    ),
    "a flat table": (
        {**GOOD, "i_embeddings.weight": torch.ones(25)},
        "i_embeddings.weight: expected a matrix, found shape [25]",
    ),
    "no place": ({**GOOD, "p_embeddings.weight": torch.ones(1, 8)}, "expected 2 or more rows"),
    "whole numbers": (
        {**GOOD, QUERY: torch.ones(8, 8, dtype=torch.int64)},
        f"{QUERY}: expected plain numbers, found torch.int64",
    ),
    "a sparse tensor": ({**GOOD, QUERY: torch.eye(8).to_sparse()}, f"{QUERY}: expected plain"),
    "not a number": ({**GOOD, QUERY: torch.full((8, 8), torch.nan)}, f"{QUERY}: expected finite"),
    "no tensor": ({**GOOD, "epoch": 3}, "epoch: expected a tensor of weights, found a int"),
    "a wrapped state dict": (
        {"state_dict": dict(GOOD), "epoch": 3},
        "state_dict: expected a tensor of weights, found a dict",
    ),
    "a list": ([torch.ones(3)], "expected a state dict, as model.state_dict(), found a list"),
    "nothing": ({}, "expected the weights of a SASRec, found nothing"),
    "other items": (
        state_dict(31, WIDTH, 1, HISTORY),
        "i_embeddings.weight: a row for each item id from 1 on, row 0 for padding: "
        "expected 25 rows for data (ids from 1 to 24), found 31",
    ),
}


@pytest.mark.parametrize("case", STATES)
def test_a_file_of_something_else(case: str, run: Recsae, data: Path, tmp_path: Path) -> None:
    state, line = STATES[case]
    file = tmp_path / "model.pt"
    torch.save(state, file)
    refused(run, file, data, line, tmp_path)


class Payload:
    """Runs when unpickled: writes the file `ran` into the working directory."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path("ran").write_text, ("x",)


@pytest.mark.parametrize("wrap", ["plain", "zip", "tensor beside it", "old"])
def test_code_in_a_file_is_never_run(
    wrap: str,
    run: Recsae,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "model.pt"
    if wrap == "plain":
        file.write_bytes(pickle.dumps(Payload()))
    elif wrap == "tensor beside it":
        torch.save({**GOOD, "extra": Payload()}, file)
    else:
        torch.save(Payload(), file, _use_new_zipfile_serialization=wrap == "zip")
    refused(run, file, data, "nothing of it was run", tmp_path)
    assert not (tmp_path / "ran").exists()
    with file.open("rb") as raw:  # the payload is live: the careless reader runs it
        torch.load(raw, weights_only=False) if wrap != "plain" else pickle.load(raw)  # noqa: S301
    assert (tmp_path / "ran").exists()


def test_a_whole_model_in_place_of_its_weights(run: Recsae, data: Path, tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "model.pt")
    refused(run, tmp_path / "model.pt", data, "found code or an object (torch.nn", tmp_path)


def saved(path: Path) -> bytes:
    torch.save(GOOD, path)
    return path.read_bytes()


def as_safetensors(path: Path) -> None:
    save_file(GOOD, path)


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "cut in half": (
        lambda path: path.write_bytes(saved(path)[: len(saved(path)) // 2]),
        "cut off",
    ),
    "cut at its end": (lambda path: path.write_bytes(saved(path)[:-30]), "cut off"),
    "cut to a few bytes": (lambda path: path.write_bytes(saved(path)[:10]), "model.pt: expected"),
    "empty": (lambda path: path.write_bytes(b""), "found an empty file"),
    "text": (lambda path: path.write_text("user,item\n1,2\n"), "model.pt: expected"),
    "noise": (lambda path: path.write_bytes(bytes(range(256)) * 9), "model.pt: expected"),
    "safetensors": (as_safetensors, "expected a .pt file as ReChorus saves it, found safetensors"),
    "a folder": (lambda path: path.mkdir(), "expected the file of a checkpoint, found a folder"),
    "absent": (
        lambda path: (path.parent / "model.pth").write_text("x"),
        "no such file (did you mean 'model.pth'?)",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file(damage: str, run: Recsae, data: Path, tmp_path: Path) -> None:
    make, line = DAMAGES[damage]
    make(tmp_path / "model.pt")
    refused(run, tmp_path / "model.pt", data, line, tmp_path)


@pytest.mark.parametrize("part", ["", "sae_module"])
def test_weights_too_large_to_score_with(
    part: str, run: Recsae, data: Path, tmp_path: Path
) -> None:
    state = sae_state(WIDTH, 16) if part else state_dict(ITEMS + 1, WIDTH, 2, HISTORY)
    key = "sae_module.W_dec" if part else "i_embeddings.weight"
    torch.save(GOOD | state | {key: state[key] * 1e38}, tmp_path / "model.pt")
    words = ["--dataset", data, "--name", "mine", "--num_heads", 2, *(["--sae_k", 3] * bool(part))]
    message = run("import", tmp_path / "model.pt", *words).mistake
    assert message.startswith(f"recsae: {tmp_path / 'model.pt'}: {part}".removesuffix(": ")), (
        message
    )
    assert "expected weights that give finite scores" in message
    left = [file for file in entries(tmp_path) if not part or "/models/" in file]
    assert not left, left


def test_data_whose_ids_are_not_rows(run: Recsae, data: Path, tmp_path: Path) -> None:
    torch.save(GOOD, tmp_path / "model.pt")
    zero = write_folder(tmp_path / "zero", ITEMS, first=0)
    refused(run, tmp_path / "model.pt", zero, "expected 24 rows for zero (ids from 0", tmp_path)
    texts = tmp_path / "texts.csv"
    events = [f"{user},i{item},{item}" for user in range(3) for item in range(5)]
    texts.write_text("\n".join(["user,item,time", *events]) + "\n")
    line = "expected whole numbers as ids of texts, found 'i0'"
    refused(run, tmp_path / "model.pt", texts, line, tmp_path)
