"""Saved autoencoders that are missing, broken or not what their settings say."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from recsae.errors import RecsaeError
from recsae.sae.base import SAESettings
from recsae.sae.files import SETTINGS, WEIGHTS, load, save
from recsae.sae.model import SparseAutoencoder
from recsae.sae.variants.topk import TopK


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(SparseAutoencoder(TopK(), SAESettings.of({"sae_k": 3}), 4), tmp_path / "m", {"share": 0.5})
    return tmp_path / "m"


def change_settings(folder: Path, **changes: Any) -> None:
    described = json.loads((folder / SETTINGS).read_text()) | changes
    (folder / SETTINGS).write_text(json.dumps(described))


def test_what_was_saved_with_it_comes_back(folder: Path) -> None:
    model, extra = load(folder)
    assert extra == {"share": 0.5}
    assert model.settings.sae_k == 3 and not model.training


def test_saving_again_replaces_the_whole_folder(folder: Path) -> None:
    (folder / "stray").write_text("")
    save(load(folder)[0], folder, {})
    assert sorted(path.name for path in folder.iterdir()) == [WEIGHTS, SETTINGS]


@pytest.mark.parametrize("name", [WEIGHTS, SETTINGS])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(RecsaeError, match=f"{name}: no such file"):
        load(folder)


@pytest.mark.parametrize("name", [WEIGHTS, SETTINGS])
def test_a_truncated_file_is_named(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(RecsaeError, match=f"{name}: expected"):
        load(folder)


@pytest.mark.parametrize("content", ["[]", "3", '{"model_name": "SASRec_SAE"}'])
def test_other_json_is_refused(folder: Path, content: str) -> None:
    (folder / SETTINGS).write_text(content)
    with pytest.raises(RecsaeError, match="expected the"):
        load(folder)


def test_weights_of_another_width_are_told_by_key_and_shape(folder: Path) -> None:
    change_settings(folder, width=5)
    with pytest.raises(RecsaeError, match=r"W_dec: expected shape \[10, 5\], found shape \[8, 4\]"):
        load(folder)


def test_missing_and_unknown_weights_are_told(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS)
    save_file({"other": torch.zeros(2), **weights}, folder / WEIGHTS)
    with pytest.raises(RecsaeError, match=r"other: expected nothing, found shape \[2\]"):
        load(folder)
    weights.pop("b_dec")
    save_file(weights, folder / WEIGHTS)
    with pytest.raises(RecsaeError, match=r"b_dec: expected shape \[4\], found nothing"):
        load(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_name": "SASRec_SEA"}, "did you mean 'SASRec_SAE'"),
        ({"settings": {"sae_k": 0}}, "sae_k: expected an integer >= 1, got 0"),
        ({"settings": {"sae_kk": 1}}, "did you mean 'sae_k'"),
    ],
)
def test_settings_that_no_longer_fit_are_told(
    folder: Path, changes: dict[str, Any], message: str
) -> None:
    change_settings(folder, **changes)
    with pytest.raises(RecsaeError, match=message):
        load(folder)
