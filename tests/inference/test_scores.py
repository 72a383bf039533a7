"""What is recommended has the scores that `evaluate` has; steering is what the decoder says."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from inference.conftest import Explain

from recsae.activations.extraction import Split
from recsae.activations.store import Activations
from recsae.errors import RecsaeError, SettingError
from recsae.inference.explained import ExplainedRecommender
from recsae.metrics.ranking import ndcg
from recsae.sae.registry import variants
from recsae.testing.sae_cases import modes
from recsae.trial import Evaluator

Mode = dict[str, Any]
OWN = ("sae_recipe", "sae_contrastive_view")
CASES = [
    (name, {key: value for key, value in mode.items() if key not in OWN})
    for name, kind in variants().items()
    for mode in modes(kind.Settings)
    if mode.get("sae_recipe", "default") == "default"
]
CASES = [case for place, case in enumerate(CASES) if case not in CASES[:place]]


def ranks_of_targets(
    model: ExplainedRecommender, activations: Activations, split: Split
) -> torch.Tensor:
    """Return the rank of each target in the frames of `recommend`, as the protocol asks for it."""
    items = len(activations.item_table)
    frames = {seen: model.recommend(split, items, seen=seen) for seen in (False, True)}
    targets, met = activations.targets(split), activations.met(split)
    users, ids = activations.user_ids.to_numpy(), activations.item_ids.to_numpy()
    # A row whose target was met before is ranked among all items.
    keyed = {
        seen: frame.set_index(["user", "item"])["rank"].to_dict() for seen, frame in frames.items()
    }
    triples = zip(users[targets.user], ids[targets.item], met, strict=True)
    return torch.tensor([keyed[bool(again)][user, item] for user, item, again in triples])


@pytest.mark.parametrize(("name", "mode"), CASES, ids=str)
@pytest.mark.parametrize("split", ["dev", "test"])
def test_ranks_and_ndcg_are_those_of_evaluate(
    explain: Explain, trained: Any, activations: Activations, name: str, mode: Mode, split: Split
) -> None:
    model = explain(name, **mode)
    evaluator = Evaluator(activations, split)
    measured = evaluator.measure(trained(name, **mode))
    found = ranks_of_targets(model, activations, split)
    assert torch.equal(found, measured.ranks_R)
    assert ndcg(found, 10) == measured.metrics["ndcg@10"]


@pytest.mark.parametrize(("name", "mode"), CASES, ids=str)
def test_scores_are_products_of_reconstructed_states(
    explain: Explain, trained: Any, activations: Activations, name: str, mode: Mode
) -> None:
    frame = explain(name, **mode).recommend("test", 3)
    sae = trained(name, **mode)
    x_RD, table_ID = activations.states("test"), activations.tensor("item_table")
    with torch.no_grad():
        scores_RI, base_RI = sae(x_RD) @ table_ID.T, x_RD @ table_ID.T
    row_P = np.repeat(np.arange(len(x_RD)), 3)
    item_P = activations.item_ids.reset_index(drop=True).pipe(pd.Index).get_indexer(frame["item"])
    assert np.allclose(frame["score"], scores_RI[row_P, item_P], atol=1e-5)
    assert np.allclose(frame["base_score"], base_RI[row_P, item_P], atol=1e-5)
    best = frame[frame["rank"] == 1].reset_index()
    assert (frame["score"].diff()[frame["rank"] > 1] <= 0).all() and len(best) == len(x_RD)


def test_what_was_seen_is_not_recommended_unless_asked(
    explain: Explain, activations: Activations
) -> None:
    items = len(activations.item_table)
    history = [activations.item_ids.tolist()[:7]]
    masked = explain().recommend(history, items)
    assert len(masked) == items - 7 and not set(masked["item"]) & set(history[0])
    assert masked["base_rank"].max() == items - 7
    assert len(explain().recommend(history, items, seen=True)) == items


LINEAR = [case for case in CASES if not case[1].get("sae_attn_mode")]


@pytest.mark.parametrize(("name", "mode"), LINEAR, ids=str)
def test_raising_a_latent_adds_its_atom_to_the_state(
    explain: Explain, trained: Any, activations: Activations, name: str, mode: Mode
) -> None:
    model, items = explain(name, **mode), len(activations.item_table)
    frame = model.steer("dev", {5: 1.5, 2: 0.5}, items)
    W_dec = trained(name, **mode).W_dec.detach()
    effect_I = activations.tensor("item_table") @ (1.5 * W_dec[5] + 0.5 * W_dec[2])
    item_P = activations.item_ids.reset_index(drop=True).pipe(pd.Index).get_indexer(frame["item"])
    change_P = frame["score_after"] - frame["score_before"]
    assert np.allclose(change_P, effect_I[item_P], atol=1e-4)


@pytest.mark.parametrize("mode", [{}, {"sae_attn_mode": "code"}], ids=str)
def test_lowering_a_latent_far_switches_it_off(
    explain: Explain, activations: Activations, mode: Mode
) -> None:
    model = explain("SASRec_SAE_Attention" if mode else "SASRec_SAE", **mode)
    codes, items = model.encode("dev"), len(activations.item_table)
    latent = int(codes.sum(axis=0).argmax())
    active_R = codes[:, [latent]].toarray().ravel() > 0
    assert active_R.any() and not active_R.all()
    off = codes.tolil()
    off[:, latent] = 0
    wanted_RI = model.decode(off.tocsr()) @ activations.item_table.T
    frame = model.steer("dev", {latent: -1e6}, items, seen=True)
    row_P = np.repeat(np.arange(len(active_R)), items)
    item_P = activations.item_ids.reset_index(drop=True).pipe(pd.Index).get_indexer(frame["item"])
    assert np.allclose(frame["score_after"], wanted_RI[row_P, item_P], atol=1e-4)
    idle = frame[~active_R[row_P]]
    assert (idle["rank_before"] == idle["rank_after"]).all()


def test_steering_by_nothing_changes_nothing(explain: Explain) -> None:
    frame = explain().steer("dev", {5: 0.0}, 4)
    assert (frame["rank_before"] == frame["rank_after"]).all()
    assert frame.groupby("user").size().eq(4).all()


def test_steering_tells_the_best_before_and_after(explain: Explain) -> None:
    frame = explain().steer("dev", {5: 50.0}, 4)
    assert (frame[["rank_before", "rank_after"]].min(axis=1) <= 4).all()
    for column in ("rank_before", "rank_after"):
        assert frame[frame[column] <= 4].groupby("user").size().eq(4).all()
    assert (frame["rank_before"] > 4).any() and (frame["rank_after"] > 4).any()


@pytest.mark.parametrize(("name", "mode"), CASES, ids=str)
def test_codes_decode_to_the_reconstruction_unless_it_leaks(
    explain: Explain, trained: Any, activations: Activations, name: str, mode: Mode
) -> None:
    model = explain(name, **mode)
    codes = model.encode("test")
    sae = trained(name, **mode)
    with torch.no_grad():
        wanted_RD = sae(activations.states("test"))
    if not model.leaks:
        assert np.allclose(model.decode(codes), wanted_RD, atol=1e-4)
        return
    for ask in (lambda: model.decode(codes), lambda: model.steer("dev", {0: 1.0})):
        with pytest.raises(RecsaeError, match=r"mode published cannot .* expected a model that"):
            ask()


def test_what_cannot_be_is_refused(explain: Explain) -> None:
    model = explain()
    latents = model.encode("dev").shape[1]
    with pytest.raises(SettingError, match=f"latent: expected 0 to {latents - 1}, got {latents} "):
        model.latent(latents)
    with pytest.raises(SettingError, match=r"got -1 \(the nearest is 0\)"):
        model.steer("dev", {-1: 1.0})
    with pytest.raises(SettingError, match="by: expected a finite number for latent 1"):
        model.steer("dev", {1: float("nan")})
    with pytest.raises(SettingError, match="k: expected an integer >= 1, got 0"):
        model.recommend("dev", 0)
    with pytest.raises(RecsaeError, match=f"codes: expected {latents} columns"):
        model.decode(model.encode("dev")[:, :3])
    with pytest.raises(RecsaeError, match=r"columns of values >= 0, got .* least value -"):
        model.decode(-model.encode("dev"))
