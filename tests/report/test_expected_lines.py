"""What is told of the expected score: the best trial's, another's that is expected better."""

from typing import Any

import pytest

from recsae.report.summary import expected_lines

BEST = {"trial_id": 3, "observed": 0.1342, "expected": 0.1301, "sd": 0.0028, "flattered": 0.0041}
OTHER = {"trial_id": 5, "observed": 0.131, "expected": 0.1311, "sd": None, "flattered": -0.0001}

WORDS = "ndcg@10 0.1301 ± 0.0028 (observed 0.1342, flattered by 0.0041)"
FLATTERED = f"  expected  of another seed: {WORDS}"


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        ({}, []),
        (
            {"why_observed": "too few"},
            ["  expected  ndcg@10 of another seed is not known: too few"],
        ),
        (
            {"best": BEST, "best_by_expected": BEST, "best_by_observed": BEST},
            [FLATTERED],
        ),
        (
            {"best": OTHER, "best_by_expected": OTHER, "best_by_observed": BEST},
            [
                "  expected  of another seed: ndcg@10 0.1311 (observed 0.1310)",
                f"            trial 3 scored best: {WORDS}",
            ],
        ),
        (
            {"best": BEST, "best_by_expected": OTHER, "best_by_observed": BEST},
            [
                FLATTERED,
                "            trial 5 is expected best: ndcg@10 0.1311 (observed 0.1310)",
            ],
        ),
    ],
)
def test_lines(told: dict[str, Any], lines: list[str]) -> None:
    assert expected_lines({"objective": "ndcg@10", **told} if told else {}) == lines
