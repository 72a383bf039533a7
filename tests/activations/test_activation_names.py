"""Original ids and attributes lie beside the states; states that do not fit their type are told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from made_states import prepare

from recsae.activations.extraction import write_states
from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations, extract
from recsae.cache import Cache
from recsae.errors import RecsaeError, SettingError
from recsae.interactions.datasets import load
from recsae.interactions.frame import Interactions
from recsae.interactions.settings import DataSettings
from recsae.recommenders.base import data_digest, pretrain
from recsae.recommenders.sasrec.model import SASRec
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sequences import Sequences

CPU = torch.device("cpu")
BASE = SASRecSettings(emb_size=8, num_layers=1, num_heads=2, max_len=5, epochs=1)
HALF = ActivationSettings(activation_dtype="float16")


def made(users: list[object], items: list[object], known: pd.DataFrame | None) -> Interactions:
    """Each of the users walks through the items once."""
    events = [(u, (u + t) % len(items), t) for u in range(len(users)) for t in range(len(items))]
    frame = pd.DataFrame(events, columns=["user", "item", "timestamp"])
    frame = frame.astype({"user": "int32", "item": "int32", "timestamp": "int64"})
    return Interactions("shop", frame, np.array(users), np.array(items), attributes=known)


def about(*rows: tuple[int, str, str]) -> pd.DataFrame:
    columns = zip(("item", "attribute", "value"), zip(*rows, strict=True), strict=True)
    return pd.DataFrame(dict(columns)).astype({"item": "int32"})


TEXTS = made(["Ann", "Bö", "c d"], ["B00X", "7", "é", "-1"], about((0, "title", "Nuts; 5 €")))
NUMBERS = made([7, 2**60 + 1, 9], [40, 30, 20, 10], None)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache(tmp_path_factory.mktemp("cache"))


def stored(interactions: Interactions, cache: Cache) -> tuple[Activations, bool]:
    sequences = Sequences.of(interactions)
    base, _ = pretrain(sequences, BASE, cache, CPU)
    return extract(sequences, base, ActivationSettings(), cache, CPU)


@pytest.mark.parametrize("interactions", [TEXTS, NUMBERS], ids=["texts", "numbers"])
def test_a_store_knows_what_users_and_items_are_called(
    interactions: Interactions, cache: Cache
) -> None:
    found = Activations.open(stored(interactions, cache)[0].path)
    assert found.user_ids.tolist() == interactions.users.tolist()
    assert found.item_ids.tolist() == interactions.items.tolist()
    if interactions.attributes is None:
        assert found.attributes.empty
    else:
        pd.testing.assert_frame_equal(found.attributes, interactions.attributes)
    assert [*found.attributes.columns] == ["item", "attribute", "value"]
    table = pd.read_parquet(found.path / "items.parquet")
    assert table["item"].tolist() == [0, 1, 2, 3]
    assert table["id"].tolist() == interactions.items.tolist()


def test_the_same_events_under_other_names_are_another_store_of_one_base(cache: Cache) -> None:
    about_it = about((0, "title", "Oil"))
    ways = [
        NUMBERS,
        TEXTS,
        replace(TEXTS, attributes=about_it),
        replace(TEXTS, filtered="rating >= 4"),
    ]
    assert len({data_digest(Sequences.of(one)) for one in ways}) == 1
    found = [stored(one, cache)[0] for one in ways]
    assert len({one.meta["base"]["fingerprint"] for one in found}) == 1
    assert len({one.fingerprint for one in found}) == 4
    assert "rating >= 4" in Activations.open(found[3].path).meta["protocols"]["none"]
    again, extracted = stored(replace(TEXTS, name="renamed"), cache)
    assert not extracted and again.fingerprint == found[1].fingerprint


def test_a_store_without_names_says_so(cache: Cache) -> None:
    found = Activations.open(stored(TEXTS, cache)[0].path)
    (found.path / "users.parquet").rename(found.path / "gone")
    try:
        with pytest.raises(RecsaeError, match="does not say its original ids"):
            _ = found.user_ids
    finally:
        (found.path / "gone").rename(found.path / "users.parquet")


def test_real_attributes_come_with_the_data(cache: Cache) -> None:
    data = DataSettings(dataset="synthetic:users=20,items=12,concepts=3,length=6")
    found = prepare(data, BASE, ActivationSettings(), cache, CPU).activations
    known = load(data).attributes
    assert known is not None
    pd.testing.assert_frame_equal(found.attributes, known)


def enlarged(by: float) -> SASRec:
    """A base whose states are large: its last normalisation multiplies them."""
    torch.manual_seed(0)
    model = SASRec(BASE, 4).eval().requires_grad_(False)
    normal = [module for module in model.modules() if isinstance(module, torch.nn.LayerNorm)][-1]
    normal.weight.mul_(by)
    return model


def test_states_beyond_half_precision_are_one_line_and_nothing_is_kept(tmp_path: Path) -> None:
    cache, sequences = Cache(tmp_path), Sequences.of(TEXTS)
    with pytest.raises(
        SettingError, match=r"float16 cannot hold these states: found \|x\| = "
    ) as e:
        cache.get("activations", "x", lambda folder: write(folder, 1e6, HALF, sequences))
    assert e.value.key == "activation_dtype" and str(e.value).endswith("65504; take float32")
    assert "\n" not in str(e.value)
    assert [*(tmp_path / "activations").iterdir()] == []
    write(tmp_path, 1e6, ActivationSettings(), sequences)  # float32 holds them


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_states_that_are_no_numbers_are_one_line(tmp_path: Path, dtype: str) -> None:
    store = ActivationSettings.of({"activation_dtype": dtype})
    with pytest.raises(RecsaeError, match="the base's states are not finite"):
        write(tmp_path, float("inf"), store, Sequences.of(TEXTS))


def test_only_a_train_row_that_does_not_fit_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequences = Sequences.of(TEXTS)
    monkeypatch.setattr(
        "recsae.activations.extraction.target_states",
        lambda model, sequences, targets, device: torch.zeros(len(targets.user), 8),
    )
    with pytest.raises(SettingError, match="float16 cannot hold"):
        write(tmp_path, 1e6, HALF, sequences)


def write(folder: Path, by: float, store: ActivationSettings, sequences: Sequences) -> None:
    write_states(folder, sequences, enlarged(by), store, CPU)
