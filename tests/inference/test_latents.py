"""The table of latents against counting one row after the other; test plays no part in it."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from inference.conftest import Explain

from recsae.activations.store import Activations
from recsae.inference.latents import CONTEXT, MOST_ITEMS, MOST_ROWS, LatentTable


class Row:
    """A row of train or dev as the flat arrays have it."""

    def __init__(self, split: str, user: int, event: int, state: np.ndarray) -> None:
        self.split, self.user, self.event, self.state = split, user, event, state


def rows_of(activations: Activations) -> list[Row]:
    found, place = [], 0
    for user, start in enumerate(activations.offsets[:-1].tolist()):
        for step in range(int(activations.train_lengths[user]) - 1):
            found.append(Row("train", user, start + step, activations.train_x[place]))
            place += 1
    targets = activations.targets("dev")
    found += [
        Row("dev", int(user), int(position) - 1, state)
        for user, position, state in zip(
            targets.user, targets.position, activations.dev_x, strict=True
        )
    ]
    return found


@pytest.fixture(scope="module")
def counted(trained: Any, activations: Activations) -> tuple[list[Row], np.ndarray]:
    """Return all rows, and their dense codes."""
    rows, sae = rows_of(activations), trained("SASRec_SAE")
    dense = np.zeros((len(rows), sae.latents), np.float32)
    for place, row in enumerate(rows):
        with torch.no_grad():
            values, indices = sae.encode(torch.tensor(row.state)[None])
        dense[place, indices[0]] = values[0]
    return rows, dense


def test_counts_are_those_of_one_row_after_the_other(
    explain: Explain, trained: Any, counted: tuple[list[Row], np.ndarray]
) -> None:
    _, dense = counted
    frame, active = explain().latents, dense > 0
    assert frame.index.name == "latent" and frame.index.tolist() == list(range(dense.shape[1]))
    assert np.allclose(frame["density"], active.mean(axis=0))
    with np.errstate(invalid="ignore"):
        mean = np.where(active.any(axis=0), dense.sum(axis=0) / active.sum(axis=0), 0)
    assert np.allclose(frame["mean"], mean, atol=1e-4)
    assert np.allclose(frame["max"], dense.max(axis=0), atol=1e-4)
    assert (frame["dead"].to_numpy() == ~trained("SASRec_SAE").fired.numpy()).all()


@pytest.mark.parametrize(("column", "step"), [("after", 0), ("before", 1)])
def test_items_are_those_with_more_than_their_share(
    explain: Explain,
    activations: Activations,
    counted: tuple[list[Row], np.ndarray],
    column: str,
    step: int,
) -> None:
    rows, dense = counted
    items = np.array([activations.items[row.event + step] for row in rows])
    named = explain().latents[column]
    for latent in range(dense.shape[1]):
        mass = pd.Series(dense[:, latent].astype(float)).groupby(items).sum()
        share = pd.Series(items).value_counts(normalize=True)
        excess = (mass - mass.sum() * share).sort_values(ascending=False)
        wanted = excess[(excess > 0) & (mass > 0)].head(MOST_ITEMS)
        own = named[latent]
        assert len(own) == len(wanted)
        codes = pd.Index(activations.item_ids).get_indexer(own)
        assert np.allclose(excess[codes], wanted, atol=1e-3)


def test_tags_are_those_with_more_than_their_share(
    explain: Explain, activations: Activations, counted: tuple[list[Row], np.ndarray]
) -> None:
    rows, dense = counted
    items = np.array([activations.items[row.event + 1] for row in rows])
    known = activations.attributes.groupby("item").apply(
        lambda own: set(own["attribute"] + "=" + own["value"])
    )
    names = sorted(set().union(*known))
    has = np.array([[name in known.get(item, ()) for name in names] for item in items], float)
    excess = dense.T.astype(float) @ has - np.outer(dense.sum(axis=0), has.mean(axis=0))
    assert len(names) > 1
    for latent, own in explain().latents["tags"].items():
        best = np.sort(excess[latent])[::-1][:MOST_ITEMS]
        found = [excess[latent, names.index(name)] for name in own]
        assert np.allclose(found, best[best > 1e-9], atol=1e-3)


def test_effects_are_products_of_atom_and_item_table(
    explain: Explain, trained: Any, activations: Activations
) -> None:
    effect = trained("SASRec_SAE").W_dec.detach().numpy() @ activations.item_table.T
    frame = explain().latents
    for column, sign in (("raises", 1), ("lowers", -1)):
        for latent, named in frame[column].items():
            codes = pd.Index(activations.item_ids).get_indexer(named)
            best = np.sort(sign * effect[latent])[::-1][:MOST_ITEMS]
            assert np.allclose(sign * effect[latent, codes], best, atol=1e-5)


def test_contexts_are_the_rows_with_the_largest_values(
    explain: Explain, activations: Activations, counted: tuple[list[Row], np.ndarray]
) -> None:
    rows, dense = counted
    model, ids, users = explain(), activations.item_ids.to_numpy(), activations.user_ids
    for latent in (int(dense.sum(axis=0).argmax()), int((dense > 0).sum(axis=0).argmin())):
        one = model.latent(latent)
        assert one.about == model.latents.loc[latent].to_dict()
        best = np.sort(dense[:, latent][dense[:, latent] > 0])[::-1][:MOST_ROWS]
        assert np.allclose(one.contexts["value"], best, atol=1e-4)
        for context in one.contexts.to_dict("records"):
            own = [
                row
                for row, value in zip(rows, dense[:, latent], strict=True)
                if abs(value - context["value"]) < 1e-4
                and users[row.user] == context["user"]
                and row.split == context["split"]
                and ids[activations.items[row.event + 1]] == context["next_item"]
            ]
            start = activations.offsets[own[0].user]
            history = ids[activations.items[start : own[0].event + 1]].tolist()
            assert context["history"] == history[-CONTEXT:]


def test_test_plays_no_part(explain: Explain, trained: Any, activations: Activations) -> None:
    nothing = {
        name: np.full_like(getattr(activations, name), -1)
        for name in ("test_x", "test_target", "test_user", "test_position")
    }
    items = np.array(activations.items)
    items[activations.test_position] = 0  # the last event of each user, unless of time splits
    other = replace(activations, items=items, **nothing)
    table = LatentTable(trained("SASRec_SAE"), other, activations.item_ids.to_numpy())
    pd.testing.assert_frame_equal(table.frame, explain().latents)


def test_a_dead_latent_has_no_contexts_but_an_atom(trained: Any, activations: Activations) -> None:
    sae = copy.deepcopy(trained("SASRec_SAE"))
    with torch.no_grad():
        sae.b_enc[3], sae.fired[3] = -1e9, False
    one = LatentTable(sae, activations, activations.item_ids.to_numpy()).latent(3)
    assert one.contexts.empty and len(one.about["raises"]) == MOST_ITEMS
    wanted = {"density": 0, "mean": 0, "max": 0, "dead": True, "after": [], "before": []}
    assert {name: one.about[name] for name in wanted} == wanted


def test_attributes_are_told_as_by_counting(
    explain: Explain, activations: Activations, counted: tuple[list[Row], np.ndarray]
) -> None:
    rows, dense = counted
    known = activations.attributes
    following = np.array([activations.items[row.event + 1] for row in rows])
    told = [
        (dense[:, latent], one)
        for latent, own in explain().latents["attributes"].items()
        for one in own
    ]
    assert len(told) > 20
    for value_R, one in told:
        name, _, value = one["attribute"].partition("=")
        chosen = (known["attribute"] == name) & (known["value"] == value)
        has_R, active_R = np.isin(following, known["item"][chosen]), value_R > 0
        apart = value_R[has_R][:, None] - value_R[~has_R]
        assert one["auc"] == pytest.approx(((apart > 0) + (apart == 0) / 2).mean(), abs=1e-4)
        assert one["precision"] == pytest.approx(has_R[active_R].mean())
        assert one["recall"] == pytest.approx(active_R[has_R].mean())
        assert one["lift"] == pytest.approx(has_R[active_R].mean() / has_R.mean())
        assert one["q"] < 0.05


def test_another_seed_is_matched_by_the_atom_most_like(
    trained: Any, activations: Activations
) -> None:
    sae, ids = trained("SASRec_SAE"), activations.item_ids.to_numpy()
    atoms = sae.W_dec.detach()
    turned = torch.cat([atoms[5:], -atoms[:5]])
    frame = LatentTable(sae, activations, ids, [atoms, turned]).frame
    assert frame["match"][5:].to_numpy() == pytest.approx(1.0, abs=1e-5)
    assert (frame["match"][:5] < 1).all()
