"""What cannot be imported is told in one line, is never run, and leaves nothing behind."""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from rechorus_world import attention_state, sae_state, state_dict, write_folder
from safetensors.torch import save_file

from recsae.cli import main

ITEMS, WIDTH, HISTORY = 24, 8, 5
GOOD = state_dict(ITEMS + 1, WIDTH, 2, HISTORY)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("world") / "data", ITEMS)


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Return a function that runs a command with an empty cache: exit code, standard error."""
    monkeypatch.setenv("RECSAE_CACHE", str(tmp_path / "cache"))

    def command(*words: Any) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["recsae", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return command


def entries(tmp_path: Path) -> list[str]:
    """Return what lies in the cache beside locks."""
    files = (tmp_path / "cache").rglob("*")
    return [str(file) for file in files if file.is_file() and "locks" not in file.parts]


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
def test_a_file_of_something_else(
    case: str, run: Callable[..., tuple[int, str]], data: Path, tmp_path: Path
) -> None:
    state, line = STATES[case]
    file = tmp_path / "model.pt"
    torch.save(state, file)
    refused(run, file, data, line, tmp_path)


def refused(
    run: Callable[..., tuple[int, str]], file: Path, data: Path, line: str, tmp_path: Path
) -> None:
    words = ["--format", "rechorus", "--dataset", data, "--name", "mine", "--num_heads", "2"]
    code, err = run("import", file, *words)
    assert code == 2 and err.count("\n") == 1 and err.startswith(f"recsae: {file}: "), err
    assert line in err and not entries(tmp_path), err


class Payload:
    """Runs when unpickled: writes the file `ran` into the working directory."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path("ran").write_text, ("x",)


