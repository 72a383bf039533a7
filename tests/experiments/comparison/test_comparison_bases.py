"""Which categories are asked for: those with enough targets in each split, on both sides."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from comparison import bases

from recsae.interactions.settings import DataSettings

ROWS = {"train": 1000, "dev": 400, "test": 400}


def activations() -> Any:
    """Ten items, asked for in turn: each is a tenth of every split's targets."""
    split = {name: np.arange(rows) % 10 for name, rows in ROWS.items()}
    return SimpleNamespace(
        train_next=split["train"], dev_target=split["dev"], test_target=split["test"]
    )


def tags(**items: list[int]) -> pd.DataFrame:
    rows = [(item, "kind", name) for name, chosen in items.items() for item in chosen]
    return pd.DataFrame(rows, columns=["item", "attribute", "value"])


def names(monkeypatch: pytest.MonkeyPatch, known: pd.DataFrame | None) -> tuple[str, ...] | None:
    data = SimpleNamespace(attributes=known, n_items=10, tag_names={"kind": "is"})
    monkeypatch.setattr(bases, "load", lambda settings: data)
    found = bases.categories(DataSettings(), activations())
    return None if found is None else found.names


def test_the_frequent_come_first_and_the_rest_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    known = tags(one=[3], all_items=list(range(10)), none=[], most=[0, 1, 2, 3, 4, 5])
    assert names(monkeypatch, known) == ("is=most", "is=one")
    monkeypatch.setattr(bases, "MOST_CATEGORIES", 1)
    assert names(monkeypatch, known) == ("is=most",)


def test_too_few_targets_in_any_split_rule_a_category_out(monkeypatch: pytest.MonkeyPatch) -> None:
    known = tags(one=[3])
    assert names(monkeypatch, known) == ("is=one",)
    for split, rows in ROWS.items():
        with monkeypatch.context() as patch:
            patch.setattr(bases, "POSITIVES", {**bases.POSITIVES, split: rows // 10 + 1})
            assert names(patch, known) is None


def test_data_without_tags_has_no_categories(monkeypatch: pytest.MonkeyPatch) -> None:
    assert names(monkeypatch, None) is None
    assert names(monkeypatch, tags(none=[])) is None
