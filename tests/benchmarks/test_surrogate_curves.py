"""The surrogate: near to what was recorded, noisy as the recordings, the same each time."""

import numpy as np
import pytest
from made_table import NOISE, made_heights, made_table, made_world, noisy_table
from scipy.stats import spearmanr

from benchmarks.search_quality.gp import GP, _loss
from benchmarks.search_quality.judge import Judge
from benchmarks.search_quality.recorded import COST
from benchmarks.search_quality.report.errors import errors, likeness
from benchmarks.search_quality.surrogate import Surrogate
from benchmarks.search_quality.tables import EPOCHS, TABLES, at_point


def test_a_point_of_the_cube_is_where_its_settings_were_drawn() -> None:
    space, cube = made_table().table.space, made_table().cube
    point = [0.3, 0.6, 0.55, 0.4, 0.2, 0.9]
    found = cube.point(at_point(space, point))
    names = cube.names
    for name in ("sae_lr", "sae_auxk", "sae_dead_window"):
        assert found[names.index(name)] == pytest.approx(point[names.index(name)])
    assert found[names.index("sae_scale_size")] == pytest.approx(2 / 3)  # 8 of 2, 4, 8, 16
    assert found[names.index("sae_batch_size")] == pytest.approx(1 / 2)  # 512


def test_the_mean_is_near_the_truth_and_the_seconds_are_those_recorded() -> None:
    table, surrogate = made_table(), made_world().surrogate
    points = table.cube.points(table.settings)
    truth = 0.13 - 0.05 / EPOCHS - 0.02 * np.square(points[:, [0, 2]] - 0.6).sum(1)
    found = surrogate.final(table.settings)
    assert np.sqrt(np.mean((found - truth) ** 2)) < NOISE
    recorded = table.curves[COST].mean(0).sum(1)
    assert surrogate.training_seconds(table.settings) == pytest.approx(recorded, rel=0.02)


def test_a_trial_tells_the_same_again_and_another_one_something_else() -> None:
    surrogate, own = made_world().surrogate, made_table().settings[3]
    curve = surrogate.curve({**own, "sae_seed": 7})
    again = surrogate.curve({**own, "sae_seed": 7})
    other = surrogate.curve({**own, "sae_seed": 8})
    assert all((curve.metrics[name] == again.metrics[name]).all() for name in curve.metrics)
    assert (curve.metrics["ndcg@10"] != other.metrics["ndcg@10"]).all()


def test_the_noise_is_as_large_as_between_the_recordings() -> None:
    surrogate, own = made_world().surrogate, made_table().settings[3]
    last = [surrogate.curve({**own, "sae_seed": s}).at(EPOCHS)["ndcg@10"] for s in range(400)]
    assert np.std(last) == pytest.approx(NOISE, rel=0.3)
    assert np.mean(last) == pytest.approx(surrogate.final([own])[0], abs=3 * NOISE / 20)


def test_the_pooled_mean_ranks_settings_where_one_seed_does_not() -> None:
    table = noisy_table(noise=0.004, fresh=4)
    heights = -made_heights(table.cube.points(table.settings))
    best = table.counts > 2
    means = Surrogate(table).final(table.settings)
    judge = Judge.of(table)
    ranked = {
        "surrogate": spearmanr(means[best], heights[best]).statistic,
        "fresh": spearmanr(judge.values[0, best], heights[best]).statistic,
        "one seed": spearmanr(table.final[0, best], heights[best]).statistic,
    }
    assert ranked["surrogate"] > ranked["fresh"] > ranked["one seed"]
    assert ranked["surrogate"] > 0.9 > 0.5 > ranked["one seed"]


def test_a_judge_has_not_seen_the_seed_that_was_searched_on() -> None:
    table = noisy_table(noise=0.004, fresh=4)
    judge, without = Judge.of(table), table.counts == 2
    assert judge.fresh.tolist() == (~without).tolist()
    assert judge.values[0, without] == pytest.approx(table.final[1, without])
    assert judge.values[1, without] == pytest.approx(table.final[0, without])
    assert judge.values[0, ~without] == pytest.approx(table.final[2:, ~without].mean(0))
    assert table.noise == pytest.approx(0.004, rel=0.15)
    assert judge.errors[~without] == pytest.approx(table.noise / 2)


def test_score_and_fvu_go_together_as_in_the_recordings() -> None:
    found = likeness(made_world().surrogate)
    assert found["simulated"]["noise"] == pytest.approx(found["recorded"]["noise"], rel=0.3)
    correlation = found["recorded"]["noise_correlation"]
    assert correlation == pytest.approx(0.6, abs=0.15)
    assert found["simulated"]["noise_correlation"] == pytest.approx(correlation, abs=0.1)
    assert found["simulated"]["means"] == pytest.approx(found["recorded"]["means"], abs=0.1)


def test_left_out_predictions_are_those_of_a_process_without_the_point() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((20, 2))
    outputs = np.sin(3 * points[:, 0]) + 0.1 * rng.standard_normal(20)
    process = GP.of(points, outputs, np.array([0.5, 0.5]), 1.0, np.full(20, 0.01))
    for left in (0, 7):
        rest = np.delete(np.arange(20), left)
        # Both take their level from what they were told; it is the same for a fair comparison.
        shift = outputs.mean() - outputs[rest].mean()
        without = GP.of(
            points[rest], outputs[rest] + shift, process.lengths, 1.0, np.full(19, 0.01)
        )
        weights = without.inverse @ (outputs[rest] - process.level)
        kernel = process.signal * _matern(points[[left]], points[rest], process.lengths)
        assert process.left_out(outputs)[left] == pytest.approx(
            process.level + float((kernel @ weights)[0])
        )


def test_the_gradient_of_the_fit_is_that_of_its_loss() -> None:
    rng = np.random.default_rng(1)
    points, outputs = rng.random((12, 3)), rng.standard_normal(12)
    at = np.array([-0.5, 0.2, -0.1, 0.3, -2.0])
    shares = rng.choice([0.5, 0.25], 12)
    _, gradient = _loss(at, points, outputs, shares)
    steps = 1e-6 * np.eye(len(at))
    slopes = [
        (_loss(at + s, points, outputs, shares)[0] - _loss(at - s, points, outputs, shares)[0])
        / 2e-6
        for s in steps
    ]
    assert gradient == pytest.approx(slopes, rel=1e-4, abs=1e-5)


def test_the_process_errs_less_than_the_nearest_setting() -> None:
    rmse = errors(made_table()).set_index(["what", "epoch", "way"])["rmse"]
    for what, epoch in (("ndcg@10", 1), ("ndcg@10", 27), (COST, 27)):
        assert rmse[what, epoch, "process"] < rmse[what, epoch, "nearest"]


def test_tables_that_are_there_say_what_their_recordings_say() -> None:
    for name, table in TABLES.items():
        if table.file.exists():
            from benchmarks.search_quality.recorded import load

            found = load(table)
            assert found.curves["ndcg@10"][:2].shape == (2, 64, EPOCHS), name
            assert np.isfinite(found.curves["ndcg@10"][:2]).all()
            assert (found.curves["leak"][:2] == 0).all(), "the surrogate has none that leaks"


def _matern(a: np.ndarray, b: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    from benchmarks.search_quality.gp import matern

    return matern(a, b, lengths)
