"""The commands as a user types them, on tiny data; mistakes are one line and exit code 2."""

from pathlib import Path

import pytest
from commands import Recsae
from conftest import TINY

from recsae import __version__
from recsae.cli.models import MODELS
from recsae.cli.output import outcome_lines, strict_json

SMALL = ["--dataset", TINY, "--emb_size", "16", "--num_layers", "1", "--num_heads", "2"]
SMALL += ["--epochs", "2"]
SAE = ["--sae_k", "5", "--sae_scale_size", "2", "--sae_lr", "1e-2", "--sae_epochs", "2"]
OUTCOME = {"model_name", "dataset", "protocol", "metrics", "base", "seconds", "path"}


def test_pretrain_and_train_sasrec_are_the_same(recsae: Recsae) -> None:
    first = recsae("pretrain", *SMALL, "--json").json
    assert set(first) >= OUTCOME
    again = recsae("train", "--model_name", "SASRec", *SMALL, "--json").json
    assert not again["pretrained"]
    assert again["base"] == first["base"]
    assert {"ndcg@10", "hr@10"} <= set(first["metrics"]["test"])


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("SASRec_SAE", []),
        ("SASRec_SAE_Attention", ["--sae_attn_heads", "4", "--sae_attn_dropout", "0.1"]),
        ("SASRec_SAE_Contrastive", ["--sae_contrastive_temp", "0.07"]),
    ],
)
def test_a_model_is_trained_saved_and_found_again(
    recsae: Recsae, name: str, flags: list[str]
) -> None:
    words = ["train", "--model_name", name, *SMALL, *SAE, *flags, "--json"]
    trained = recsae(*words, "--sae_train", "1").json
    assert set(trained) >= OUTCOME
    assert {"fvu", "fvu_code", "leak", "l0", "dead"} <= set(trained["metrics"]["dev"])
    assert Path(trained["path"], "model.safetensors").is_file()
    assert recsae(*words, "--sae_train", "0").json["metrics"] == trained["metrics"]
    found = recsae("evaluate", trained["path"], "--json").json
    assert found["reproduced"] and found["metrics"] == trained["metrics"]


def test_a_base_is_found_by_its_fingerprint_under_any_mask(recsae: Recsae) -> None:
    base = recsae("pretrain", *SMALL, "--json").json
    scores = {}
    for mask in ("history", "all", "none"):
        words = ["evaluate", base["base"]["fingerprint"], "--mask", mask, "--json"]
        found = recsae(*words).json
        assert f"mask {mask}" in found["protocol"]
        scores[mask] = found["metrics"]["dev"]
    assert scores["history"] == base["metrics"]["dev"]
    assert scores["none"]["hr@10"] <= scores["history"]["hr@10"] <= scores["all"]["hr@10"]


