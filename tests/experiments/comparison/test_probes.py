"""Probes of a code: planted categories are found, chance is chance, ridge equals its definition."""

import numpy as np
import pytest
from comparison.analysis.probes import Split, linear_probe, one_latent, ridge

from recsae.metrics.concepts.codes import Codes


def planted(seed: int, rows: int = 400) -> tuple[Codes, np.ndarray]:
    """Category 0 lights latent 4, category 1 needs latents 1 and 2 together."""
    rng = np.random.default_rng(seed)
    positive_RC = rng.random((rows, 2)) < 0.3
    first = np.where(positive_RC[:, 0], 4, 5)
    second = np.where(positive_RC[:, 1], rng.integers(1, 3, rows), rng.choice([0, 3], rows))
    indices_RK = np.stack([first, second], axis=1)
    values_RK = (0.5 + rng.random((rows, 2))).astype(np.float32)
    return Codes(values_RK, indices_RK, 6), positive_RC


def splits() -> list[Split]:
    return [Split(*planted(seed)) for seed in range(3)]


def test_one_latent_finds_what_one_latent_tells() -> None:
    train, _, test = splits()
    category = [Split(split.x, split.positive_RC[:, :1]) for split in (train, test)]
    assert one_latent(*category).value == 1.0
    other = [Split(split.x, split.positive_RC[:, 1:]) for split in (train, test)]
    assert 0.65 < one_latent(*other).value < 0.85  # half of its rows


def test_a_linear_probe_joins_latents() -> None:
    assert linear_probe(*splits()).value > 0.999


def test_dev_alone_chooses_the_penalty() -> None:
    """Least squares finds the slopes 1 and -1 of train; with a large penalty both are positive."""
    x_MN = np.array([[0, 0], [0, 0], [2, 1], [2, 1], [2, 2]])
    train = Split(x_MN, (x_MN[:, :1] > x_MN[:, 1:]))
    category = np.array([[False], [True]])
    rising, falling = (Split(np.array([[0, 1 - up], [0, up]]), category) for up in (1, 0))
    assert linear_probe(train, rising, rising, [1e-5, 10.0]).value == 1.0
    assert linear_probe(train, falling, rising, [1e-5, 10.0]).value == 0.0


@pytest.mark.parametrize("direction", [1, -1])
def test_a_coordinate_of_a_dense_state_counts_in_either_direction(direction: int) -> None:
    train, _, test = splits()
    dense = [
        Split(direction * split.x.matrix().toarray()[:, [0, 4]], split.positive_RC[:, :1])
        for split in (train, test)
    ]
    assert one_latent(*dense).value == 1.0


def test_shuffled_categories_are_chance() -> None:
    rng = np.random.default_rng(3)
    mixed = [Split(split.x, rng.permutation(split.positive_RC)) for split in splits()]
    assert one_latent(mixed[0], mixed[2]).value == pytest.approx(0.5, abs=0.06)
    assert linear_probe(*mixed).value == pytest.approx(0.5, abs=0.06)


def test_ridge_solves_its_normal_equations_dense_or_sparse() -> None:
    codes, positive_RC = planted(0)
    dense = codes.matrix().toarray()
    [sparse_w], [dense_w] = (ridge(x, positive_RC, [0.1]) for x in (codes.matrix(), dense))
    centred, labels = dense - dense.mean(0), positive_RC - positive_RC.mean(0)
    gram = centred.T @ centred / len(dense)
    penalty = 0.1 * np.trace(gram) / len(gram) * np.eye(len(gram))
    expected = np.linalg.solve(gram + penalty, centred.T @ labels / len(dense))
    np.testing.assert_allclose(sparse_w, expected, atol=1e-10)
    np.testing.assert_allclose(dense_w, expected, atol=1e-10)


def test_a_latent_that_never_fires_does_no_harm() -> None:
    codes, positive_RC = planted(1)
    wider = Codes(codes.values_RK, codes.indices_RK, 40)
    for weights in ridge(wider.matrix(), positive_RC, [1e-5, 10.0]):
        assert np.isfinite(weights).all() and not weights[6:].any()
