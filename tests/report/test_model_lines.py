"""The lines that `train` and `evaluate` end with."""

from typing import Any

import pytest

from recsae.report.formats import shown_groups
from recsae.report.model_lines import LEAKS, model_lines

DIFFERENCE = {"mean": -0.01, "low": -0.02, "high": 0.001, "verdict": "unclear"}


def outcome(**metrics: Any) -> dict[str, Any]:
    group = {"ndcg@10": 0.1, "hr@50": 0.4, "percentile": 0.2}
    few = {name: {**DIFFERENCE, "verdict": None} for name in group}
    found = {"ndcg@10": 0.12345, "fvu": 0.25, "leak": False, "new_measure": 7.0, **metrics}
    return {
        "model_name": "SASRec_SAE",
        "protocol": "toy: all items ranked",
        "metrics": {"dev": found, "test": found},
        "difference": {"test": {"ndcg@10": DIFFERENCE}},
        "groups": {
            "dev": {},
            "test": {
                "all": {"n": 943, **group, "difference": {"ndcg@10": DIFFERENCE}},
                "cold_items": {"n": 9, **group, "difference": few},
                "sparse_users": {"n": 0, **group},
            },
        },
        "base": {"fingerprint": "abc", "metrics": {"test": {"ndcg@10": 0.1334}}},
        "settings": {"sae_k": 5, "sae_lr": 1e-4},
        "path": None,
        "seconds": 12.34,
    }


def test_a_person_finds_figures_base_and_groups() -> None:
    lines = model_lines(outcome())
    text = "\n".join(lines)
    assert "settings: sae_k 5, sae_lr 0.0001" in lines
    assert "  ranking         ndcg@10 0.1235" in lines
    assert "  more            new_measure 7" in lines  # whatever a new metric is called
    assert "ndcg@10 from 0.1334, -0.0100 [-0.0200, +0.0010]: unclear" in text
    (cold,) = [line for line in lines if "cold_items" in line]
    assert cold.split()[1] == "9" and cold.endswith(": too few users for a verdict")
    assert "sparse_users" not in text  # nobody is in it
    assert "path" not in text and "{" not in text
    assert max(map(len, lines)) < 140 and len(lines) < 25


def test_a_leak_stands_out() -> None:
    assert LEAKS not in model_lines(outcome())
    assert model_lines(outcome(leak=True)).count(LEAKS) == 2


def test_a_base_and_a_run_have_lines_too() -> None:
    base = {**outcome(), "difference": None, "base": None}
    assert any(line.startswith("  ranking") for line in model_lines(base))
    run = {"run": "mine", "best": [{**outcome(), "trial_id": 4}, {**outcome(), "trial_id": 7}]}
    lines = model_lines(run)
    assert lines.count("run: mine") == 2
    assert "trial_id: 4" in lines and "trial_id: 7" in lines


@pytest.mark.parametrize(
    ("met", "new", "shown"), [(5, 4, ["all", "met", "new"]), (0, 9, ["all"]), (9, 0, ["all"])]
)
def test_targets_met_before_and_new_ones_are_apart_if_there_are_both(
    met: int, new: int, shown: list[str]
) -> None:
    sizes = {"all": 9, "met": met, "new": new, "cold_items": 0}
    groups = {name: {"n": n} for name, n in sizes.items()}
    assert list(shown_groups(groups)) == shown
