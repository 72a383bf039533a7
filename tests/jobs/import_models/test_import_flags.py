"""Flags, names and data that do not fit what is imported are told in one line."""

from pathlib import Path
from typing import Any

import pytest
import torch
from commands import Recsae
from jobs.import_models.refusals import GOOD, ITEMS, WIDTH, entries
from rechorus_world import attention_state, sae_state, write_folder

IMPORT = "--format rechorus --name mine"
BASE = f"{IMPORT} --dataset DATA --num_heads 2"
ALONE = f"{IMPORT} --sae_k 4 --base x"
FLAGS: dict[str, tuple[str, str, str]] = {
    "no heads": ("base", f"{IMPORT} --dataset DATA", "--num_heads: expected how many"),
    "heads that do not divide": (
        "base",
        f"{IMPORT} --dataset DATA --num_heads 3",
        "--num_heads: expected a divisor of emb_size 8, got 3",
    ),
    "no name": ("base", "--format rechorus --dataset DATA", "--name"),
    "a name that is none": ("base", f"{BASE} --name a/b", "name: expected letters"),
    "another format": (
        "base",
        f"{BASE} --format rechorous",
        "--format: expected one of rechorus, states, got 'rechorous' (did you mean 'rechorus'?)",
    ),
    "no data": ("base", f"{IMPORT} --num_heads 2", "--dataset: expected the data set"),
    "other data": ("base", f"{BASE} --dataset synthetic:users=50,items=30", "expected"),
    "a history that is too long": (
        "base",
        f"{BASE} --max_len 6",
        "--max_len: expected at most 5, the longest history of the file, got 6",
    ),
    "a history that is no number": (
        "base",
        f"{BASE} --max_len all",
        "--max_len: expected auto or an integer >= 1, got 'all'",
    ),
    "dropout of all": (
        "base",
        f"{BASE} --dropout 1",
        "--dropout: expected a number >= 0 and < 1, got 1.0",
    ),
    "k without an autoencoder": ("base", f"{BASE} --sae_k 4", "--sae_k: not for this file"),
    "a base beside a base": ("base", f"{BASE} --base x", "--base: not for this file"),
    "no k": ("both", BASE, "--sae_k: expected how many of its 24 latents are active"),
    "no heads of the attention": (
        "attention",
        ALONE,
        "--sae_attn_heads: expected how many heads its attention has",
    ),
    "heads of the attention that do not divide": (
        "attention",
        f"{ALONE} --sae_attn_heads 3",
        "sae_attn_heads: expected a divisor of the width 8, got 3",
    ),
    "heads of no attention": (
        "sae",
        f"{ALONE} --sae_attn_heads 2",
        "--sae_attn_heads: not for this file, which holds no attention",
    ),
    "an attention of another width": (
        "other attention",
        f"{ALONE} --sae_attn_heads 2",
        "sae_module.attention.in_proj_weight: expected shape [24, 8], found [12, 4]",
    ),
    "k above the latents": ("both", f"{BASE} --sae_k 25", "sae_k: expected at most 24"),
    "an autoencoder without a base": ("sae", f"{IMPORT} --sae_k 4", "--base: expected the base"),
    "heads for an autoencoder": ("sae", f"{ALONE} --num_heads 2", "--num_heads: not for this file"),
    "an unknown base": ("sae", ALONE, "base: expected the name of a base, found none for 'x'"),
    "an autoencoder of another width": (
        "mixed",
        f"{BASE} --sae_k 4",
        "sae_module.W_dec: expected the base's width 8, found 6",
    ),
    "latents that are no multiple": (
        "odd",
        ALONE,
        "sae_module.W_dec: expected a multiple of its width 8 as rows, found 12",
    ),
    "an autoencoder with a key missing": ("half", ALONE, "sae_module.b_dec: expected it"),
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
def test_flags_that_do_not_fit_the_file(case: str, run: Recsae, data: Path, tmp_path: Path) -> None:
    kind, words, line = FLAGS[case]
    torch.save(FILES[kind], tmp_path / "model.pt")
    words = words.replace("DATA", str(data))
    assert line in run("import", tmp_path / "model.pt", *words.split()).mistake
    assert not entries(tmp_path)


@pytest.fixture
def words(data: Path, tmp_path: Path) -> list[Any]:
    """Return what imports a sound file as the base `mine`, without its heads."""
    torch.save(GOOD, tmp_path / "model.pt")
    return ["import", tmp_path / "model.pt", "--dataset", data, "--name", "mine", "--num_heads"]


def test_a_name_is_taken_once_and_a_base_keeps_its_data(
    run: Recsae, words: list[Any], tmp_path: Path
) -> None:
    assert run(*words, 2).code == 0
    before = entries(tmp_path)
    assert "--name: 'mine' is taken, by " in run(*words, 4).mistake
    assert entries(tmp_path) == before
    use = ["train", "--model_name", "SASRec_SAE", "--base"]
    assert "base: expected the name of a base, found none for 'min'" in run(*use, "min").mistake
    assert "(did you mean 'mine'?)" in run(*use, "mime").mistake
    other = write_folder(tmp_path / "other", ITEMS, seed=1)
    line = run(*use, "mine", "--dataset", other).mistake
    assert "belongs to other data: expected data (12 users, 24 items" in line
    assert "found other (12 users, 24 items" in line
    for flag in (["--emb_size", "8"], ["--preset", "best"], ["--dropout", "0.1"]):
        message = f"{flag[0][2:]}: expected it or the base 'mine', which has its settings"
        assert message in run(*use, "mine", *flag).mistake
    assert entries(tmp_path) == before


def test_a_search_over_an_unknown_base_leaves_no_run(
    run: Recsae, words: list[Any], tmp_path: Path
) -> None:
    assert run(*words, 2).code == 0
    space, runs = tmp_path / "space.yaml", tmp_path / "runs"
    other = write_folder(tmp_path / "other", ITEMS, seed=1)
    for base, dataset, line in (
        ("mime", "", "for 'mime' in"),
        ("mine", f"dataset: {other}\n", "belongs to other data: expected data (12 users"),
    ):
        text = f"model_name: SASRec_SAE\n{dataset}base: {{checkpoint: {base}}}\n"
        space.write_text(text + "parameters: {sae_k: 2}\n")
        assert line in run("tune", space, "--storage", runs).mistake
        assert not list(runs.iterdir())


def test_a_full_disk_leaves_no_base(
    run: Recsae, words: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert "No space left on device" in run(*words, 2).mistake
    assert not [entry for entry in entries(tmp_path) if "/." not in entry]
