"""Views of the train rows, by dropout inside the base: aligned, repeatable, really different."""

from pathlib import Path

import numpy as np
import pytest
import torch
from made_states import prepare

from recsae.activations.extraction import VIEW_SEED
from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.errors import SettingError
from recsae.interactions.settings import DataSettings
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.sae.variants.contrastive import Contrastive, ContrastiveSettings

CPU = torch.device("cpu")
DATA = DataSettings(dataset="synthetic:users=25,items=20,concepts=4,length=16")
BASE = SASRecSettings(emb_size=8, num_layers=1, num_heads=2, max_len=5, epochs=2)
VIEWS = 24


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache(tmp_path_factory.mktemp("cache"))


def stored(cache: Cache, views: int, dropout: float = 0.2, **store: str) -> Activations:
    base = SASRecSettings.of(BASE.values() | {"dropout": dropout})
    settings = ActivationSettings.of({"activation_views": views, **store})
    return prepare(DATA, base, settings, cache, CPU).activations


@pytest.fixture(scope="module")
def store(cache: Cache) -> Activations:
    return stored(cache, VIEWS)


def views_of(store: Activations) -> np.ndarray:
    assert store.train_view is not None
    return np.asarray(store.train_view)


def test_views_lie_beside_the_same_rows(store: Activations, cache: Cache) -> None:
    plain = stored(cache, 0)
    assert plain.train_view is None and plain.rows()[3] is None and "views" not in plain.meta
    for name in ("train_x", "train_user", "train_next", "dev_x", "test_x"):
        assert np.array_equal(getattr(plain, name), getattr(store, name)), name
    assert views_of(store).shape == (VIEWS, *store.train_x.shape)
    assert store.meta["views"] == {"number": VIEWS, "seed": VIEW_SEED}
    assert store.fingerprint != plain.fingerprint


def test_every_view_is_another(store: Activations) -> None:
    both = np.concatenate([store.train_x[None], views_of(store)])
    for one in range(len(both)):
        for other in range(one):
            moved = np.abs(both[one] - both[other]).max(axis=1) > 1e-3
            assert moved.mean() > 0.9


def test_a_row_is_the_middle_of_its_own_views(store: Activations) -> None:
    """The nearest row to the mean of a row's views is the row itself, or one as good as it."""
    middle = views_of(store).mean(axis=0)
    distance = np.linalg.norm(middle[:, None] - np.asarray(store.train_x)[None], axis=2)
    own = np.diagonal(distance)
    assert np.median(own) < 0.5 * np.median(distance)
    assert (own <= np.quantile(distance, 0.1, axis=1)).mean() > 0.9


def test_with_hardly_any_dropout_a_view_is_the_row(cache: Cache) -> None:
    almost = stored(cache, 1, dropout=1e-6)
    np.testing.assert_allclose(views_of(almost)[0], almost.train_x, atol=1e-3)


def test_views_are_drawn_from_a_fixed_seed(store: Activations, tmp_path: Path) -> None:
    """Whatever the state of torch's generator, and however many views there are."""
    torch.manual_seed(99)
    few = stored(Cache(tmp_path), 2)
    assert np.array_equal(views_of(few), views_of(store)[:2])


def test_a_base_without_dropout_has_no_views(cache: Cache) -> None:
    with pytest.raises(SettingError, match="the base has no dropout") as error:
        stored(cache, 1, dropout=0.0)
    assert "\n" not in str(error.value)
    assert not [e for e in (cache.local / "activations").iterdir() if e.name.startswith(".")]


def test_views_take_the_type_of_the_states(cache: Cache) -> None:
    assert views_of(stored(cache, 1, activation_dtype="float16")).dtype == np.float16


def test_views_follow_their_rows(store: Activations) -> None:
    rows = Rows(*store.rows())
    picked = rows.at(torch.tensor([7, 3])).to(CPU, torch.float64)
    assert picked.view_VND is not None and picked.view_VND.dtype == torch.float64
    assert np.array_equal(picked.view_VND.float(), views_of(store)[:, [7, 3]])
    last, marked = store.rows("last")[3], np.asarray(store.train_last)
    assert last is not None and np.array_equal(last, views_of(store)[:, marked])


@pytest.mark.parametrize("views", [1, 3])
def test_the_contrastive_variant_trains_on_them(cache: Cache, views: int) -> None:
    values = {"sae_contrastive_view": "base", "sae_lr": 1e-2, "sae_epochs": 2}
    rows = Rows(*stored(cache, views).rows())
    settings = ContrastiveSettings.of(values)
    run = SAETrainer(Contrastive(), settings, rows, order_seed=0, device=CPU)
    first, second = run.epoch(), run.epoch()
    assert 0 < second["penalty"] < first["penalty"]


@pytest.mark.parametrize(("asked", "needed", "views"), [(0, 1, 1), (4, 1, 4), (2, 0, 2)])
def test_settings_are_raised_to_what_is_needed(asked: int, needed: int, views: int) -> None:
    raised = ActivationSettings(activation_views=asked).with_views(needed)
    assert raised.activation_views == views
