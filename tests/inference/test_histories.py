"""Histories in any form: laws of what is asked for, and what is told of the rest."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import TINY
from hypothesis import given, settings
from hypothesis import strategies as st
from inference.conftest import Explain
from inference.runs import BASE
from made_states import prepare

from recsae.activations.extraction import Split
from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.errors import RecsaeError, SettingError
from recsae.inference.explained import ExplainedRecommender
from recsae.inference.ids import Ids
from recsae.interactions.settings import DataSettings
from recsae.recommenders.sasrec.settings import SASRecSettings

LISTS = st.lists(st.lists(st.integers(0, 39), max_size=70), min_size=1, max_size=40)
ATTENTION = {"name": "SASRec_SAE_Attention", "sae_attn_mode": "code"}


def named(activations: Activations, codes: list[list[int]]) -> list[list[Any]]:
    ids = activations.item_ids.to_numpy()
    return [ids[np.array(one, int) % len(ids)].tolist() for one in codes]


@pytest.mark.parametrize("which", [{}, ATTENTION], ids=str)
@given(codes=LISTS, data=st.data())
@settings(max_examples=25)
def test_an_answer_does_not_depend_on_who_else_is_asked(
    which: dict[str, str],
    codes: list[list[int]],
    data: st.DataObject,
    explain: Explain,
    activations: Activations,
) -> None:
    model, histories = explain(**which), named(activations, codes)
    place = data.draw(st.integers(0, len(histories) - 1))
    together, alone = model.encode(histories), model.encode([histories[place]])
    assert (together[[place]].toarray() == alone.toarray()).all()
    frames = model.recommend(histories, 5), model.recommend([histories[place]], 5)
    own = frames[0][frames[0]["user"] == place].assign(user=0).reset_index(drop=True)
    pd.testing.assert_frame_equal(own, frames[1], check_exact=True)


@given(codes=LISTS)
@settings(max_examples=25)
def test_unknown_items_and_empty_histories_change_nothing_for_the_rest(
    codes: list[list[int]], explain: Explain, activations: Activations
) -> None:
    model, plain = explain(), named(activations, codes)
    noisy = [["nowhere", *one, -7] for one in plain]
    assert (model.encode(plain) != model.encode(noisy)).nnz == 0
    whole = model.encode(plain).toarray()
    assert ((whole > 0).any(axis=1) <= np.array([bool(one) for one in plain])).all()
    pd.testing.assert_frame_equal(model.recommend(plain, 3), model.recommend(noisy, 3))
    answered = model.recommend(plain, 3)["user"].unique().tolist()
    assert answered == [place for place, one in enumerate(plain) if one]


def test_what_is_left_out_is_said(
    explain: Explain, activations: Activations, capsys: pytest.CaptureFixture[str]
) -> None:
    known = activations.item_ids.tolist()[:2]
    frame = explain().recommend({"ann": [*known, "x"], "bob": [], "cy": list("stuvxyz")}, 1)
    assert frame["user"].tolist() == ["ann"]
    unknown, empty = capsys.readouterr().err.splitlines()
    assert unknown == "unknown items are left out of histories: 'x', 's', 't', 'u', 'v', 2 more"
    assert empty == "no known item in the history of user 'bob', 'cy': left without an answer"
    assert explain().recommend([], 1).empty and explain().encode([[]]).nnz == 0


def test_all_forms_of_the_same_histories_give_the_same(
    explain: Explain, activations: Activations
) -> None:
    model, draw = explain(), np.random.default_rng(0)
    lists = [draw.permutation(activations.item_ids)[:length].tolist() for length in (3, 1, 6)]
    events = [
        (user, item, time)
        for user, items in zip("cab", lists, strict=True)
        for time, item in enumerate(items)
    ]
    frame = pd.DataFrame(events, columns=["user", "item", "time"])
    shuffled = pd.concat(
        [frame.iloc[[0, 3, 4]], frame.drop([0, 3, 4]).sample(frac=1, random_state=1)]
    )
    wanted = model.recommend(dict(zip("cab", lists, strict=True)), 4)
    for form in (frame, frame.drop(columns="time"), shuffled):
        pd.testing.assert_frame_equal(model.recommend(form, 4), wanted)
    texts = [[str(item) for item in items] for items in lists]
    for form in (lists, texts, [np.array(items, float) for items in lists]):
        numbered = model.recommend(form, 4)
        assert numbered["user"].unique().tolist() == [0, 1, 2]
        pd.testing.assert_frame_equal(numbered.drop(columns="user"), wanted.drop(columns="user"))


@pytest.mark.parametrize("split", ["dev", "test"])
def test_stored_histories_computed_anew_give_what_is_stored(
    explain: Explain, activations: Activations, split: Split
) -> None:
    model, targets = explain(), activations.targets(split)
    ids, users = activations.item_ids.to_numpy(), activations.user_ids.to_numpy()
    given = {
        users[user]: ids[activations.items[activations.offsets[user] : end]].tolist()
        for user, end in zip(targets.user, targets.position, strict=True)
    }
    assert np.allclose(model.encode(given).toarray(), model.encode(split).toarray(), atol=1e-4)
    ours, stored = model.recommend(given, 5), model.recommend(split, 5)
    assert (ours[["user", "rank", "item"]] == stored[["user", "rank", "item"]]).all(axis=None)


def test_computed_states_are_rounded_as_the_stored_ones(
    trained: Any, recommender: Any, own_places: Path
) -> None:
    store, base = ActivationSettings(activation_dtype="float16"), SASRecSettings.of(BASE)
    cache, here = Cache(own_places / "tiny"), torch.device("cpu")
    halves = prepare(DataSettings(dataset=TINY), base, store, cache, here).activations
    sae = trained("SASRec_SAE")
    model = ExplainedRecommender(
        sae, halves, lambda: recommender, Path("here"), leaks=False, device=here
    )
    ids, users = halves.item_ids.to_numpy(), halves.user_ids.to_numpy()
    given = {
        users[user]: ids[halves.items[halves.offsets[user] : end]].tolist()
        for user, end, _ in zip(*halves.targets("dev"), strict=True)
    }
    ours, stored = (model.recommend(asked, 40, seen=True) for asked in (given, "dev"))
    gap = (ours.sort_values(["user", "item"])["base_score"].to_numpy()) - (
        stored.sort_values(["user", "item"])["base_score"].to_numpy()
    )
    assert np.mean(np.abs(gap) < 1e-6) > 0.9


def test_all_means_all_events_of_a_user(explain: Explain, activations: Activations) -> None:
    ids, users = activations.item_ids.to_numpy(), activations.user_ids.tolist()
    parts = np.split(ids[activations.items], activations.offsets[1:-1])
    given = dict(zip(users, [part.tolist() for part in parts], strict=True))
    pd.testing.assert_frame_equal(explain().recommend("all", 3), explain().recommend(given, 3))


def test_what_is_no_histories_is_refused(explain: Explain, activations: Activations) -> None:
    model, items = explain(), activations.item_ids.tolist()[:3]
    with pytest.raises(RecsaeError, match="one history alone is a list in a list"):
        model.encode(items)
    with pytest.raises(RecsaeError, match="expected a list of item ids for user 1, got 'abc'"):
        model.encode([items, "abc"])
    with pytest.raises(SettingError, match=r"split: expected dev, test or all, got 'tets' \(did"):
        model.encode("tets")
    with pytest.raises(RecsaeError, match="found no item among user, itme"):
        model.encode(pd.DataFrame({"user": [1], "itme": [2]}))
    with pytest.raises(RecsaeError, match="expected a user in each row"):
        model.encode(pd.DataFrame({"user": [1, None], "item": items[:2]}))


@given(ids=st.sets(st.integers(-(2**62), 2**62), min_size=1, max_size=20), pick=st.data())
def test_numbers_and_their_texts_are_the_same_id(ids: set[int], pick: st.DataObject) -> None:
    known = Ids(pd.Series(sorted(ids)))
    one = pick.draw(st.sampled_from(sorted(ids)))
    codes = known.codes([one, str(one), f" {one} ", np.int64(one)])
    assert set(codes.tolist()) == {sorted(ids).index(one)}
    other = pick.draw(st.integers(-(2**62), 2**62).filter(lambda n: n not in ids))
    assert known.codes([other, "no", None]).tolist() == [-1, -1, -1]


def test_an_id_that_is_not_there_is_told_with_the_nearest() -> None:
    numbers, texts = Ids(pd.Series([3, 10, 12])), Ids(pd.Series(["anna", "bert"]))
    for ids, word, expected in (
        (numbers, "11", r"user: expected a user, got '11' \(the nearest is 10\)"),
        (numbers, "x", "user: expected a user, got 'x'; they are numbers"),
        (texts, "ana", r"got 'ana' \(did you mean 'anna'\?\)"),
        (texts, "zzz", "got 'zzz'$"),
    ):
        with pytest.raises(SettingError, match=expected):
            ids.code("user", "a user", word)
    assert texts.code("user", "a user", "bert") == 1 and len(numbers) == 3
