"""Scores of concepts: true codes score 1, codes that know nothing and permuted labels by chance."""

import numpy as np
import pytest
import torch
from metrics.concepts.planted import (
    ATTRIBUTES,
    planted,
    random_codes,
    recommended,
    true_atoms,
    true_codes,
)

from recsae.metrics.concepts.codes import Codes, Columns
from recsae.metrics.concepts.controls import against, controls, permuted
from recsae.metrics.concepts.recovery import directions, recovery
from recsae.metrics.concepts.rows import LEAST_DEV, LEAST_TRAIN, frequent, sample
from recsae.metrics.concepts.scores import SCORES, TOP, ConceptScores, f1s, purities

ROWS, SCORED, TRUE = planted()
STEERED = recommended(ROWS, SCORED, TRUE)
KNOWING = [name for name in SCORES if name != "steer_gain"]
"""Scores of what latents tell; steer_gain is of what they do."""


def test_a_dictionary_of_the_true_concepts_scores_one() -> None:
    found = ConceptScores(true_codes(ROWS), ROWS)
    assert [found[name].value for name in KNOWING] == pytest.approx([1.0] * 4)


def test_codes_that_know_nothing_score_by_chance() -> None:
    found = ConceptScores(random_codes(ROWS), ROWS)
    assert found["concept_auc"].value == pytest.approx(0.5, abs=0.03)
    assert abs(found["purity"].value) < 0.05 and found["coverage"].value == 0
    # Active on 1/8 of the rows, of which 1/5 have the attribute: 2 * 1/40 / (1/8 + 1/5).
    assert found["concept_f1"].value == pytest.approx(2 / 40 / (1 / 8 + 1 / 5), abs=0.04)


def test_true_codes_with_permuted_labels_score_by_chance() -> None:
    found = ConceptScores(true_codes(ROWS), permuted(ROWS))
    assert found["concept_auc"].value == pytest.approx(0.5, abs=0.03)
    assert found["concept_f1"].value == pytest.approx(1 / ATTRIBUTES, abs=0.04)
    assert abs(found["purity"].value) < 0.1 and found["coverage"].value == 0


def test_the_latent_is_chosen_on_train() -> None:
    """A latent that tells an attribute on the scored rows alone is not found."""
    train, scored = random_codes(ROWS).train, true_codes(ROWS).scored
    found = ConceptScores(random_codes(ROWS)._replace(train=train, scored=scored), ROWS)
    assert found["concept_auc"].value < 0.8


def test_f1_is_that_of_counting() -> None:
    codes = random_codes(ROWS).train
    active_RN = codes.matrix().toarray() > 0
    wanted = [
        [2 * (a & h).sum() / (a.sum() + h.sum()) for h in ROWS.train_SC.T] for a in active_RN.T
    ]
    np.testing.assert_allclose(f1s(codes, ROWS.train_SC), wanted)
    assert (
        f1s(Codes(np.zeros((2, 1)), np.zeros((2, 1), int), 3), np.zeros((2, 1), bool)) == 0
    ).all()


def test_purity_counts_pairs_of_the_strongest_rows_alone() -> None:
    """Latent 0 is strongest on ten rows with one attribute, and weak on a thousand others."""
    has_RC = np.zeros((1010, 2), bool)
    has_RC[:10, 0], has_RC[10:, 1] = True, np.arange(1000) % 2 == 0
    values = np.r_[np.linspace(9, 5, 10), np.full(1000, 0.1)][:, None]
    own = purities(Codes(values, np.zeros((1010, 1), int), 3), has_RC)
    assert own == pytest.approx([1.0])  # of the three latents one is positive at all
    few = values.copy()
    few[TOP - 1 :] = 0
    assert len(purities(Codes(few, np.zeros((1010, 1), int), 3), has_RC)) == 0


def test_a_column_counts_in_both_directions() -> None:
    x_R1 = -ROWS.train_SC[:, :1].astype(float)
    assert Columns(x_R1).aucs(ROWS.train_SC[:, :1])[:, 0].tolist() == [0.0, 1.0]
    np.testing.assert_array_equal(Columns(x_R1).scores(np.array([0, 1])), np.c_[x_R1, -x_R1])
    halves = Codes.of_columns(x_R1, x_R1.mean(0))
    assert f1s(halves, ROWS.train_SC[:, :1])[1, 0] == 1


