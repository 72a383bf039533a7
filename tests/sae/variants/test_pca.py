"""PCA as an autoencoder: the textbook's reconstruction, by a code that obeys all laws."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recsae.errors import SettingError
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.sae.variants.pca import PCA, PCASettings, principal_axes

WIDTH = 6


def some_rows(seed: int = 0, count: int = 90) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    mixed = torch.randn(WIDTH, WIDTH, generator=generator)
    return torch.randn(count, WIDTH, generator=generator) @ mixed + 3


def solved(x: torch.Tensor, k: int) -> SAETrainer:
    run = SAETrainer(PCA(), PCASettings.of({"sae_k": k}), Rows(x), order_seed=0, device="cpu")
    run.epoch()
    return run


@given(seed=st.integers(0, 5), k=st.integers(1, WIDTH))
def test_it_reconstructs_as_the_singular_value_decomposition_does(seed: int, k: int) -> None:
    x = some_rows(seed)
    mean = x.double().mean(0).numpy()
    axes = np.linalg.svd(x.double().numpy() - mean)[2][:k]
    other = some_rows(seed + 1)
    expected = mean + (other.double().numpy() - mean) @ axes.T @ axes
    recon = solved(x, k).model(other).detach().numpy()
    np.testing.assert_allclose(recon, expected, rtol=1e-3, atol=1e-3)


def test_no_code_of_that_many_directions_explains_more() -> None:
    x = some_rows()
    total = (x - x.mean(0)).square().sum()
    fvu = [((x - solved(x, k).model(x)).square().sum() / total).item() for k in (1, 3, 6)]
    values = np.linalg.eigvalsh(np.cov(x.double().numpy().T))[::-1]
    expected = [1 - values[:k].sum() / values.sum() for k in (1, 3, 6)]
    assert fvu == pytest.approx(expected, abs=1e-5)


def test_each_component_is_two_opposite_latents() -> None:
    model = solved(some_rows(), 2).model
    assert model.latents == 4 and torch.equal(model.W_dec[:2], -model.W_dec[2:])
    code = model.encode(some_rows(3))
    latents = torch.where(code.values_BK > 0, code.indices_BK % 2, -1)
    assert all(len(set(row)) == 2 for row in latents.tolist())


def test_the_epoch_tells_its_fvu_and_which_latents_fired() -> None:
    run = SAETrainer(
        PCA(), PCASettings.of({"sae_k": 3}), Rows(some_rows()), order_seed=0, device="cpu"
    )
    terms = run.epoch()
    assert 0 < terms["fvu"] == terms["loss"] < 1 and terms["auxk"] == 0
    assert run.model.fired.all()


def test_the_axes_do_not_depend_on_the_order_of_the_rows() -> None:
    x = some_rows()
    for one, other in zip(principal_axes(x, 3), principal_axes(x.flip(0), 3), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_rows_than_components_will_do(count: int) -> None:
    x = some_rows(count=count)
    torch.testing.assert_close(solved(x, 4).model(x), x, rtol=1e-4, atol=1e-4)


def test_it_is_the_same_for_every_seed_of_the_order() -> None:
    runs = [
        SAETrainer(PCA(), PCASettings.of({}), Rows(some_rows()), order_seed=seed, device="cpu")
        for seed in (0, 1)
    ]
    for run in runs:
        run.epoch()
    assert torch.equal(runs[0].model.W_dec, runs[1].model.W_dec)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sae_lr": 0.1}, "sae_lr: no such setting"),
        ({"sae_scale_size": 4}, "sae_scale_size: no such setting"),
        ({"sae_k": 7}, r"sae_k: expected at most 6 \(the width\), got 7"),
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        PCASettings.of(values).check_width(WIDTH)


def test_its_settings_are_those_that_mean_something() -> None:
    assert set(PCASettings.of({}).values()) == {"sae_k", "sae_positions"}
    assert PCASettings.of({}).sae_epochs == 1
