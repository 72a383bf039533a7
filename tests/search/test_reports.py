"""Reports: what a trial says of an epoch, and how it is read at the other end."""

from typing import Any

import pytest
from ray.tune.utils import flatten_dict

from recsae.results import States
from recsae.search.reports import (
    WORST,
    epoch_report,
    failure_report,
    metric_columns,
    metrics_of,
    one_line,
)

METRICS: dict[str, Any] = {"ndcg@10": 0.25, "fvu": 0.5, "leak": None, "train/loss": 1.5}


def report(objectives: dict[str, str], done: bool = False) -> dict[str, Any]:
    return epoch_report(3, 7.5, METRICS, objectives, done)


def test_more_of_the_objective_is_always_better() -> None:
    assert report({"ndcg@10": "max"})["objective"] == 0.25
    assert report({"fvu": "min"})["objective"] == -0.5


def test_a_leak_is_the_worst_a_scheduler_can_see() -> None:
    for objectives in ({"ndcg@10": "max"}, {"fvu": "min"}):
        leaking = epoch_report(1, 0.0, {**METRICS, "leak": True}, objectives, False)
        assert leaking["objective"] == WORST < report(objectives)["objective"]


def test_several_objectives_are_no_single_number() -> None:
    assert "objective" not in report({"ndcg@10": "max", "fvu": "min"})


def test_the_last_epoch_completes_the_trial() -> None:
    assert (report({"fvu": "min"})["state"], report({"fvu": "min"})["done"]) == ("RUNNING", False)
    last = report({"fvu": "min"}, done=True)
    assert (last["state"], last["done"]) == (States.COMPLETE, True)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_an_objective_that_is_not_a_number_is_an_error(value: float | None) -> None:
    with pytest.raises(ValueError, match=r"objective ndcg@10 is .* after epoch 2"):
        epoch_report(2, 0.0, {"ndcg@10": value}, {"ndcg@10": "max"}, False)


def test_metrics_survive_rays_flattening() -> None:
    made = report({"ndcg@10": "max"})
    assert metrics_of(made) == METRICS
    assert metrics_of(flatten_dict(made)) == METRICS
    assert metrics_of(failure_report(1, 2.0, "no")) == {}


def test_metrics_get_the_names_of_their_columns() -> None:
    assert metric_columns(METRICS) == {
        "dev/ndcg@10": 0.25,
        "dev/fvu": 0.5,
        "dev/leak": None,
        "train/loss": 1.5,
    }


def test_an_error_is_one_short_line() -> None:
    assert one_line(ValueError("two\n  lines")) == "ValueError: two lines"
    assert one_line(MemoryError()) == "MemoryError"
    assert len(one_line(ValueError("x" * 1000))) == 300
