"""The surrogate: near to what was recorded, noisy as the recordings, the same each time."""

import numpy as np
import pytest
from made_table import NOISE, made_table, made_world

from benchmarks.search_quality.errors import errors
from benchmarks.search_quality.gp import GP, _loss
from benchmarks.search_quality.recorded import COST
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
    table, surrogate = made_table(), made_world().surrogates[0]
    points = table.cube.points(table.settings)
    truth = 0.13 - 0.05 / EPOCHS - 0.02 * np.square(points[:, [0, 2]] - 0.6).sum(1)
    found = surrogate.final(table.settings)
    assert np.sqrt(np.mean((found - truth) ** 2)) < NOISE
    recorded = table.curves[COST][0].sum(1)
    assert surrogate.training_seconds(table.settings) == pytest.approx(recorded, rel=0.02)


def test_a_trial_tells_the_same_again_and_another_one_something_else() -> None:
    surrogate, own = made_world().surrogates[0], made_table().settings[3]
    curve = surrogate.curve({**own, "sae_seed": 7})
    again = surrogate.curve({**own, "sae_seed": 7})
    other = surrogate.curve({**own, "sae_seed": 8})
    assert all((curve.metrics[name] == again.metrics[name]).all() for name in curve.metrics)
    assert (curve.metrics["ndcg@10"] != other.metrics["ndcg@10"]).all()


def test_the_noise_is_as_large_as_between_the_recordings() -> None:
    surrogate, own = made_world().surrogates[0], made_table().settings[3]
    last = [surrogate.curve({**own, "sae_seed": s}).at(EPOCHS)["ndcg@10"] for s in range(400)]
    assert np.std(last) == pytest.approx(made_world().noise, rel=0.15)
    assert np.mean(last) == pytest.approx(surrogate.final([own])[0], abs=3 * NOISE / 20)


def test_left_out_predictions_are_those_of_a_process_without_the_point() -> None:
    rng = np.random.default_rng(0)
    points = rng.random((20, 2))
    outputs = np.sin(3 * points[:, 0]) + 0.1 * rng.standard_normal(20)
    process = GP.of(points, outputs, np.array([0.5, 0.5]), 1.0, 0.01)
    for left in (0, 7):
        rest = np.delete(np.arange(20), left)
        # Both take their level from what they were told; it is the same for a fair comparison.
        shift = outputs.mean() - outputs[rest].mean()
        without = GP.of(points[rest], outputs[rest] + shift, process.lengths, 1.0, 0.01)
        weights = without.inverse @ (outputs[rest] - process.level)
        kernel = process.signal * _matern(points[[left]], points[rest], process.lengths)
        assert process.left_out(outputs)[left] == pytest.approx(
            process.level + float((kernel @ weights)[0])
        )


def test_the_gradient_of_the_fit_is_that_of_its_loss() -> None:
    rng = np.random.default_rng(1)
    points, outputs = rng.random((12, 3)), rng.standard_normal(12)
    at = np.array([-0.5, 0.2, -0.1, 0.3, -2.0])
    _, gradient = _loss(at, points, outputs)
    steps = 1e-6 * np.eye(len(at))
    slopes = [
        (_loss(at + s, points, outputs)[0] - _loss(at - s, points, outputs)[0]) / 2e-6
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
            assert found.curves["ndcg@10"].shape == (2, 64, EPOCHS), name
            assert np.isfinite(found.curves["ndcg@10"]).all()


def _matern(a: np.ndarray, b: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    from benchmarks.search_quality.gp import matern

    return matern(a, b, lengths)