@pytest.mark.parametrize("wrap", ["plain", "zip", "tensor beside it", "old"])
def test_code_in_a_file_is_never_run(
    wrap: str,
    run: Callable[..., tuple[int, str]],
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


def test_a_whole_model_in_place_of_its_weights(
    run: Callable[..., tuple[int, str]], data: Path, tmp_path: Path
) -> None:
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
def test_a_damaged_file(
    damage: str, run: Callable[..., tuple[int, str]], data: Path, tmp_path: Path
) -> None:
    make, line = DAMAGES[damage]
    make(tmp_path / "model.pt")
    refused(run, tmp_path / "model.pt", data, line, tmp_path)


IMPORT = ["--format", "rechorus", "--name", "mine"]
FLAGS: dict[str, tuple[str, list[str], str]] = {
    "no heads": ("base", [*IMPORT, "--dataset", "DATA"], "--num_heads: expected how many"),
    "heads that do not divide": (
        "base",
        [*IMPORT, "--dataset", "DATA", "--num_heads", "3"],
        "--num_heads: expected a divisor of emb_size 8, got 3",
    ),
    "no name": ("base", ["--format", "rechorus", "--dataset", "DATA"], "--name"),
    "a name that is none": (
        "base",
        ["--format", "rechorus", "--dataset", "DATA", "--name", "a/b", "--num_heads", "2"],
        "name: expected letters",
    ),
    "another format": (
        "base",
        ["--format", "rechorous", "--dataset", "DATA", "--name", "x", "--num_heads", "2"],
        "--format: expected one of rechorus, got 'rechorous' (did you mean 'rechorus'?)",
    ),
    "no data": ("base", [*IMPORT, "--num_heads", "2"], "--dataset: expected the data set"),
    "other data": (
        "base",
        [*IMPORT, "--num_heads", "2", "--dataset", "synthetic:users=50,items=30"],
        "expected",
    ),
    "a history that is too long": (
        "base",
        [*IMPORT, "--dataset", "DATA", "--num_heads", "2", "--max_len", "6"],
        "--max_len: expected at most 5, the longest history of the file, got 6",
    ),
    "a history that is no number": (
        "base",
        [*IMPORT, "--dataset", "DATA", "--num_heads", "2", "--max_len", "all"],
        "--max_len: expected auto or an integer >= 1, got 'all'",
    ),
    "dropout of all": (
        "base",
        [*IMPORT, "--dataset", "DATA", "--num_heads", "2", "--dropout", "1"],
        "--dropout: expected a number >= 0 and < 1, got 1.0",
    ),
    "k without an autoencoder": (
        "base",
        [*IMPORT, "--dataset", "DATA", "--num_heads", "2", "--sae_k", "4"],
        "--sae_k: not for this file",
    ),
    "a base beside a base": (
        "base",
        [*IMPORT, "--dataset", "DATA", "--num_heads", "2", "--base", "x"],
        "--base: not for this file",
    ),
    "no k": (
        "both",
        [*IMPORT, "--dataset", "DATA", "--num_heads", "2"],
        "--sae_k: expected how many of its 24 latents are active",
    ),
    "no heads of the attention": (
        "attention",
        [*IMPORT, "--sae_k", "4", "--base", "x"],
        "--sae_attn_heads: expected how many heads its attention has",
    ),
    "heads of the attention that do not divide": (
        "attention",
        [*IMPORT, "--sae_k", "4", "--base", "x", "--sae_attn_heads", "3"],
        "sae_attn_heads: expected a divisor of the width 8, got 3",
    ),
    "heads of no attention": (
        "sae",
        [*IMPORT, "--sae_k", "4", "--base", "x", "--sae_attn_heads", "2"],
        "--sae_attn_heads: not for this file, which holds no attention",
    ),
    "an attention of another width": (
        "other attention",
        [*IMPORT, "--sae_k", "4", "--base", "x", "--sae_attn_heads", "2"],
        "sae_module.attention.in_proj_weight: expected shape [24, 8], found [12, 4]",
    ),
    "k above the latents": (
        "both",
        [*IMPORT, "--dataset", "DATA", "--num_heads", "2", "--sae_k", "25"],
        "sae_k: expected at most 24",
    ),
    "an autoencoder without a base": (
        "sae",
        [*IMPORT, "--sae_k", "4"],
        "--base: expected the base",
    ),
    "heads for an autoencoder": (
        "sae",
        [*IMPORT, "--sae_k", "4", "--base", "x", "--num_heads", "2"],
        "--num_heads: not for this file",
    ),
    "an unknown base": (
        "sae",
        [*IMPORT, "--sae_k", "4", "--base", "x"],
        "base: expected the name of a base, found none for 'x'",
    ),
    "an autoencoder of another width": (
        "mixed",
        [*IMPORT, "--dataset", "DATA", "--num_heads", "2", "--sae_k", "4"],
        "sae_module.W_dec: expected the base's width 8, found 6",
    ),
    "latents that are no multiple": (
        "odd",
        [*IMPORT, "--sae_k", "4", "--base", "x"],
        "sae_module.W_dec: expected a multiple of its width 8 as rows, found 12",
    ),
    "an autoencoder with a key missing": (
        "half",
        [*IMPORT, "--sae_k", "4", "--base", "x"],
        "sae_module.b_dec: expected it",
    ),
}
HALF = {k: v for k, v in sae_state(WIDTH, 24).items() if not k.endswith("b_dec")}
FILES = {
    "base": GOOD,
    "both": {**GOOD, **sae_state(WIDTH, 24)},
    "mixed": {**GOOD, **sae_state(6, 24)},
    "sae": sae_state(WIDTH, 24),
    "attention": {**sae_state(WIDTH, 24), **attention_state(WIDTH)},
    "other attention": {**sae_state(WIDTH, 24), **attention_state(4)},
    "odd": sae_state(WIDTH, 12),
    "half": HALF,
}


@pytest.mark.parametrize("case", FLAGS)
def test_flags_that_do_not_fit_the_file(
    case: str, run: Callable[..., tuple[int, str]], data: Path, tmp_path: Path
) -> None:
    kind, words, line = FLAGS[case]
    torch.save(FILES[kind], tmp_path / "model.pt")
    code, err = run(
        "import", tmp_path / "model.pt", *(str(data) if w == "DATA" else w for w in words)
    )
    assert code == 2 and err.count("\n") == 1 and line in err, err
    assert not entries(tmp_path), err


def test_data_whose_ids_are_not_rows(
    run: Callable[..., tuple[int, str]], data: Path, tmp_path: Path
) -> None:
    torch.save(GOOD, tmp_path / "model.pt")
    zero = write_folder(tmp_path / "zero", ITEMS, first=0)
    refused(run, tmp_path / "model.pt", zero, "expected 24 rows for zero (ids from 0", tmp_path)
    texts = tmp_path / "texts.csv"
    events = [f"{user},i{item},{item}" for user in range(3) for item in range(5)]
    texts.write_text("\n".join(["user,item,time", *events]) + "\n")
    line = "expected whole numbers as ids of texts, found 'i0'"
    refused(run, tmp_path / "model.pt", texts, line, tmp_path)


def test_a_name_is_taken_once_and_a_base_keeps_its_data(
    run: Callable[..., tuple[int, str]], data: Path, tmp_path: Path
) -> None:
    torch.save(GOOD, tmp_path / "model.pt")
    words = ["import", tmp_path / "model.pt", "--format", "rechorus", "--dataset", data]
    assert run(*words, "--name", "mine", "--num_heads", "2")[0] == 0
    before = entries(tmp_path)
    code, err = run(*words, "--name", "mine", "--num_heads", "4")
    assert code == 2 and "--name: 'mine' is taken, by " in err and err.count("\n") == 1
    assert entries(tmp_path) == before
    use = ["train", "--model_name", "SASRec_SAE", "--base"]
    for more, line in {
        ("min", "mine"): "base: expected the name of a base, found none for 'min'",
        ("mime", "mine"): "(did you mean 'mine'?)",
    }.items():
        code, err = run(*use, more[0])
        assert code == 2 and line in err and err.count("\n") == 1
    other = write_folder(tmp_path / "other", ITEMS, seed=1)
    code, err = run(*use, "mine", "--dataset", other)
    assert code == 2 and "belongs to other data: expected data (12 users, 24 items" in err
    assert "found other (12 users, 24 items" in err and err.count("\n") == 1
    for flag in (["--emb_size", "8"], ["--preset", "best"], ["--dropout", "0.1"]):
        code, err = run(*use, "mine", *flag)
        told = f"{flag[0][2:]}: expected it or the base 'mine', which has its settings"
        assert code == 2 and told in err and err.count("\n") == 1
    assert entries(tmp_path) == before


def test_a_search_over_an_unknown_base_leaves_no_run(
    run: Callable[..., tuple[int, str]], data: Path, tmp_path: Path
) -> None:
    torch.save(GOOD, tmp_path / "model.pt")
    words = ["--format", "rechorus", "--dataset", data, "--name", "mine", "--num_heads", "2"]
    assert run("import", tmp_path / "model.pt", *words)[0] == 0
    space, runs = tmp_path / "space.yaml", tmp_path / "runs"
    other = write_folder(tmp_path / "other", ITEMS, seed=1)
    for base, dataset, line in (
        ("mime", "", "for 'mime' in"),
        ("mine", f"dataset: {other}\n", "belongs to other data: expected data (12 users"),
    ):
        text = f"model_name: SASRec_SAE\n{dataset}base: {{checkpoint: {base}}}\n"
        space.write_text(text + "parameters: {sae_k: 2}\n")
        code, err = run("tune", space, "--storage", runs)
        assert code == 2 and line in err and err.count("\n") == 1, err
        assert not list(runs.iterdir())


def test_a_full_disk_leaves_no_base(
    run: Callable[..., tuple[int, str]],
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.save(GOOD, tmp_path / "model.pt")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    words = ["--format", "rechorus", "--dataset", data, "--name", "mine", "--num_heads", "2"]
    code, err = run("import", tmp_path / "model.pt", *words)
    assert code == 2 and "No space left on device" in err and err.count("\n") <= 1
    assert not [entry for entry in entries(tmp_path) if "/." not in entry]
