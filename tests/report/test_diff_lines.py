"""What `results diff` prints."""

from recsae.report.diff_lines import diff_lines


def outcome(**more: object) -> dict[str, object]:
    return {
        "runs": ["a", "b"],
        "differences": {
            "space": {
                "parameters.sae_k": [{"int": [2, 16], "log": True}, 8],
                "constraints.dead": [None, "<= 0.5"],
            },
            "data": {},
        },
        "outcome": {
            "trials": [{"COMPLETE": 3, "FAILED": 0}, {"COMPLETE": 0}],
            "seconds": [125.0, 3.0],
            "best ndcg@10": [0.12345, None],
            "finalist ndcg@10, anew": [{"mean": 0.1, "low": 0.09, "high": 0.11}, None],
        },
        "best_settings": {"sae_seed": [1234567890, 2]},
        "not_mergeable": None,
        **more,
    }


def test_lines_by_hand() -> None:
    assert diff_lines(outcome()) == [
        "a | b",
        "space:",
        "  parameters.sae_k  {int: [2, 16], log: true} | 8",
        "  constraints.dead  – | <= 0.5",
        "the same: data",
        "outcome:",
        "  trials                  3 COMPLETE | none",
        "  seconds                 2 min | 3 s",
        "  best ndcg@10            0.1235 | –",
        "  finalist ndcg@10, anew  0.1000 [0.0900, 0.1100] | –",
        "settings of the best:",
        "  sae_seed  1234567890 | 2",
    ]


def test_what_keeps_runs_from_being_merged_comes_last() -> None:
    assert diff_lines(outcome(not_mergeable="no"))[-1] == "not to be merged: no"


def test_long_values_are_cut() -> None:
    differences = {"space": {"model_name": [["SASRec_SAE"] * 20, None]}}
    (line,) = [text for text in diff_lines(outcome(differences=differences)) if "SASRec" in text]
    assert len(line) < 100 and "…" in line
