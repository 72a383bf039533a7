"""What each latent does to a recommendation, and the page of latents that the command writes."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from commands import Recsae
from inference.runs import make_run, save

from recsae.activations.store import Activations
from recsae.inference.contributions import contributions
from recsae.inference.explained import ExplainedRecommender
from recsae.jobs.models.latents_page import _wilson
from recsae.sae.code import SparseCode
from recsae.sae.model import SparseAutoencoder

TOP = 5


def test_parts_and_bias_sum_to_the_score(
    trained: Callable[..., SparseAutoencoder], activations: Activations
) -> None:
    model, x_RD = trained("SASRec_SAE"), activations.states("dev")
    table_ID = activations.tensor("item_table").float()
    seen = np.array([0, 2])
    one = contributions(model, x_RD[3], table_ID, seen, TOP)
    bias_T = (table_ID[torch.from_numpy(one.items)] @ model.b_dec).detach().numpy()
    assert one.parts.shape == (len(one.latents), TOP) and len(one.latents) > 0
    assert np.allclose(one.parts.sum(0) + bias_T, one.scores, atol=1e-4)
    assert not set(one.items) & set(seen)
    assert (np.diff(one.scores) <= 0).all() and (np.diff(one.values) <= 0).all()
    base_I = table_ID @ x_RD[3]
    base_I[torch.from_numpy(seen)] = -torch.inf
    order = base_I.argsort(descending=True).tolist()
    assert [order.index(item) + 1 for item in one.items] == one.base_ranks.tolist()


def test_what_is_without_a_latent_is_what_the_code_without_it_gives(
    trained: Callable[..., SparseAutoencoder], activations: Activations
) -> None:
    model, x_D = trained("SASRec_SAE"), activations.states("dev")[0]
    table_ID = activations.tensor("item_table").float()
    one = contributions(model, x_D, table_ID, np.zeros(0, np.int64), TOP)
    values_BK, indices_BK = model.encode(x_D[None])
    for latent, items in zip(one.latents, one.without, strict=True):
        less = SparseCode(values_BK.where(indices_BK != int(latent), 0), indices_BK)
        scores_I = (table_ID @ model.decode(less)[0]).detach()
        assert scores_I.topk(TOP).indices.tolist() == items


@pytest.mark.parametrize(
    ("share", "count", "low", "high"),
    [
        (0.5, 100, 0.4038, 0.5962),
        (0.0, 10, 0.0, 0.2775),
        (1.0, 10, 0.7225, 1.0),
        (0.0, 0, 0.0, 1.0),
    ],
)
def test_a_share_has_wilsons_interval(share: float, count: int, low: float, high: float) -> None:
    assert _wilson(share, count) == pytest.approx((low, high), abs=1e-4)


@pytest.fixture
def model(storage: Path, trained: Any, activations: Activations) -> ExplainedRecommender:
    import recsae as package

    make_run(storage / "a", {0: (0.3, 3)})
    save(trained("SASRec_SAE"), storage / "a/best/0", activations)
    return package.load_model("a")


def content_of(page: Path) -> dict[str, Any]:
    """Return what the script of a page shows."""
    found = re.search(r'id="content">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def test_explain_writes_a_page(model: ExplainedRecommender, recsae: Recsae, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    outcome = recsae("explain", "a", "--html", page, "--json").json
    assert outcome["html"] == str(page)
    found, frame = content_of(page), model.latents
    assert len(found["latents"]) == len(frame) == len(outcome["latents"])
    assert [one["dead"] for one in found["latents"]] == frame["dead"].tolist()
    items = found["items"]
    for number, one in enumerate(found["latents"][:5]):
        raised = [items[place][0] for place in one["raises"]]
        assert raised == [str(item) for item in frame.loc[number, "raises"]]
    best = model.recommend("dev")
    user = found["users"][0]
    told = best[best["user"].astype(str) == user["user"]]
    assert [items[place][0] for place in user["items"]] == told["item"].astype(str).tolist()
    assert user["scores"] == pytest.approx(told["score"].tolist(), rel=1e-3)
    assert user["base_ranks"] == told["base_rank"].tolist()
    assert found["tradeoff"] is None


def test_named_users_have_the_cards(
    model: ExplainedRecommender, recsae: Recsae, tmp_path: Path
) -> None:
    page, users = tmp_path / "page.html", [str(user) for user in model.activations.user_ids[:2]]
    words = [word for user in users for word in ("--user", user)]
    assert recsae("explain", "a", "--html", page, *words).code == 0
    assert [one["user"] for one in content_of(page)["users"]] == users


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--html", "x.html", "--latent", "1"], "--html: expected it or --latent, not both"),
        (["--user", "1"], "--user: expected it with --html"),
        (["--html", "x.html", "--user", "nobody"], "--user: expected a user of"),
    ],
)
def test_what_does_not_go_together_is_a_line(
    model: ExplainedRecommender, recsae: Recsae, words: list[str], expected: str
) -> None:
    done = recsae("explain", "a", *words)
    assert done.code == 2 and expected in done.err
