"""The file of a training: whole or not there, read back as it was."""

from pathlib import Path

import numpy as np
import pytest
from comparison.store import Trained, load, save

from recsae.errors import RecsaeError


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    about = {"dev": {"ndcg@10": 0.25, "share": float("nan"), "leak": True}, "seconds": 1.5}
    arrays = {"ndcg@10": np.linspace(0, 1, 5, dtype=np.float32), "fired": np.array([True, False])}
    save(Trained(about, arrays), tmp_path / "one.npz")
    again = load(tmp_path / "one.npz")
    assert again.about["dev"]["ndcg@10"] == 0.25 and again.about["dev"]["leak"] is True
    assert np.isnan(again.about["dev"]["share"]) and again.error is None
    assert set(again.arrays) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)


def test_a_cut_file_is_told_in_a_line(tmp_path: Path) -> None:
    file = tmp_path / "one.npz"
    save(Trained({"error": "sae_lr: diverged"}, {}), file)
    assert load(file).error == "sae_lr: diverged"
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(RecsaeError, match=r"one\.npz: damaged"):
        load(file)
