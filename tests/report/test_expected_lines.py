"""What is told of the expected score: the best trial's, another's that is expected better."""

from typing import Any

import pytest

from recsae.report.summary import expected_lines

BEST = {"trial_id": 3, "observed": 0.1342, "expected": 0.1301, "sd": 0.0028}
OTHER = {"trial_id": 5, "observed": 0.131, "expected": 0.1311, "sd": None}


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        ({}, []),
        (
            {"why_observed": "too few"},
            ["  expected  ndcg@10 of another seed is not known: too few"],
        ),
        (
            {"best": BEST, "best_by_expected": BEST},
            ["  expected  of another seed: ndcg@10 0.1301 ± 0.0028 (observed 0.1342)"],
        ),
        (
            {"best": BEST, "best_by_expected": OTHER},
            [
                "  expected  of another seed: ndcg@10 0.1301 ± 0.0028 (observed 0.1342)",
                "            trial 5 is expected best: ndcg@10 0.1311 (observed 0.1310)",
            ],
        ),
    ],
)
def test_lines(told: dict[str, Any], lines: list[str]) -> None:
    assert expected_lines({"objective": "ndcg@10", **told} if told else {}) == lines
