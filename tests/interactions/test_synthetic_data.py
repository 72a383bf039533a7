"""Generated data: seeded, of any size, with an order that can be learnt and known concepts."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from recsae.errors import SettingError
from recsae.interactions.attributes import tags
from recsae.interactions.datasets import load
from recsae.interactions.frame import Interactions
from recsae.interactions.settings import DataSettings, SyntheticSettings
from recsae.interactions.synthetic import concepts_followed, synthetic, synthetic_log


def sequences(data: Interactions) -> pd.DataFrame:
    return data.frame.sort_values(["user", "timestamp"], kind="stable")


def concepts(data: Interactions) -> pd.DataFrame:
    assert data.attributes is not None
    found = tags(data.attributes, data.n_items, data.tag_names)
    assert found is not None
    return found


def hit_rates(data: Interactions) -> tuple[float, float]:
    """Return HR@10 of last items by popularity, and by what followed the item before them."""
    ordered = sequences(data)
    last = ordered.groupby("user")["item"].nth([-2, -1]).to_numpy().reshape(-1, 2)
    train = ordered.groupby("user").head(-1)
    item, follower = train["item"].to_numpy(), train.groupby("user")["item"].shift(-1)
    known = follower.notna().to_numpy()
    counts = np.zeros((data.n_items, data.n_items))
    np.add.at(counts, (item[known], follower[known].astype(int)), 1)
    popular = np.bincount(item, minlength=data.n_items)
    scores = counts[last[:, 0]] + 1e-6 * popular
    rank = (scores >= scores[np.arange(len(last)), last[:, 1]][:, None]).sum(axis=1)
    by_popularity = (popular[None] >= popular[last[:, 1]][:, None]).sum(axis=1)
    return float((by_popularity <= 10).mean()), float((rank <= 10).mean())


def test_the_default_is_small():
    data = load(DataSettings())
    assert data.name == "synthetic" and data.filtered == "as shipped"
    assert (data.n_users, data.n_items) == (1000, 400)
    assert 20_000 < data.n_events < 30_000


def test_order_can_be_learnt():
    popularity, markov = hit_rates(synthetic())
    assert markov > 3 * popularity


def test_without_order_there_is_nothing_to_learn():
    popularity, markov = hit_rates(synthetic(noise=1.0))
    assert markov < 2 * popularity + 0.02


def test_the_same_seed_gives_the_same_data():
    first, again, other = synthetic(seed=4), synthetic(seed=4), synthetic(seed=5)
    pd.testing.assert_frame_equal(first.frame, again.frame)
    assert not first.frame.equals(other.frame)


@pytest.mark.parametrize(
    "values",
    [
        {"users": 1, "items": 2, "concepts": 1},
        {"users": 3, "items": 9, "concepts": 9, "length": 3},
        {"users": 50, "items": 5000, "concepts": 40},
        {"users": 4000, "items": 60, "length": 6.5, "drift": 1.0, "noise": 0},
        {"users": 20, "items": 30, "drift": 0},
    ],
)
def test_any_size(values):
    data = synthetic(**values)
    assert data.n_users == values["users"] and data.n_items <= values["items"]
    assert data.frame.groupby("user").size().min() >= 3
    assert data.frame["timestamp"].is_monotonic_increasing
    assert not data.frame.duplicated(["user", "timestamp"]).any()


def test_every_item_has_one_or_two_concepts():
    found = concepts(synthetic())
    assert found.columns.tolist() == [f"concept={c}" for c in range(8)]
    assert found.sum(axis=1).isin([1, 2]).all() and (found.sum() > 20).all()


def test_neighbours_share_a_concept_far_more_often_than_strangers():
    data = synthetic()
    member = concepts(data).to_numpy()
    ordered = sequences(data)
    item, user = ordered["item"].to_numpy(), ordered["user"].to_numpy()
    same_user = user[1:] == user[:-1]
    share = (member[item[1:]] & member[item[:-1]]).any(axis=1)[same_user].mean()
    strangers = (member[item] & member[np.roll(item, 12_345)]).any(axis=1).mean()
    assert share > 0.6 > 0.35 > strangers


def test_what_a_user_follows_drifts():
    data = synthetic(drift=0.5, noise=0.0, length=40)
    of_event = concepts(data).to_numpy().astype(float)[sequences(data)["item"]]
    user = sequences(data)["user"].to_numpy()
    place = sequences(data).groupby("user").cumcount().to_numpy()

    def profile(from_place: int) -> np.ndarray:
        inside = (place >= from_place) & (place < from_place + 5)
        return np.stack([np.bincount(user[inside], row[inside]) for row in of_event.T], axis=1)

    start, soon, end = profile(0), profile(5), profile(25)
    near, far = (np.abs(start - other).sum() for other in (soon, end))
    assert far > 1.2 * near


def test_options_in_the_name():
    data = load(DataSettings(dataset="synthetic:users=7,items=30,concepts=3,seed=3"))
    assert data.name == "synthetic:users=7,items=30,concepts=3,seed=3" and data.n_users == 7


def test_a_wrong_argument_is_named():
    with pytest.raises(SettingError, match=r"user: no such setting \(did you mean 'users'\?\)"):
        synthetic(user=5)


def test_the_concept_behind_each_event_is_known():
    """Without noise each item belongs to the concept that is followed."""
    settings = SyntheticSettings(users=50, items=60, concepts=6, noise=0.0)
    log, made = synthetic_log(settings), concepts_followed(settings)
    order = np.lexsort((log.time, log.user.codes))
    assert (log.item.codes[order] == made.item_E).all()
    assert made.names == tuple(f"concept={number}" for number in range(6))
    assert (made.has_EC.sum(axis=1) == 1).all()
    member = np.zeros((60, 6), bool)
    known = log.attributes.values
    member[known["item"].astype(int), known["value"].astype(int)] = True
    assert member[made.item_E][made.has_EC].all()


def share_of_neighbours(correlation: float) -> float:
    """Return how many of the users whose first events are of two concepts have neighbours."""
    settings = SyntheticSettings(
        users=400, items=60, concepts=6, length=200, drift=0.5, correlation=correlation
    )
    made, user = concepts_followed(settings), np.sort(synthetic_log(settings).user.codes)
    found = [made.has_EC[user == number][:6].any(axis=0).nonzero()[0] for number in range(400)]
    return float(np.mean([own[1] - own[0] in (1, 5) for own in found if len(own) == 2]))


def test_correlated_concepts_come_with_their_neighbours():
    assert share_of_neighbours(1.0) > 0.9 > 0.6 > share_of_neighbours(0.0)


def test_families_are_concepts_too_and_users_keep_to_one():
    settings = SyntheticSettings(users=50, items=60, concepts=7, hierarchy=3, length=60)
    log, made = synthetic_log(settings), concepts_followed(settings)
    assert made.names[7:] == ("family=0", "family=1", "family=2")
    concept, family = made.has_EC[:, :7].argmax(axis=1), made.has_EC[:, 7:].argmax(axis=1)
    assert (family == concept % 3).all()
    user = np.sort(log.user.codes)
    assert max(len(np.unique(family[user == number])) for number in range(50)) == 2
    assert set(log.attributes.values["attribute"]) == {"concept", "family"}


def test_the_default_draws_what_it_always_drew():
    """Stored runs name their data by these settings: a change would give them other data."""
    log = synthetic_log(SyntheticSettings())
    content = log.item.codes.tobytes() + log.user.codes.tobytes() + log.time.tobytes()
    assert hashlib.md5(content).hexdigest() == "c35509c8312b435866136ca23fb37f89"
