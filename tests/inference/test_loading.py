"""Which model a name means: of runs with finalists or several best trials, of folders, of none."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from commands import Recsae, heavy_modules_of
from inference.runs import add_finalists, make_run, save
from rechorus_world import sae_state, state_dict, write_folder

import recsae as package
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.errors import RecsaeError, SettingError
from recsae.files import read_json, write_json
from recsae.sae.model import SparseAutoencoder


@pytest.fixture
def plain(trained: Any) -> SparseAutoencoder:
    return trained("SASRec_SAE")


def test_of_a_run_it_is_the_best_trial_by_name_and_by_path(
    storage: Path, plain: SparseAutoencoder, activations: Activations
) -> None:
    make_run(storage / "a", {0: (0.1, 3), 1: (0.3, 3), 2: (0.2, 3)})
    save(plain, storage / "a/best/1", activations)
    for name in ("a", storage / "a", str(storage / "a/best/1")):
        assert package.load_model(name).path == storage / "a/best/1"
    model = package.load_model("a", storage=str(storage))
    assert (model.model_name, model.settings["sae_k"]) == ("SASRec_SAE", 3)
    codes = model.encode("test")
    assert codes.shape == (len(activations.test_x), plain.latents) and codes.nnz


def test_of_a_run_with_finalists_it_is_the_winner_with_its_first_seed(
    storage: Path,
    plain: SparseAutoencoder,
    activations: Activations,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_run(storage / "a", {0: (0.3, 3), 1: (0.2, 3)})
    scores = {(0, 7): 0.1, (0, 3): 0.1, (1, 9): 0.2, (1, 4): 0.5}
    add_finalists(storage / "a", scores)
    first = package.load_results(storage / "a").finalists.query("trial_id == 1")["seed"].iloc[0]
    for folder in ("best/0", "finalists/1-4", "finalists/1-9"):
        save(plain, storage / "a" / folder, activations)
    assert package.load_model("a").path == storage / f"a/finalists/1-{first}"
    assert not capsys.readouterr().err
    assert package.load_model("a", trial=0).path == storage / "a/best/0"
    with pytest.raises(SettingError, match=r"trial: expected one of 1, 0, got 5 \(nearest: 1\)"):
        package.load_model("a", trial=5)
    shutil.rmtree(storage / f"a/finalists/1-{first}")  # as of a seed with which it failed
    assert package.load_model("a").path == storage / f"a/finalists/1-{13 - first}"


def test_of_several_best_trials_one_may_be_chosen(
    storage: Path,
    plain: SparseAutoencoder,
    activations: Activations,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_run(
        storage / "a", {0: (0.1, 2), 3: (0.3, 4), 5: (0.2, 9)}, **{"ndcg@10": "max", "l0": "min"}
    )
    for number in (0, 3):
        save(plain, storage / f"a/best/{number}", activations)
    assert package.load_model("a").path.name == "3"
    assert "a: trial 3 is taken; as good in another way: 0" in capsys.readouterr().err
    assert package.load_model("a", trial=0).path.name == "0"
    assert not capsys.readouterr().err


def test_a_model_may_be_used_at_a_smaller_k(
    storage: Path, trained: Any, activations: Activations
) -> None:
    save(trained("SASRec_SAE_Nested"), storage / "m", activations)
    cut = package.load_model(storage / "m", sae_k=1)
    assert (np.diff(cut.encode("dev").indptr) <= 1).all() and cut.settings["sae_k"] == 1
    with pytest.raises(SettingError, match=r"sae_k: expected at most 3, .* got 4"):
        package.load_model(storage / "m", sae_k=4)


def test_one_that_leaks_is_told_and_asked_less(
    storage: Path,
    trained: Any,
    activations: Activations,
    capsys: pytest.CaptureFixture[str],
) -> None:
    save(trained("SASRec_SAE_Attention"), storage / "published", activations)
    model = package.load_model(storage / "published")
    assert model.leaks and "leaks: what it recommends is not" in capsys.readouterr().err
    save(trained("SASRec_SAE"), storage / "plain", activations)
    for leak in (False, True):
        write_json(storage / "plain/metrics.json", {"dev": {"leak": leak}, "test": {}})
        assert package.load_model(storage / "plain").leaks == leak


def test_a_base_that_is_gone_is_trained_again(
    storage: Path, plain: SparseAutoencoder, activations: Activations, tmp_path: Path
) -> None:
    save(plain, storage / "m", activations)
    wanted = package.load_model(storage / "m").encode([activations.item_ids.tolist()[:4]])
    shutil.rmtree(tmp_path / "cache/bases")
    model = package.load_model(storage / "m")
    assert model.encode("dev").nnz and not (tmp_path / "cache/bases").exists()
    assert (model.encode([activations.item_ids.tolist()[:4]]) != wanted).nnz == 0


def test_a_base_that_became_another_is_refused(
    storage: Path, plain: SparseAutoencoder, activations: Activations, tmp_path: Path
) -> None:
    save(plain, storage / "m", activations)
    file = tmp_path / "cache/bases" / activations.meta["base"]["fingerprint"] / "base.json"
    write_json(file, read_json(file) | {"weights": "others"})
    with pytest.raises(RecsaeError, match=r"is gone, and .* expected histories that are stored"):
        package.load_model(storage / "m").encode([activations.item_ids.tolist()[:4]])


def test_what_is_no_model_is_told_in_a_line(
    storage: Path, plain: SparseAutoencoder, activations: Activations
) -> None:
    make_run(storage / "empty", {})
    make_run(storage / "gone", {0: (0.1, 3)})
    base = activations.meta["base"]["fingerprint"]
    save(plain, storage / "m", activations)
    for name, trial, expected in (
        ("emtpy", None, r"no run in .*named 'emtpy' \(did you mean 'empty'\?\)"),
        ("empty", None, "no trial of this run is complete: no model to load"),
        ("gone", None, "gone: best/0 has no model: no model to load"),
        (base, None, f"{base} is a base; expected a run or a saved autoencoder"),
        (storage / "m", 3, "trial: expected a run, but .* is a model by itself"),
    ):
        with pytest.raises(RecsaeError, match=expected):
            package.load_model(name, trial=trial)
    assert Cache.default().find("bases", base) is not None


def test_help_loads_nothing_heavy() -> None:
    assert heavy_modules_of("recommend", "--help") == set()


def test_an_imported_model_is_used_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recsae: Recsae
) -> None:
    monkeypatch.setenv("RECSAE_CACHE", str(tmp_path / "cache"))
    data = write_folder(tmp_path / "data", 24)
    state = state_dict(25, width=8, layers=2, history=5) | sae_state(8, 32)
    torch.save(state, tmp_path / "model.pt")
    words = ["--dataset", data, "--name", "mine", "--num_heads", 2, "--sae_k", 4]
    told = recsae("import", tmp_path / "model.pt", *words, "--json").json
    model = package.load_model("mine")
    assert model.path == Path(told["path"]) and model.settings["sae_k"] == 4
    frame, targets = model.recommend("test", 24), model.activations.targets("test")
    rank = frame.set_index(["user", "item"])["rank"].to_dict()
    users, ids = model.activations.user_ids.to_numpy(), model.items.values
    pairs = zip(users[targets.user], ids[targets.item], strict=True)
    ranks = [rank.get(pair) for pair in pairs]
    met = model.activations.met("test")
    gains = [1 / np.log2(1 + one) for one in ranks if one is not None and one <= 10]
    assert [one is None for one in ranks] == met.tolist()
    again = recsae("evaluate", "mine", "--targets", "new", "--json").json
    assert sum(gains) / sum(~met) == pytest.approx(again["metrics"]["test"]["ndcg@10"])
    history = ids[model.activations.items[:9]].tolist()
    assert model.encode([history]).nnz == model.encode([history[-5:]]).nnz == 4
