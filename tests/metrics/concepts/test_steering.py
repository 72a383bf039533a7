"""steer_gain by hand, of true directions, and of ones that know nothing."""

import numpy as np
import pytest
import torch
from metrics.concepts.planted import planted, random_codes, recommended, true_atoms, true_codes

from recsae.metrics.concepts.controls import permuted
from recsae.metrics.concepts.scores import ConceptScores
from recsae.metrics.concepts.steering import ROWS, Steered, pushes, steer_gains
from recsae.metrics.ranking import Asked, Seen

KNOWN, SCORED, TRUE = planted()
STEERED = recommended(KNOWN, SCORED, TRUE)


def of_three(table: list[list[float]], state: list[float], target: int, has: list[int]) -> Steered:
    """Return three users with one state and target, and one attribute of some items."""
    seen = Seen(torch.zeros(4, dtype=torch.int64), torch.zeros(0, dtype=torch.int64))
    table_ID = torch.tensor(table)
    items_IA = np.isin(np.arange(len(table)), has)[:, None]
    asked = Asked(torch.full((3,), target), seen)
    return Steered(torch.tensor([state] * 3), table_ID, asked, items_IA)


def test_all_or_nothing_is_a_tenth() -> None:
    """Pushed less, nothing changes; pushed more, all ten places change and the target is lost."""
    table = [[1.0, 0.0, 0.0]] * 10 + [[0.0, 1.0, -0.01 * place] for place in range(10)]
    steered = of_three(table, [0.0, 1.0, 1.0], 10, list(range(10)))
    assert steer_gains(steered, np.array([[1.5, 0, 0]])) == pytest.approx([0.1])


def test_what_costs_nothing_counts_whole() -> None:
    """Five of ten places go to items of the attribute, the target keeps the first."""
    mine = [[1.0, 0.0, -0.01 * place] for place in range(5)]
    others = [[0.0, 1.0, -0.01 * place] for place in range(5)]
    late = [[0.1, 0.0, 0.0]] * 5
    steered = of_three(
        mine + others + late, [1.0, 0.5, 1.0], 0, [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]
    )
    assert steer_gains(steered, np.array([[10.0, 0, 0]])) == pytest.approx([0.5])


def test_seen_items_are_not_recommended() -> None:
    table = [[1.0, 0.0, 0.0]] * 10 + [[0.0, 1.0, -0.01 * place] for place in range(10)]
    steered = of_three(table, [0.0, 1.0, 1.0], 10, list(range(10)))
    seen = Seen(torch.arange(4) * 10, torch.arange(10).repeat(3))
    masked = steered._replace(asked=steered.asked._replace(seen=seen))
    assert steer_gains(masked, np.array([[1.5, 0, 0]])) == pytest.approx([0.0])


def test_without_a_hit_before_there_is_no_value() -> None:
    table = [[0.0, 1.0, -0.01 * place] for place in range(12)]
    steered = of_three(table, [0.0, 1.0, 1.0], 11, [0])
    assert np.isnan(steer_gains(steered, np.array([[0.0, 1.0, 0.0]]))).all()


def test_a_push_is_the_mean_positive_value_times_the_atom() -> None:
    codes = random_codes(KNOWN)
    assert codes.atoms_ND is not None
    values_RN = codes.train.matrix().toarray()
    latents = np.array([4, 0])
    wanted = [values_RN[values_RN[:, n] > 0, n].mean() * codes.atoms_ND[n] for n in latents]
    np.testing.assert_allclose(pushes(codes.train, codes.atoms_ND, latents), wanted)


def test_true_directions_steer_and_others_do_not() -> None:
    true = ConceptScores(true_codes(KNOWN, true_atoms(TRUE)), KNOWN, STEERED)["steer_gain"]
    none = ConceptScores(random_codes(KNOWN), KNOWN, STEERED)["steer_gain"]
    back = ConceptScores(true_codes(KNOWN, -true_atoms(TRUE)), KNOWN, STEERED)["steer_gain"]
    assert true.value > 0.05 > abs(none.value) and back.value < 0
    labels = ConceptScores(true_codes(KNOWN, true_atoms(TRUE)), permuted(KNOWN), STEERED)
    assert labels["steer_gain"].value < true.value / 2


def test_rows_are_a_fixed_sample_and_attributes_the_first() -> None:
    part = STEERED.sample()
    assert len(part.recon_RD) == len(part.asked.targets_R) == ROWS < len(SCORED)
    assert torch.equal(part.recon_RD, STEERED.sample().recon_RD)
    many = STEERED._replace(items_IA=np.tile(STEERED.items_IA, 4))
    np.testing.assert_array_equal(many.sample().items_IA, many.items_IA[:, :10])
