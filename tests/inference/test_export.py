"""`export`: what it writes can be used elsewhere, says what it is, and is there whole or not."""

import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from commands import Recsae, process
from inference.runs import BASE, add_finalists, make_run, save
from rechorus_world import sae_state, state_dict, write_folder
from safetensors.torch import load_file

import recsae as package
from recsae.activations.store import Activations
from recsae.files import read_json, write_json
from recsae.jobs.evaluation import score_run
from recsae.jobs.models.loading import find_model
from recsae.results import write_trials
from recsae.sae import files
from recsae.sae.formats import LIBRARIES
from recsae.sae.model import SparseAutoencoder


@pytest.fixture
def run(
    storage: Path, trained: Any, activations: Activations, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Return a run `a` with a scored best model; the working directory lies beside its storage."""
    make_run(storage / "a", {0: (0.3, 3)})
    save(trained("SASRec_SAE"), storage / "a/best/0", activations)
    save(trained("SASRec_SAE_Attention"), storage / "leaky", activations)
    save(trained("SASRec_SAE_Attention", sae_attn_mode="code"), storage / "curved", activations)
    monkeypatch.chdir(storage.parent)
    return storage / "a"


@pytest.mark.parametrize("layout", LIBRARIES)
def test_a_run_is_written_in_a_librarys_layout(
    run: Path, recsae: Recsae, trained: Any, layout: str
) -> None:
    told = recsae("export", "a", "--format", layout, "--json").json
    folder = Path(f"a-{layout}")
    assert told["path"] == str(folder) and told["files"] == sorted(p.name for p in folder.iterdir())
    for name, content in LIBRARIES[layout](trained("SASRec_SAE")).items():
        assert (folder / name).read_bytes() == content
    about = read_json(folder / "recsae.json")
    assert about["settings"] == trained("SASRec_SAE").settings.values()
    recsae("export", "a", "--format", layout, "--sae_k", 2, "-o", "cut")
    assert read_json(Path("cut/cfg.json"))["k"] == 2


def test_a_hub_folder_is_used_where_only_the_data_are(
    run: Path, recsae: Recsae, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = package.load_model("a")
    history = [own.items.values[[3, 1, 2]].tolist()]
    wanted = own.encode("test"), own.recommend(history, 5)
    recsae("export", "a", "--format", "hub", "-o", "deep/hub")
    shutil.move("deep/hub", tmp_path / "elsewhere")
    monkeypatch.setenv("RECSAE_CACHE", str(tmp_path / "another"))
    model = package.load_model(tmp_path / "elsewhere")
    assert (model.encode("test") != wanted[0]).nnz == 0
    pd.testing.assert_frame_equal(model.recommend(history, 5), wanted[1])
    assert not (tmp_path / "another/bases").exists(), "nothing was trained"
    assert recsae("evaluate", tmp_path / "elsewhere", "--json").json["reproduced"]


def test_a_base_of_this_machine_is_not_taken_for_the_one_that_came_along(
    run: Path, recsae: Recsae, activations: Activations
) -> None:
    recsae("export", "a", "--format", "hub")
    wanted = package.load_model("a").encode([[3, 1]])
    shutil.rmtree("cache/activations")
    mine = Path("cache/bases", activations.meta["base"]["fingerprint"])
    write_json(mine / "base.json", read_json(mine / "base.json") | {"weights": "others"})
    assert (package.load_model("a-hub").encode([[3, 1]]) != wanted).nnz == 0


def test_the_card_tells_what_is_stored(run: Path, recsae: Recsae, activations: Activations) -> None:
    row = {"trial_id": 1, "state": "COMPLETE", "model_name": "SASRec_PCA", "dev/ndcg@10": 0.1234}
    known = pd.read_parquet(run / "results.parquet").to_dict("records")
    write_trials(run, [*known, row | {"dev/leak": False, "epochs": 1, "sae_k": 3}])
    add_finalists(run, {(0, 7): 0.25, (0, 8): 0.27})
    score_run(run, find_model("a")[1])
    recsae("export", "a", "--format", "hub")
    card, metrics = Path("a-hub/README.md").read_text(), read_json(run / "best/0/metrics.json")
    assert card.startswith("---\nlibrary_name: recsae\n")
    assert read_json(Path("a-hub/metrics.json")) == metrics
    assert activations.meta["protocols"]["history"] in card
    for split in ("dev", "test"):
        assert f"{metrics[split]['ndcg@10']:.4f}" in card
        low, high = (metrics["difference"][split]["ndcg@10"][end] for end in ("low", "high"))
        assert f"[{low:+.4f}, {high:+.4f}]" in card
    assert "| SASRec_PCA | 0.1234 |" in card and "Over 2 seeds" in card and "0.2600 [" in card
    assert f"| fvu_permuted | {metrics['dev']['fvu_permuted']:.4f} |" in card and "Passed" in card
    assert f"recsae {package.__version__}" in card and "torch" in card


def test_the_cards_command_makes_the_same_weights(run: Path, recsae: Recsae) -> None:
    data = "synthetic:users=80,items=40,concepts=4,length=10"
    base = [word for name, value in BASE.items() for word in (f"--{name}", value)]
    small = ["--sae_epochs", 2, "--sae_k", 3, "--sae_lr", 0.01, "--seed", 4]
    views = ["--sae_contrastive_view", "base", "--sae_contrastive_same_item"]
    words = ["--model_name", "SASRec_SAE_Contrastive", "--dataset", data, *base, *small, *views]
    made = Path(recsae("train", *words, "--activation_dtype", "float16", "--json").json["path"])
    recsae("export", made, "--format", "hub", "-o", "hub")
    before = load_file("hub/model.safetensors")
    shutil.rmtree(made)
    card = Path("hub/README.md").read_text()
    command = card.partition("```sh\n")[2].partition("\n")[0]
    threads, program, *rest = shlex.split(command)
    assert threads.startswith("OMP_NUM_THREADS=") and program == "recsae"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir("hub")
        again = Path(recsae(*rest, "--json").json["path"])
    after = load_file(again / "model.safetensors")
    assert before.keys() == after.keys()
    assert all(bool((before[name] == after[name]).all()) for name in before)


def test_what_is_published_does_not_tell_where_files_lie(
    run: Path, recsae: Recsae, tmp_path: Path
) -> None:
    draw = np.random.default_rng(0)
    rows = [f"{u},{i},{t}\n" for t, (u, i) in enumerate(draw.integers(0, 20, (600, 2)))]
    log = tmp_path / "private" / "log.csv"
    log.parent.mkdir()
    log.write_text("user,item,time\n" + "".join(rows))
    base = ["--emb_size", 8, "--num_layers", 1, "--num_heads", 1, "--epochs", 1]
    words = ["--model_name", "SASRec_SAE", "--dataset", log, *base, "--sae_epochs", 1]
    made = recsae("train", *words, "--json").json["path"]
    recsae("export", made, "--format", "hub", "-o", "hub")
    texts = [p.read_text() for p in Path("hub").rglob("*") if p.suffix in (".json", ".md")]
    assert any("log.csv" in text for text in texts)
    assert not any("private" in text or str(tmp_path) in text for text in texts)
    assert package.load_model("hub").encode("dev").nnz


def test_an_imported_model_is_handed_on_without_a_command(
    tmp_path: Path, recsae: Recsae, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSAE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    data = write_folder(tmp_path / "data", 24)
    state = state_dict(25, width=8, layers=2, history=5) | sae_state(8, 32)
    torch.save(state, tmp_path / "model.pt")
    words = ["--dataset", data, "--name", "mine", "--num_heads", 2, "--sae_k", 4]
    recsae("import", tmp_path / "model.pt", *words)
    recsae("export", "mine", "--format", "hub")
    card = Path("mine-hub/README.md").read_text()
    assert "was trained elsewhere and imported" in card and "```sh" not in card
    texts = [p.read_text() for p in Path("mine-hub").rglob("*.json")]
    assert not any(str(tmp_path) in text for text in texts)
    wanted = package.load_model("mine").encode([[3, 17, 5]])
    assert (package.load_model("mine-hub").encode([[3, 17, 5]]) != wanted).nnz == 0
    recsae("export", "mine-hub", "--format", "sparsify")
    assert read_json(Path("mine-hub-sparsify/cfg.json"))["k"] == 4


def test_what_cannot_be_written_is_refused_in_a_line(
    run: Path, storage: Path, recsae: Recsae, trained: Any, activations: Activations
) -> None:
    Path("full").mkdir()
    Path("full/file").write_text("mine")
    save(trained("SASRec_SAE"), storage / "measured", activations)
    write_json(storage / "measured/metrics.json", {"dev": {"leak": True}, "test": {}})
    for words, expected in (
        (
            ["a", "--format", "sparsfy"],
            "--format: expected sparsify, saelens or hub, got 'sparsfy'",
        ),
        (["a", "--format", "hub", "-o", "full"], "-o: expected a new folder, but full is there"),
        (["a", "--format", "hub", "--sae_k", 9], "sae_k: expected at most 3"),
        (["b", "--format", "hub"], "no run in"),
        *(
            ([storage / "leaky", "--format", layout], "in mode published cannot be exported")
            for layout in (*LIBRARIES, "hub")
        ),
        ([storage / "measured", "--format", "sparsify"], "SASRec_SAE cannot be exported"),
        ([storage / "curved", "--format", "saelens"], "saelens has no place for that; expected"),
    ):
        told = recsae("export", *words).mistake
        assert expected in told, (words, told)
    assert [p.name for p in Path("full").iterdir()] == ["file"]
    assert not list(Path().glob("*-hub")) + list(Path().glob("*-sparsify"))
    recsae("export", storage / "curved", "--format", "hub", "-o", "hub")
    assert package.load_model("hub").model_name == "SASRec_SAE_Attention"


def test_a_folder_is_there_whole_or_not(
    run: Path, recsae: Recsae, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = Path.write_bytes, []

    def full(path: Path, content: bytes) -> int:
        if path.name == "model.safetensors":
            written.append(path)
            raise OSError(28, "No space left on device")
        return write(path, content)

    before = sorted(Path().rglob("*"))
    monkeypatch.setattr(Path, "write_bytes", full)
    assert "No space left" in recsae("export", "a", "--format", "hub").mistake
    left = sorted(set(Path().rglob("*")) - set(before))
    assert written and not [p for p in left if "hub" in str(p)]
    monkeypatch.setattr(Path, "write_bytes", write)
    assert recsae("export", "a", "--format", "hub", "--json").json["path"] == "a-hub"


def test_a_model_cut_to_another_k_tells_the_scores_of_that_k(
    run: Path, storage: Path, recsae: Recsae, trained: Any, activations: Activations
) -> None:
    save(trained("SASRec_SAE_Nested"), storage / "nested", activations)
    recsae("export", storage / "nested", "--format", "hub", "--sae_k", 1, "-o", "hub")
    model: SparseAutoencoder = files.load(Path("hub"))[0]
    assert model.settings.sae_k == 1
    wanted = recsae("evaluate", storage / "nested", "--k", 1, "--json").json["metrics"]["test"]
    assert read_json(Path("hub/metrics.json"))["test"] == wanted
    card = Path("hub/README.md").read_text()
    assert "--sae_k 3" in card and "at most 1 of them active" in card


def test_help_tells_both_exports_apart() -> None:
    assert "results export" in process("export", "--help").out
    assert "recsae export" in process("results", "--help").out
