"""States that were computed elsewhere become a base; what does not fit is a line."""

import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commands import Recsae
from safetensors.numpy import save_file

from recsae.files import SOURCES

PAGE = SOURCES.parent / "docs" / "own-recommender.md"
Arrays = dict[str, Any]


@pytest.fixture
def arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Arrays:
    """What the documented script of plain PyTorch saves."""
    monkeypatch.chdir(tmp_path)
    (script,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    exec(script, {})
    with np.load(tmp_path / "states.npz") as found:
        return dict(found)


def saved(folder: Path, arrays: Arrays) -> Path:
    folder.mkdir()
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


def test_states_are_imported_trained_on_and_asked(
    arrays: Arrays, recsae: Recsae, tmp_path: Path
) -> None:
    words = ("--format", "states", "--name", "mine", "--json")
    found = json.loads(recsae("import", tmp_path / "states.npz", *words).out)
    table, states = arrays["item_table"], arrays["test_states"]
    scores = states @ table.T
    target = arrays["test_targets"]
    for user in range(len(states)):  # no item comes twice in these histories
        ring = [(5 * user + step) % 40 for step in range(1, 11)]
        scores[user, ring] = -np.inf
    rank = 1 + (scores > scores[np.arange(60), target][:, None]).sum(1)
    assert found["metrics"]["test"]["ndcg@10"] == pytest.approx(
        np.where(rank <= 10, 1 / np.log2(rank + 1), 0).mean(), abs=1e-6
    )
    model = ("--model_name", "SASRec_SAE", "--base", "mine", "--sae_epochs", "2", "--json")
    trained = json.loads(recsae("train", *model).out)
    assert trained["base"]["model_name"] == "states" and trained["dataset"] == "mine"
    assert recsae("evaluate", "mine", "--json").code == 0
    path = trained["path"]
    assert recsae("explain", path, "--json").code == 0
    encoded = recsae("encode", path, "--split", "test", "-o", tmp_path / "c.parquet")
    assert encoded.code == 0 and pd.read_parquet(tmp_path / "c.parquet")["row"].nunique() == 60
    (tmp_path / "log.csv").write_text("user,item,time\n0,1,1\n0,2,2\n")
    log = ("--histories", tmp_path / "log.csv")
    assert "states alone" in recsae("recommend", path, *log).mistake
    assert not json.loads(recsae("import", tmp_path / "states.npz", *words).out)["imported"]
    assert "own data" in recsae("train", *model, "--dataset", "synthetic").mistake


def test_each_kind_of_file_gives_the_same_base(
    arrays: Arrays, recsae: Recsae, tmp_path: Path
) -> None:
    folder = saved(tmp_path / "folder", arrays)
    frame = pd.DataFrame(arrays["dev_states"])
    (folder / "dev_states.npy").unlink()
    frame.rename(columns=str).to_parquet(folder / "dev_states.parquet")
    save_file(arrays, tmp_path / "one.safetensors")
    prints = set()
    for path in (folder, tmp_path / "one.safetensors", tmp_path / "states.npz"):
        found = recsae("import", path, "--format", "states", "--name", "mine", "--json")
        prints.add(json.loads(found.out)["base"]["fingerprint"])
    assert len(prints) == 1


def test_without_users_each_row_is_its_own_and_masks_what_is_given(
    arrays: Arrays, recsae: Recsae, tmp_path: Path
) -> None:
    plain = {name: array for name, array in arrays.items() if not name.endswith("_users")}
    plain["test_seen"] = np.array([[0, item] for item in range(40) if item != 11])
    saved(tmp_path / "plain", plain)
    words = ("--format", "states", "--name", "plain", "--json")
    found = json.loads(recsae("import", tmp_path / "plain", *words).out)
    states, target = arrays["test_states"][:60], arrays["test_targets"]
    scores = states @ arrays["item_table"].T
    rank = 1 + (scores > scores[np.arange(60), target][:, None]).sum(1)
    rank[0] = 1
    expected = np.where(rank <= 10, 1 / np.log2(rank + 1), 0).mean()
    assert found["metrics"]["test"]["ndcg@10"] == pytest.approx(expected, abs=1e-6)
    model = ("--model_name", "SASRec_SAE", "--base", "plain", "--sae_epochs", "1", "--json")
    path = json.loads(recsae("train", *model).out)["path"]
    assert recsae("explain", path, "--latent", "0", "--json").code == 0


def _nan(arrays: Arrays) -> None:
    arrays["dev_states"][3, 1] = np.nan


def _scores(arrays: Arrays) -> None:
    arrays["dev_scores"] = arrays["dev_states"] @ arrays["item_table"].T
    arrays["dev_scores"][2, 5] += 1


def _set(name: str, value: Any) -> Callable[[Arrays], None]:
    return lambda arrays: arrays.update({name: value})


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (_nan, "dev_states: expected finite float32, found others in row 3"),
        (_scores, "dev_scores: expected dev_states times item_table, row 2, item 5"),
        (_set("dev_state", np.zeros(1)), "dev_state: no such array among own states (did you mean"),
        (
            _set("dev_states", np.zeros((60, 7))),
            "dev_states: expected 2 or more rows of",
        ),
        (_set("dev_targets", np.full(60, 40)), "dev_targets: expected rows of item_table, 0 to 39"),
        (_set("dev_targets", np.zeros(59, int)), "dev_targets: expected integers of shape [60]"),
        (_set("dev_users", np.zeros(60, int)), "dev_users: expected each user once"),
        (_set("dev_seen", np.array([[0, 1]])), "dev_seen: expected what was a target before too"),
        (_set("dev_seen", np.array([[60, 1]])), "dev_seen: expected rows of dev, 0 to 59"),
        (_set("item_ids", np.zeros(40, int)), "item_ids: expected 40 numbers or texts, each once"),
        (lambda arrays: arrays.pop("test_users"), "test_users: expected users for all splits"),
        (lambda arrays: arrays.pop("item_table"), "item_table: expected it, not there"),
    ],
)
def test_what_does_not_fit_is_a_line(
    change: Callable[[Arrays], Any], line: str, arrays: Arrays, recsae: Recsae, tmp_path: Path
) -> None:
    change(arrays)
    folder = saved(tmp_path / "wrong", arrays)
    assert line in recsae("import", folder, "--format", "states", "--name", "x").mistake


def test_nothing_is_unpickled_and_no_header_is_believed(recsae: Recsae, tmp_path: Path) -> None:
    words = ("--format", "states", "--name", "x")
    folder = saved(tmp_path / "bad", {})
    (folder / "dev_states.npy").write_bytes(pickle.dumps([1]))
    assert "dev_states: cannot be read" in recsae("import", folder, *words).mistake
    np.save(folder / "dev_states.npy", np.array([{}], dtype=object), allow_pickle=True)
    assert "found Python objects" in recsae("import", folder, *words).mistake
    np.save(folder / "dev_states.npy", np.zeros((2, 2)))
    content = (folder / "dev_states.npy").read_bytes().replace(b"(2, 2)", b"(9**9)"[:6])
    (folder / "dev_states.npy").write_bytes(content)
    assert "cannot be read" in recsae("import", folder, *words).mistake
    huge = (folder / "dev_states.npy").read_bytes().replace(b"(9**9)", b"(9,99)")
    (folder / "dev_states.npy").write_bytes(huge)
    assert "the file has no room for" in recsae("import", folder, *words).mistake
