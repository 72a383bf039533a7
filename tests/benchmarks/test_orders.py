"""Recorded settings in random orders: the planted relations of a made-up table come out."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_table import TABLE, made_heights, noisy_table

from benchmarks.search_quality import orders, picks
from benchmarks.search_quality.judge import Judge
from benchmarks.search_quality.report.page import markdown

COUNT = 40


@cache
def _found() -> tuple[pd.DataFrame, dict[str, Any]]:
    table = noisy_table(noise=0.001, fresh=4)
    ran = [orders.run_batch(batch, table) for batch in orders.batches([TABLE.name], COUNT)]
    frame = pd.concat(ran, ignore_index=True)
    return frame, orders.outcomes(frame, {TABLE.name: table}, 1e4)[TABLE.name]


def test_each_order_answers_by_each_rule_at_each_budget() -> None:
    frame, found = _found()
    ways = len(orders.STOPS) * len(orders.CHOICES)
    assert len(frame) == COUNT * ways * len(orders.TRAININGS)
    assert found["orders"] == COUNT
    assert len(found["ways"]) == ways
    again = orders.run_batch(next(orders.batches([TABLE.name], 2)), noisy_table(0.001, 4))
    same = frame[(frame["stop"] == orders.STOPS[0]) & (frame["order"] < 2)]
    assert again["pick"].tolist() == same["pick"].tolist()


def test_more_budget_finds_more_and_nothing_beats_the_best() -> None:
    values = _found()[1]["ways"]["observed, observed"]["value"]
    assert values[0][0] < values[-1][0] <= _found()[1]["best"]


def test_a_measure_that_misleads_is_found_out() -> None:
    # In this table FVU is the lowest where k is the largest, which is not where the score is best.
    ways = _found()[1]["ways"]
    assert ways["observed, observed"]["more"][-1] == [0.0, 0.0, 0.0]
    assert ways["observed, fvu"]["more"][-1][2] < -5
    assert ways["fvu, fvu"]["more"][-1][2] < -5


def test_the_value_of_answers_is_that_of_fresh_seeds() -> None:
    frame, found = _found()
    table = noisy_table(noise=0.001, fresh=4)
    rows = frame[(frame["stop"] == "fvu") & (frame["choose"] == "fvu") & (frame["trainings"] == 6)]
    judge = Judge.of(table)
    values = [judge.values[row.seed, row.pick] for row in rows.itertuples()]
    assert found["ways"]["fvu, fvu"]["value"][0][0] == pytest.approx(1e4 * np.mean(values))


def test_over_all_tables_it_is_the_mean_and_the_interval_is_narrower() -> None:
    frame, one = _found()
    other = frame.assign(table="other")
    tables = dict.fromkeys((TABLE.name, "other"), noisy_table(noise=0.001, fresh=4))
    both = orders.outcomes(pd.concat([frame, other]), tables, 1e4)[orders.ALL]
    value, low, high = both["ways"]["fvu, fvu"]["value"][0]
    alone, lower, higher = one["ways"]["fvu, fvu"]["value"][0]
    assert value == pytest.approx(alone)
    assert (high - low) == pytest.approx((higher - lower) / 2**0.5, rel=0.1)


def test_the_page_says_what_other_ways_have_more() -> None:
    text = markdown({"orders": {TABLE.name: _found()[1]}})
    assert (
        "| table, trainings | stopped, chosen by: observed, observed | observed, fvu: more |"
        in text
    )
    assert f"| {TABLE.name}, 24 |" in text


def test_what_is_picked_from_all_settings() -> None:
    table = noisy_table(noise=0.001, fresh=4)
    row = picks.compare(table, len(table.settings), 5, np.random.default_rng(0))
    judge = Judge.of(table)
    observed = [judge.values[seed, table.final[seed].argmax()] for seed in (0, 1)]
    assert row["observed got"] == pytest.approx(1e4 * np.mean(observed), abs=0.1)
    points = table.cube.points(table.settings)
    truth = 0.13 - 0.05 / 27 - made_heights(points).min()
    assert row["observed got"] == pytest.approx(1e4 * truth, abs=10)
    assert row["fvu got"] < row["observed got"] - 5
    assert 0.3 < row["fresh"] < 1
