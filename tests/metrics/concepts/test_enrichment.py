"""Which attributes go with which latents: against SciPy's test, and false discoveries at chance."""

import numpy as np
import pytest
from metrics.concepts.planted import ATTRIBUTES, planted, random_codes, true_codes
from scipy import stats

from recsae.metrics.concepts.agreement import most_alike
from recsae.metrics.concepts.codes import Codes
from recsae.metrics.concepts.enrichment import enrichment

ROWS, _, TRUE = planted()


def test_true_codes_go_with_their_attributes_alone() -> None:
    found = enrichment(true_codes(ROWS).train, ROWS.train_SC)
    own = np.arange(ATTRIBUTES)
    for figures in (found.auc, found.precision, found.recall):
        np.testing.assert_allclose(figures[own + 3, own], 1.0)
    np.testing.assert_allclose(found.lift[own + 3, own], 1 / ROWS.train_SC.mean(0))
    below = np.argwhere(found.q < 0.05)
    assert below.tolist() == [[3 + number, number] for number in own]


def test_a_latent_that_is_never_positive_goes_with_nothing() -> None:
    found = enrichment(true_codes(ROWS).train, ROWS.train_SC)
    assert (found.q[0] == 1).all() and (found.auc[0] == 0.5).all() and (found.lift[0] == 0).all()


def test_codes_that_know_nothing_are_seldom_told_to() -> None:
    false = [
        (enrichment(random_codes(ROWS, seed=seed).train, ROWS.train_SC).q < 0.05).any()
        for seed in range(20)
    ]
    assert np.mean(false) < 0.25  # one in twenty by chance


def test_p_is_that_of_the_rank_sum_test() -> None:
    """Of one latent whose zeros are the only ties, for one attribute: q is then p."""
    rng = np.random.default_rng(0)
    has_R1 = rng.random((300, 1)) < 0.3
    value_R1 = np.where(rng.random((300, 1)) < 0.4, rng.random((300, 1)) + 0.2 * has_R1, 0.0)
    q = enrichment(Codes(value_R1, np.zeros((300, 1), int), 1), has_R1).q[0, 0]
    groups = value_R1[has_R1], value_R1[~has_R1]
    wanted = stats.mannwhitneyu(*groups, alternative="greater", use_continuity=False).pvalue
    assert q == pytest.approx(wanted, rel=1e-6)


def test_the_atom_most_like_may_be_shared() -> None:
    assert most_alike(np.eye(3), np.array([[1.0, 1, 0]])) == pytest.approx([0.5**0.5] * 2 + [0])
    assert most_alike(TRUE, np.concatenate([-TRUE, 2 * TRUE])) == pytest.approx([1] * ATTRIBUTES)