def test_what_counts_is_what_enough_rows_have_and_lack() -> None:
    train, dev = np.zeros((200, 4), bool), np.zeros((40, 4), bool)
    train[:LEAST_TRAIN, 0], train[: LEAST_TRAIN - 1, 1], train[:-1, 2], train[:90, 3] = 1, 1, 1, 1
    dev[:LEAST_DEV] = True
    assert frequent(train, dev).tolist() == [3, 0]
    dev[LEAST_DEV - 1, 0] = False
    assert frequent(train, dev).tolist() == [3]


def test_a_sample_is_always_the_same_and_in_order() -> None:
    assert sample(7).tolist() == list(range(7))
    many = sample(50_000)
    assert len(np.unique(many)) == 20_000 and (np.diff(many) > 0).all()
    assert (many == sample(50_000)).all()


def test_true_codes_beat_what_needs_no_training_and_random_ones_do_not() -> None:
    good, bad = true_codes(ROWS, true_atoms(TRUE)), random_codes(ROWS)
    own = ConceptScores(good, ROWS, STEERED)
    found = against(own, controls(good, ROWS, SCORED, 1, STEERED))
    assert set(found) == set(SCORES) and set(found["concept_auc"]["controls"]) == {
        "raw",
        "pca",
        "random",
        "permuted",
    }
    assert found["concept_f1"]["beats"] and found["concept_f1"]["difference"]["low"] > 0
    assert found["concept_auc"]["controls"]["permuted"] == pytest.approx(0.5, abs=0.03)
    steer = found["steer_gain"]
    # Principal components of these states are directions of attributes, too.
    assert steer["value"] > max(steer["controls"][name] for name in ("random", "permuted")) + 0.02
    own = ConceptScores(bad, ROWS, STEERED)
    worse = against(own, controls(bad, ROWS, SCORED, 3, STEERED))
    assert not any(score["beats"] for score in worse.values())
    assert worse["concept_auc"]["best_control"] in ("raw", "pca", "random")


def test_pca_finds_what_lies_along_a_component() -> None:
    """Attributes along the axes of largest variance, which the raw coordinates mix."""
    rng = np.random.default_rng(1)
    has = [rng.random((rows, 2)) < (0.5, 0.5) for rows in (800, 600)]
    turn = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    x = [own @ np.diag([9.0, 4.0]) @ turn[:2] + rng.normal(size=(len(own), 8)) for own in has]
    train, scored = (torch.from_numpy(part) for part in x)
    rows = ROWS._replace(names=("a", "b"), train_SD=train, train_SC=has[0], scored_RC=has[1])
    codes = random_codes(rows)
    found = controls(codes, rows, scored, 3, STEERED)
    assert found["pca"]["concept_auc"].value > 0.99 > found["raw"]["concept_auc"].value


def test_recovery_of_the_true_dictionary_is_one() -> None:
    atoms = np.zeros((24, TRUE.shape[1]))
    mean_CD = TRUE.mean(0) * ATTRIBUTES / (ATTRIBUTES - 1)
    atoms[3 : 3 + ATTRIBUTES] = TRUE - mean_CD  # less the mean of the others, times a factor
    found = recovery(true_codes(ROWS, atoms), ROWS)
    assert found.f1 == 1 and found.cosine > 0.99
    turned = recovery(true_codes(ROWS, -atoms), ROWS)
    assert turned.f1 == 1 and turned.cosine < -0.99
    by_chance = recovery(true_codes(ROWS, atoms), permuted(ROWS))
    assert by_chance.f1 == pytest.approx(1 / ATTRIBUTES, abs=0.05)


def test_a_concept_without_a_latent_of_its_own_adds_nothing() -> None:
    """One latent for all concepts is matched with one of them."""
    train = Codes(np.ones((len(ROWS.train_SC), 1)), np.zeros((len(ROWS.train_SC), 1), int), 1)
    scored = Codes(np.ones((len(ROWS.scored_RC), 1)), np.zeros((len(ROWS.scored_RC), 1), int), 1)
    own = true_codes(ROWS, TRUE[:1])._replace(train=train, scored=scored)
    found = recovery(own, ROWS)
    share = 1 / ATTRIBUTES
    assert found.f1 == pytest.approx(2 * share / (1 + share) / ATTRIBUTES, abs=0.01)


def test_a_direction_is_what_rows_have_more_of() -> None:
    x = np.array([[1.0, 0], [3, 0], [0, 4]])
    has = np.array([[True], [True], [False]])
    np.testing.assert_allclose(directions(x, has), [[2, -4]])
