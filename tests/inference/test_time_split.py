"""Data split at a moment, where not every user has a target: histories and latents all the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import TINY
from inference.runs import BASE
from made_states import prepare

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.errors import SettingError
from recsae.inference.histories import stored_histories
from recsae.inference.latents import MOST_ITEMS, LatentTable
from recsae.interactions.settings import DataSettings
from recsae.recommenders.sasrec.settings import SASRecSettings


@pytest.fixture(scope="module")
def split(own_places: Path) -> Activations:
    data = DataSettings(dataset=TINY, split="time:0.8")
    base, here = SASRecSettings.of(BASE), torch.device("cpu")
    cache = Cache(own_places / "time")
    return prepare(data, base, ActivationSettings(), cache, here).activations


def test_a_user_without_a_target_has_only_all(split: Activations) -> None:
    users, with_target = len(split.user_ids), set(split.test_user.tolist())
    without = next(code for code in range(users) if code not in with_target)
    one = stored_histories(split, "all", [without])
    own = split.items[split.offsets[without] : split.offsets[without + 1]]
    assert one.of(0).tolist() == own.tolist() and one.users.tolist() == [split.user_ids[without]]
    with pytest.raises(SettingError, match=f"user: {split.user_ids[without]} has no target in te"):
        stored_histories(split, "test", [without])
    chosen = sorted(with_target)[3::-2]
    some = stored_histories(split, "test", chosen)
    assert some.users.tolist() == split.user_ids[chosen].tolist()
    assert split.test_user[some.rows].tolist() == chosen


def test_what_follows_is_what_is_stored_with_the_rows(split: Activations, trained: Any) -> None:
    sae = trained("SASRec_SAE")
    table = LatentTable(sae, split, split.item_ids.to_numpy()).frame
    x_RD = torch.cat([split.tensor("train_x"), split.states("dev")])
    next_R = np.concatenate([split.train_next, split.dev_target])
    with torch.no_grad():
        code = sae.encode(x_RD)
    dense = torch.zeros(len(x_RD), sae.latents).scatter_(1, code.indices_BK, code.values_BK).numpy()
    hot = (next_R[:, None] == np.arange(len(split.item_table))).astype(float)
    excess = dense.T.astype(float) @ hot - np.outer(dense.sum(axis=0), hot.mean(axis=0))
    assert np.allclose(table["density"], (dense > 0).mean(axis=0))
    for latent, named in table["before"].items():
        best = np.sort(excess[latent])[::-1][:MOST_ITEMS]
        codes = pd.Index(split.item_ids).get_indexer(named)
        assert np.allclose(excess[latent, codes], best[best > 1e-9], atol=1e-3)
