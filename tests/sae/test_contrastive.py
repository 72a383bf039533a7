"""The contrastive variant: which rows are compared, and what the term is made of."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recsae.sae.contrastive import Contrastive, ContrastiveSettings, one_row_a_user
from recsae.sae.losses import nt_xent
from recsae.sae.model import SparseAutoencoder
from recsae.sae.rows import Rows

WIDTH = 6


def autoencoder(**settings: Any) -> SparseAutoencoder:
    torch.manual_seed(2)
    return SparseAutoencoder(Contrastive(), ContrastiveSettings.of(settings), WIDTH).train()


def penalty(sae: SparseAutoencoder, rows: Rows, seed: int = 0) -> Tensor:
    torch.manual_seed(seed)
    term = sae.variant.penalty(sae, rows, sae(rows.x_ND))
    assert term is not None
    return term


def a_batch() -> Rows:
    torch.manual_seed(5)
    users, items = torch.tensor([3, 1, 3, 2, 1, 0]), torch.tensor([9, 9, 8, 7, 7, 9])
    return Rows(torch.randn(6, WIDTH), users, items)


@pytest.mark.parametrize(("limit", "places"), [(10, [0, 1, 3, 5]), (3, [0, 1, 3]), (2, [0, 1])])
def test_one_row_a_user_and_no_more_than_the_limit(limit: int, places: list[int]) -> None:
    assert one_row_a_user(a_batch(), limit).tolist() == places


def test_without_users_every_row_is_its_own() -> None:
    assert one_row_a_user(Rows(torch.randn(4, 2)), 3).tolist() == [0, 1, 2]


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
    x = rows.x_ND[[0, 1, 3, 5]]
    torch.manual_seed(0)
    view = F.dropout(x, 0.1)
    g = sae.extra["projector"]
    same = torch.tensor([[1, 1, 0, 1], [1, 1, 0, 1], [0, 0, 1, 0], [1, 1, 0, 1]]).bool()
    expected = 0.3 * nt_xent(g(sae(x)), g(sae(view)), 0.5, same if same_item else None)
    torch.testing.assert_close(penalty(sae, rows), expected)


@pytest.mark.parametrize(("layers", "widths"), [(0, []), (1, [6]), (2, [12, 6])])
def test_the_projection_head(layers: int, widths: list[int]) -> None:
    head = autoencoder(sae_contrastive_layers=layers).extra["projector"]
    assert [m.out_features for m in head.modules() if isinstance(m, nn.Linear)] == widths


def test_the_views_differ() -> None:
    sae, rows = autoencoder(sae_contrastive_dropout=0.5), a_batch()
    assert penalty(sae, rows, seed=0) != penalty(sae, rows, seed=1)


def test_no_weight_no_term() -> None:
    sae, rows = autoencoder(sae_contrastive_weight=0.0), a_batch()
    assert sae.variant.penalty(sae, rows, sae(rows.x_ND)) is None


def test_one_row_alone_has_nothing_to_be_compared_with() -> None:
    sae = autoencoder()
    assert penalty(sae, Rows(torch.randn(1, WIDTH))).item() == pytest.approx(0.0, abs=1e-6)
