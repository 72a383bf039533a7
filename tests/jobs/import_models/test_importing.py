"""A checkpoint of ReChorus becomes a base or a model, and is used like any other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from commands import Recsae
from rechorus_world import (
    attention_state,
    last_state,
    numbers,
    rec_sae,
    rec_sae_attention,
    rec_sae_code,
    sae_state,
    state_dict,
    write_folder,
)

from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.jobs.search_start import prepare
from recsae.recommenders import base as bases
from recsae.sae import files
from recsae.sequences import Sequences
from recsae.space import load_space, space_of

ITEMS, WIDTH, HISTORY = 24, 8, 5
SAE = ["--sae_k", "2", "--sae_scale_size", "2", "--sae_epochs", "1"]

Command = Callable[..., dict[str, Any]]


@pytest.fixture
def command(run: Recsae) -> Callable[..., dict[str, Any]]:
    """Return a function that runs a command with a cache of its own and returns its JSON."""
    return lambda *words: run(*words, "--json").json


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "data", ITEMS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a checkpoint with two dead keys."""
    state = state_dict(ITEMS + 1, WIDTH, 2, HISTORY)
    state["trm_encoder.layer.0.dense.weight"] = torch.ones(3, 3)
    state["trm_encoder.layer.0.dense.bias"] = torch.ones(3)
    torch.save(state, tmp_path / "model.pt")
    return tmp_path / "model.pt"


def flags(data: Path, name: str = "mine", heads: int = 2) -> list[Any]:
    words = ["--format", "rechorus", "--dataset", data, "--name", name]
    return [*words, "--num_heads", heads]


def test_an_imported_base_is_there_once(command: Command, data: Path, file: Path) -> None:
    first = command("import", file, *flags(data))
    assert first["imported"] and first["name"] == "mine" and first["model_name"] == "SASRec"
    assert first["ignored"] == [f"trm_encoder.layer.0.dense.{x}" for x in ("weight", "bias")]
    assert first["settings"] == {
        **{"emb_size": WIDTH, "num_layers": 2, "num_heads": 2},
        **{"max_len": HISTORY, "dropout": 0.2},
    }
    again = command("import", file, *flags(data))
    assert not again["imported"] and again["base"] == first["base"]
    found = command("evaluate", "mine", "--mask", "all")
    assert found["base"] == first["base"] and "mask all" in found["protocol"]
    assert command("evaluate", "mine")["metrics"] == first["metrics"]
    assert command("evaluate", first["base"]["fingerprint"])["metrics"] == first["metrics"]
    second = command("import", file, *flags(data, "other"))
    assert second["imported"] and second["base"] == first["base"]


def test_states_gone_are_made_again(
    command: Command, data: Path, file: Path, tmp_path: Path
) -> None:
    first = command("import", file, *flags(data))
    (folder,) = (tmp_path / "cache" / "activations").glob("[!.]*")
    folder.rename(tmp_path / "away")
    assert command("evaluate", "mine")["metrics"] == first["metrics"]


