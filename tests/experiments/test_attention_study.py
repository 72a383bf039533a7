"""The study of decoders: what it trains, that it goes on, and which lines the audit marks."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsae.activations.store import Activations

FOLDER = Path(__file__).parents[2] / "experiments"


@pytest.fixture(scope="module")
def study() -> Iterator[Any]:
    sys.path.insert(0, str(FOLDER))
    import attention_study

    yield attention_study
    sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def plan(study: Any) -> Any:
    given = {"sae_epochs": 2, "sae_batch_size": 128, "sae_attn_dropout": 0.0}
    return study.Plan(ks=[2], rates=[1e-2], seeds=2, given=given)


def test_the_last_item_of_a_row_is_what_followed_the_row_before(
    study: Any, activations: Activations
) -> None:
    from attention_decoders import last_items, row_keys

    states, last = last_items(activations)
    rows = len(activations.train_x)
    within = activations.train_user[1:] == activations.train_user[:-1]
    assert np.array_equal(last[1:rows][within], activations.train_next[:-1][within])
    dev = activations.targets("dev")
    assert last[rows:].tolist() == [int(activations.items[p - 1]) for p in dev.position]
    keys = row_keys(states)
    assert len(keys.unique()) == len(states.unique(dim=0))


def test_a_table_of_all_lines_and_going_on(
    study: Any, activations: Activations, plan: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    all_lines = study.lines(activations, 4, [2, 4])
    found = study.study(plan, all_lines, activations, tmp_path)
    rows = {row["decoder"]: row for row in study.table(plan, all_lines, found)}
    assert len(rows) == 8
    sizes = [rows[name]["parameters"] for name in (study.WIDE, "attention, code, 2 heads")]
    assert abs(sizes[0] - sizes[1]) < 0.06 * sizes[1]
    marked = {name for name, row in rows.items() if row["leak"] == "leak"}
    assert marked == {"attention, published", "attention, code and last item"}
    text = study.write(tmp_path, "title", list(rows.values()))
    assert text.count("\n|") == 10 and (tmp_path / "attention.csv").is_file()
    monkeypatch.setattr(study, "train_one", pytest.fail)
    assert study.study(plan, all_lines, activations, tmp_path) == found
