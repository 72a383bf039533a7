"""Flags, names and data that do not fit what is imported are told in one line."""

from pathlib import Path
from typing import Any

import pytest
import torch
from jobs.import_models.refusals import GOOD, ITEMS, WIDTH, Run, entries
from rechorus_world import attention_state, sae_state, write_folder

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
def test_flags_that_do_not_fit_the_file(case: str, run: Run, data: Path, tmp_path: Path) -> None:
    kind, words, line = FLAGS[case]
    torch.save(FILES[kind], tmp_path / "model.pt")
    code, err = run(
        "import", tmp_path / "model.pt", *(str(data) if w == "DATA" else w for w in words)
    )
    assert code == 2 and err.count("\n") == 1 and line in err, err
    assert not entries(tmp_path), err


def test_a_name_is_taken_once_and_a_base_keeps_its_data(
    run: Run, data: Path, tmp_path: Path
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


def test_a_search_over_an_unknown_base_leaves_no_run(run: Run, data: Path, tmp_path: Path) -> None:
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
    run: Run,
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