def test_states_that_older_code_made_are_scored_only_if_the_data_is_gone(
    command: Command, data: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = command("import", file, *flags(data))["metrics"]
    (folder,) = (tmp_path / "cache" / "activations").glob("[!.]*")
    states = np.load(folder / "test_x.npy", mmap_mode="r+")
    states[:] = -states
    states.flush()
    monkeypatch.setattr(bases, "code_digest", lambda *_: "newer code")
    assert command("evaluate", "mine")["metrics"] == first
    monkeypatch.setattr(bases, "code_digest", lambda *_: "newest code")
    data.rename(tmp_path / "away")
    assert command("evaluate", "mine")["protocol"]


@pytest.mark.parametrize("history", [1, 2, 5])
def test_stored_states_are_those_of_rechorus(
    command: Command, data: Path, tmp_path: Path, history: int
) -> None:
    state = state_dict(ITEMS + 1, WIDTH, 1, history)
    torch.save(state, tmp_path / "model.pt")
    command("import", tmp_path / "model.pt", *flags(data))
    (folder,) = (tmp_path / "cache" / "activations").glob("[!.]*")
    activations = Activations.open(folder)
    interactions = load(DataSettings(dataset=str(data)))
    sequences = Sequences.of(interactions)
    ids_E, weights = interactions.items[sequences.items], numbers(state)

    def state_at(event: int, length: int) -> Any:
        return last_state(weights, 2, [int(i) for i in ids_E[event + 1 - length : event + 1]])

    targets = sequences.test
    windows = sequences.contexts(targets, history)
    for row, position in enumerate(targets.position):
        expected = state_at(position - 1, int(windows.length[row]))
        np.testing.assert_allclose(activations.test_x[row], expected, atol=2e-4)
    for row, event in enumerate(sequences.train_events()):
        user = int(activations.train_user[row])
        most = min(history, int(event - sequences.offsets[user]) + 1)
        least = min(most, max(1, history // 2))
        known = [state_at(event, length) for length in range(least, most + 1)]
        assert min(abs(activations.train_x[row] - state).max() for state in known) < 2e-4


def test_an_imported_base_is_taken_by_name_in_train_and_pretrain(
    command: Command, data: Path, file: Path
) -> None:
    fingerprint = command("import", file, *flags(data))["base"]["fingerprint"]
    assert command("pretrain", "--base", "mine")["base"]["fingerprint"] == fingerprint
    words = ["train", "--model_name", "SASRec_SAE", "--base", "mine", *SAE]
    trained = command(*words)  # the base knows its data
    assert trained["base"]["fingerprint"] == fingerprint and not trained["pretrained"]
    assert command(*words, "--dataset", data)["path"] == trained["path"]
    assert command(*words, "--base", fingerprint[:8])["metrics"] == trained["metrics"]
    assert command("evaluate", trained["path"])["reproduced"]


def test_a_name_stays_when_the_code_changes(
    command: Command, data: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = command("import", file, *flags(data))["base"]["fingerprint"]
    monkeypatch.setattr(bases, "code_digest", lambda *_: "other code")
    assert command("pretrain", "--base", "mine")["base"]["fingerprint"] == first
    assert not command("import", file, *flags(data))["imported"]


def space_file(tmp_path: Path, **more: Any) -> Path:
    parameters = {"sae_k": {"int": [2, 4]}, "sae_lr": {"float": [1e-3, 1e-2], "scale": "latents"}}
    space = {"model_name": "SASRec_SAE", "parameters": parameters, **more}
    path = tmp_path / "space.yaml"
    path.write_text(yaml.safe_dump(space))
    return path


def test_a_space_takes_it_and_keeps_which_it_was(
    command: Command, data: Path, file: Path, tmp_path: Path
) -> None:
    fingerprint = command("import", file, *flags(data))["base"]["fingerprint"]
    space = load_space(space_file(tmp_path, base={"checkpoint": "mine"}))
    prepared = prepare(space, Cache.default())
    assert prepared.search["base"]["fingerprint"] == fingerprint
    pinned = {"checkpoint": "mine", "fingerprint": fingerprint}
    assert prepared.search["source"]["base"] == prepared.search["space"]["base"] == pinned
    assert prepared.search["space"]["dataset"] == str(data)
    assert prepared.space.width == WIDTH
    assert space_of(prepared.search["space"]) == prepared.space


def test_a_trained_base_is_taken_by_its_fingerprint(command: Command, data: Path) -> None:
    sizes = ["--emb_size", "8", "--num_layers", "1", "--num_heads", "2", "--epochs", "1"]
    trained = command("pretrain", "--dataset", data, *sizes)
    again = command("pretrain", "--base", trained["base"]["fingerprint"])
    assert again["base"] == trained["base"] and not again["pretrained"]


def sae_file(tmp_path: Path, *, alone: bool) -> tuple[Path, dict[str, Any]]:
    base = state_dict(ITEMS + 1, WIDTH, 1, HISTORY)
    sae = sae_state(WIDTH, 3 * WIDTH)
    torch.save(sae if alone else {**base, **sae}, tmp_path / "sae.pt")
    return tmp_path / "sae.pt", numbers(sae)


def check_sae(found: dict[str, Any], weights: dict[str, Any], states: Any) -> None:
    model, _ = files.load(Path(found["path"]))
    with torch.no_grad():
        recon = model(torch.from_numpy(np.array(states)))
    for row, state in enumerate(states):
        expected = rec_sae(weights, 4, np.asarray(state, dtype=float))
        np.testing.assert_allclose(recon[row], expected, rtol=1e-4, atol=1e-4)


def test_an_autoencoder_comes_with_its_base(command: Command, data: Path, tmp_path: Path) -> None:
    file, weights = sae_file(tmp_path, alone=False)
    found = command("import", file, *flags(data), "--sae_k", "4")
    assert found["imported"] and found["model_name"] == "SASRec_SAE"
    assert found["settings"]["sae_k"] == 4 and found["settings"]["sae_scale_size"] == 3
    (folder,) = (tmp_path / "cache" / "activations").glob("[!.]*")
    activations = Activations.open(folder)
    check_sae(found, weights, activations.dev_x[:])
    assert command("evaluate", "mine")["metrics"] == found["metrics"]
    assert command("evaluate", "mine")["reproduced"]
    assert command("evaluate", "mine-base")["base"] == found["base"]
    assert not command("import", file, *flags(data), "--sae_k", "4")["imported"]
    model, _ = files.load(Path(found["path"]))
    codes = [rec_sae_code(weights, 4, np.asarray(x, dtype=float)) for x in activations.train_x]
    assert model.fired.tolist() == (np.array(codes) > 0).any(axis=0).tolist()


def test_an_autoencoder_with_attention(command: Command, data: Path, tmp_path: Path) -> None:
    file, _ = sae_file(tmp_path, alone=False)
    state = {**torch.load(file, weights_only=True), **attention_state(WIDTH)}
    # Small, so that its softmax looks at both tokens and the input walks past the code.
    state = {key: v * 0.2 if key.startswith("sae_") else v for key, v in state.items()}
    torch.save(state, file)
    words = ["import", file, *flags(data), "--sae_k", "4", "--sae_attn_heads", "2"]
    found = command(*words)
    assert found["model_name"] == "SASRec_SAE_Attention" and found["metrics"]["dev"]["leak"]
    assert found["settings"]["sae_attn_mode"] == "published"
    model, _ = files.load(Path(found["path"]))
    (folder,) = (tmp_path / "cache" / "activations").glob("[!.]*")
    states = Activations.open(folder).dev_x[:]
    with torch.no_grad():
        recon = model(torch.from_numpy(np.array(states)))
    for row, x in enumerate(states):
        expected = rec_sae_attention(numbers(state), 4, 2, np.asarray(x, dtype=float))
        np.testing.assert_allclose(recon[row], expected, rtol=1e-4, atol=1e-4)
    assert command("evaluate", "mine")["reproduced"] and not command(*words)["imported"]


def test_an_autoencoder_of_the_contrastive_variant(
    command: Command, data: Path, tmp_path: Path
) -> None:
    file, weights = sae_file(tmp_path, alone=False)
    head = {"sae_module.projector.0.weight": torch.ones(2 * WIDTH, WIDTH)}
    torch.save({**torch.load(file, weights_only=True), **head}, file)
    found = command("import", file, *flags(data), "--sae_k", "4")
    assert found["model_name"] == "SASRec_SAE_Contrastive" and found["ignored"] == list(head)
    (folder,) = (tmp_path / "cache" / "activations").glob("[!.]*")
    check_sae(found, weights, Activations.open(folder).dev_x[:])
    assert command("evaluate", "mine")["reproduced"]


def test_an_autoencoder_alone_reads_a_named_base(
    command: Command, data: Path, file: Path, tmp_path: Path
) -> None:
    command("import", file, *flags(data))
    alone, weights = sae_file(tmp_path, alone=True)
    words = ["import", alone, "--format", "rechorus", "--name", "theirs"]
    found = command(*words, "--base", "mine", "--sae_k", "4")
    (folder,) = (tmp_path / "cache" / "activations").glob("[!.]*")
    check_sae(found, weights, Activations.open(folder).test_x[:])
    assert command("evaluate", "theirs")["reproduced"]
    folder.rename(tmp_path / "away")  # it was trained elsewhere, so any states of its base do
    assert command("evaluate", "theirs")["metrics"] == found["metrics"]


def test_preset_best_checks_the_width_as_soon_as_it_is_known(
    command: Command, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(*_: Any) -> None:
        raise AssertionError("a base was trained")

    monkeypatch.setattr("recsae.recommenders.training.next_item.train", train)
    words = ["train", "--model_name", "SASRec_SAE", "--dataset", data, "--preset", "best"]
    with pytest.raises(AssertionError, match="sae_k: expected at most"):
        command(*words, "--sae_k", "100000", "--sae_scale_size", "1")
    parameters = {"sae_k": {"int": [2, 100000]}, "sae_scale_size": 1}
    more = {"dataset": str(data), "base": {"preset": "best"}, "parameters": parameters}
    space = load_space(space_file(tmp_path, **more))
    assert space.base.width is None
    with pytest.raises(bases.RecsaeError, match=r"space.yaml:\d+: sae_k: expected at most"):
        prepare(space, Cache.default())
