"""The contrastive variant: which rows are compared, and what the term is made of."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from recsae.errors import SettingError
from recsae.sae.files import load, save
from recsae.sae.model import SparseAutoencoder
from recsae.sae.rows import Rows
from recsae.sae.variants.contrastive import (
    Contrastive,
    ContrastiveSettings,
    one_row_a_user,
    second_view,
)
from recsae.sae.variants.nt_xent import nt_xent, nt_xent_as_published

WIDTH = 6
BASE_VIEW = ContrastiveSettings.of({"sae_contrastive_view": "base"})


def autoencoder(**settings: Any) -> SparseAutoencoder:
    torch.manual_seed(2)
    return SparseAutoencoder(Contrastive(), ContrastiveSettings.of(settings), WIDTH).train()


def own(sae: SparseAutoencoder) -> ContrastiveSettings:
    assert isinstance(sae.settings, ContrastiveSettings)
    return sae.settings


def penalty(sae: SparseAutoencoder, rows: Rows, seed: int = 0) -> Tensor:
    torch.manual_seed(seed)
    term = sae.variant.penalty(sae, rows, sae.encode(rows.x_ND), sae(rows.x_ND))
    assert term is not None
    return term


def a_batch() -> Rows:
    torch.manual_seed(5)
    users, items = torch.tensor([3, 1, 3, 2, 1, 0]), torch.tensor([9, 9, 8, 7, 7, 9])
    return Rows(torch.randn(6, WIDTH), users, items)


@pytest.mark.parametrize(("limit", "places"), [(10, [0, 1, 3, 5]), (3, [0, 1, 3]), (2, [0, 1])])
def test_one_row_a_user_and_no_more_than_the_limit(limit: int, places: list[int]) -> None:
    assert one_row_a_user(a_batch(), limit).tolist() == places


@pytest.mark.parametrize("limit", [2, 3, 10])
def test_padded_places_end_beyond_the_batch(limit: int) -> None:
    places = one_row_a_user(a_batch(), limit, padded=True)
    assert len(places) == min(limit, len(a_batch().x_ND))
    assert (
        places[places < len(a_batch().x_ND)].tolist() == one_row_a_user(a_batch(), limit).tolist()
    )


def test_without_users_every_row_is_its_own() -> None:
    assert one_row_a_user(Rows(torch.randn(4, 2)), 3).tolist() == [0, 1, 2]


SAME_ITEM = torch.tensor([[1, 1, 0, 1], [1, 1, 0, 1], [0, 0, 1, 0], [1, 1, 0, 1]]).bool()


@pytest.mark.parametrize("same_item", [False, True])
@pytest.mark.parametrize("layers", [0, 1, 2])
def test_the_term_is_nt_xent_of_two_views_through_the_projector(
    layers: int, same_item: bool
) -> None:
    sae = autoencoder(
        sae_contrastive_layers=layers,
        sae_contrastive_same_item=same_item,
        sae_contrastive_weight=0.3,
        sae_contrastive_temp=0.5,
    )
    rows = a_batch()
    chosen = rows.at(torch.tensor([0, 1, 3, 5]))
    torch.manual_seed(0)
    view = second_view(chosen, own(sae))
    g = sae.extra["projector"]
    excluded = SAME_ITEM if same_item else None
    expected = 0.3 * nt_xent(g(sae(chosen.x_ND)), g(sae(view)), 0.5, excluded)
    torch.testing.assert_close(penalty(sae, rows), expected)


def test_under_the_reference_recipe_all_rows_are_compared_by_the_published_loss() -> None:
    sae = autoencoder(sae_recipe="reference", sae_contrastive_batch=2, sae_contrastive_weight=0.3)
    rows = a_batch()
    torch.manual_seed(0)
    view = second_view(rows, own(sae))
    g = sae.extra["projector"]
    expected = 0.3 * nt_xent_as_published(g(sae(rows.x_ND)), g(sae(view)), 0.07)
    torch.testing.assert_close(penalty(sae, rows), expected)


@pytest.mark.parametrize(("recipe", "factor"), [("default", 1 / 0.7), ("reference", 1.0)])
def test_dropped_entries_are_zero_and_the_others_scaled(recipe: str, factor: float) -> None:
    """As nn.Dropout does; the published view keeps the others as they were."""
    settings = ContrastiveSettings.of({"sae_recipe": recipe, "sae_contrastive_dropout": 0.3})
    x = torch.randn(400, WIDTH)
    view = second_view(Rows(x), settings)
    dropped = view == 0
    assert dropped.double().mean().item() == pytest.approx(0.3, abs=0.03)
    torch.testing.assert_close(view[~dropped], factor * x[~dropped])


def test_one_stored_view_is_taken_as_it_is() -> None:
    rows = a_batch()._replace(view_VND=torch.randn(1, 6, WIDTH))
    assert rows.view_VND is not None
    assert torch.equal(second_view(rows, BASE_VIEW), rows.view_VND[0])


def test_of_several_stored_views_each_row_draws_one() -> None:
    place = torch.arange(300.0)[:, None].expand(300, WIDTH)
    stored = torch.stack([place, place + 1000, place + 2000])
    rows = Rows(place, view_VND=stored)
    torch.manual_seed(0)
    first, second = second_view(rows, BASE_VIEW), second_view(rows, BASE_VIEW)
    assert torch.equal(first % 1000, place)
    shares = torch.bincount((first[:, 0] // 1000).long(), minlength=3) / 300
    assert (shares > 0.25).all() and not torch.equal(first, second)
    torch.manual_seed(0)
    assert torch.equal(second_view(rows, BASE_VIEW), first)


def test_without_stored_views_the_setting_is_told() -> None:
    with pytest.raises(SettingError, match="expected states stored with the base's dropout") as e:
        second_view(a_batch(), BASE_VIEW)
    assert e.value.key == "sae_contrastive_view"


@pytest.mark.parametrize(
    ("settings", "views"),
    [
        ({}, 0),
        ({"sae_contrastive_view": "base"}, 1),
        ({"sae_contrastive_view": "base", "sae_contrastive_weight": 0.0}, 0),
    ],
)
def test_views_are_needed_where_they_are_used(settings: dict[str, Any], views: int) -> None:
    assert Contrastive().views(ContrastiveSettings.of(settings)) == views


def test_both_views_get_gradients() -> None:
    """With the row's own reconstruction held fixed, the view's still moves the dictionary."""
    sae, rows = autoencoder(), a_batch()
    torch.manual_seed(0)
    term = sae.variant.penalty(sae, rows, sae.encode(rows.x_ND), sae(rows.x_ND).detach())
    assert term is not None
    for gradient in torch.autograd.grad(term, [sae.W_enc, sae.W_dec, sae.b_dec]):
        assert gradient.abs().sum() > 0


def test_the_projection_head_is_not_saved(tmp_path: Path) -> None:
    sae = autoencoder().eval()
    save(sae, tmp_path / "model", {})
    loaded, _ = load(tmp_path / "model")
    assert not loaded.extra and not any("projector" in key for key in loaded.state_dict())
    assert any("projector" in key for key in sae.state_dict())
    x = a_batch().x_ND
    assert torch.equal(loaded(x), sae(x))


def test_a_model_saved_with_its_head_still_opens(tmp_path: Path) -> None:
    """As those of version 0.1 were."""
    sae = autoencoder().eval()
    save(sae, tmp_path / "model", {})
    save_file(dict(sae.state_dict()), tmp_path / "model" / "model.safetensors")
    assert not load(tmp_path / "model")[0].extra


@pytest.mark.parametrize(("layers", "widths"), [(0, []), (1, [6]), (2, [12, 6])])
def test_the_projection_head(layers: int, widths: list[int]) -> None:
    head = autoencoder(sae_contrastive_layers=layers).extra["projector"]
    assert [m.out_features for m in head.modules() if isinstance(m, nn.Linear)] == widths


def test_the_views_differ() -> None:
    sae, rows = autoencoder(sae_contrastive_dropout=0.5), a_batch()
    assert penalty(sae, rows, seed=0) != penalty(sae, rows, seed=1)


def test_no_weight_no_term() -> None:
    sae, rows = autoencoder(sae_contrastive_weight=0.0), a_batch()
    assert sae.variant.penalty(sae, rows, sae.encode(rows.x_ND), sae(rows.x_ND)) is None


def test_one_row_alone_has_nothing_to_be_compared_with() -> None:
    sae = autoencoder()
    assert penalty(sae, Rows(torch.randn(1, WIDTH))).item() == pytest.approx(0.0, abs=1e-6)