def test_the_seed_of_train_is_that_of_what_it_trains(recsae: Recsae) -> None:
    def fingerprint(*words: str) -> str:
        return str(recsae("train", *SMALL, *words, "--json").json["base"]["fingerprint"])

    plain = fingerprint("--model_name", "SASRec")
    assert fingerprint("--model_name", "SASRec", "--seed", "1") != plain
    assert fingerprint("--model_name", "SASRec_SAE", *SAE, "--seed", "1") == plain


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["train", "--model_name", "SASRec_SEA"], "did you mean 'SASRec_SAE'?"),
        (["train"], "--model_name"),
        (["train", "--model_name", "SASRec_SAE", "--sae_kk", "3"], "--sae_k"),
        (["train", "--model_name", "SASRec_SAE", "--sae_k", "five"], "--sae_k"),
        (["train", "--model_name", "SASRec_SAE", "--sae_k", "0"], "sae_k: expected an integer"),
        (["train", "--model_name", "SASRec_SAE", "--sae_k", "200"], "sae_k: expected at most 128"),
        (["train", "--model_name", "SASRec", "--sae_k", "5"], "not a setting of SASRec"),
        (
            ["train", "--model_name", "SASRec_SAE", "--sae_attn_heads", "2"],
            "not a setting of SASRec_SAE, but of SASRec_SAE_Attention",
        ),
        (
            ["train", "--model_name", "SASRec_SAE_Attention", "--sae_attn_heads", "5"],
            "sae_attn_heads",
        ),
        (["train", "--model_name", "SASRec_SAE", "--sae_train", "2"], "--sae_train"),
        (["pretrain", "--seed", "1", "--base_seed", "2"], "--seed: expected it or --base_seed"),
        (["train", "--model_name", "SASRec", "--sae_train", "0"], "--sae_train: not a setting"),
        (["pretrain", "--num_heads", "5"], "num_heads: expected a divisor of emb_size 64"),
        (["pretrain", "--dataset", "ml-100"], "did you mean 'ml-100k'?"),
        (["pretrain", "--dataset", "no/such/file.csv"], "no/such/file.csv"),
        (["pretrain", "--format", "recbowl"], "did you mean 'recbole'?"),
        (["pretrain", "--device", "tpu"], "--device: expected cpu"),
        (["pretrain", "--preset", "bets"], "preset: expected one of default, best, got 'bets'"),
        (["pretrain", "--base", "no-such"], "base: expected the name of a base, found none for"),
        (
            ["train", "--model_name", "SASRec_SAE", "--base", "x", "--emb_size", "8"],
            "emb_size: expected it or the base 'x', which has its settings",
        ),
        (["pretrain", "--base", "x", "--preset", "best"], "preset: expected it or the base 'x'"),
        (["pretrain", "--preset", "best", "--num_heads", "0"], "num_heads: expected an integer"),
        (["train", "--model_name", "Populrity"], "did you mean 'Popularity'?"),
        (["train", "--model_name", "Popularity", "--emb_size", "8"], "not a setting of Popularity"),
        (["train", "--model_name", "MarkovChain", "--sae_k", "8"], "not a setting of MarkovChain"),
        (["train", "--model_name", "Popularity", "--seed", "1"], "--seed: not a setting of Popul"),
        (["train", "--model_name", "Popularity", "--base", "x"], "--base: not a setting of Popul"),
        (
            ["import", "no-such.pt", "--format", "rechorus", "--name", "x"],
            "no-such.pt: no such file",
        ),
        (["evaluate", "nothing-like-it"], "nothing-like-it"),
        (["evaluate", "x", "--mask", "al"], "did you mean 'all'?"),
        (["results", "nothing-like-it"], "nothing-like-it"),
        (["report", "nothing-like-it"], "nothing-like-it"),
        (["tune", "no_such_space.yaml"], "no_such_space.yaml"),
        (["tune", "sasrec_sea.yaml"], "sasrec_sae.yaml"),
        (["tune", "smoke.yaml", "--trials", "0"], "trials"),
        (["tune", "smoke.yaml", "--sampler", "tpa"], "did you mean 'tpe'?"),
        (["tune", "smoke.yaml", "--sampler", "bayes"], "did you mean 'tpe'?"),
        (["tune", "smoke.yaml", "--scheduler", "SHA"], "did you mean 'asha'?"),
        (["tune", "smoke.yaml", "--gpus", "aut"], "did you mean 'auto'?"),
        (["tune", "smoke.yaml", "--max_hours", "-1"], "max_hours: expected a number > 0"),
        (["tune", "smoke.yaml", "--scheduler", "ash"], "did you mean 'asha'?"),
        (["tune", "smoke.yaml", "--grace_epochs", "99"], "grace_epochs: expected at most sae_"),
        (["tune", "smoke.yaml", "--reduction_factor", "1"], "reduction_factor: expected an int"),
        (["tune", "smoke.yaml", "--dataset", "grocry"], "did you mean 'grocery'?"),
        (["tune", "smoke.yaml", "--name", "a/b"], "a/b"),
        (["tune", "smoke.yaml", "--storage", "s3x://bucket"], "storage"),
        (["tuna"], "tune"),
    ],
)
def test_a_mistake_is_one_line(recsae: Recsae, words: list[str], expected: str) -> None:
    assert expected in recsae(*words).mistake


def test_the_saved_model_of_other_settings_is_not_taken(recsae: Recsae) -> None:
    words = ["train", "--model_name", "SASRec_SAE", *SMALL, "--sae_k", "3", "--sae_train", "0"]
    assert "train it first, with --sae_train 1" in recsae(*words).err


def test_a_broken_row_names_its_line(recsae: Recsae, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("user,item,time\n1,2,3\n1,3,four\n")
    line = recsae("pretrain", "--dataset", log).mistake
    assert f"{log}:3" in line and "'four'" in line


def test_the_version_is_printed(recsae: Recsae) -> None:
    assert recsae("--version") == (0, f"{__version__}\n", "")


def test_every_flag_of_the_original_is_there(recsae: Recsae) -> None:
    out = recsae("train", "--help").out
    flags = "emb_size num_layers num_heads dropout lr sae_k sae_scale_size sae_lr sae_train"
    flags += " sae_attn_heads sae_attn_dropout sae_contrastive_temp sae_contrastive_weight"
    assert all(f"--{flag}" in out for flag in flags.split())
    assert all(name in out for name in MODELS)


def test_an_outcome_reads_well() -> None:
    lines = outcome_lines({"a": 1, "b": {"c": 0.123456}, "d": [{"e": True}], "f": [1, 2]})
    assert lines == ["a: 1", "b:", "  c: 0.1235", "d:", "  e: True", "f: [1, 2]"]


def test_json_holds_no_nan() -> None:
    value = {"a": [float("nan"), 1.5], "b": {"c": float("inf")}, "d": (True, None)}
    assert strict_json(value) == {"a": [None, 1.5], "b": {"c": None}, "d": [True, None]}
