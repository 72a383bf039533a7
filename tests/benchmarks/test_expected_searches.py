"""Simulated searches that go by expected scores: what is answered."""

import numpy as np

from benchmarks.search_quality.answers import answers
from benchmarks.search_quality.tables import EPOCHS
from recsae.results import States
from recsae.search.simulation.simulator import SimulatedRun, TrialReport

NOISE = 0.003
COUNT = 60


def _metrics(truth: float, luck: float) -> dict[str, float]:
    """Return a report whose FVU tells the score without its luck."""
    return {"ndcg@10": truth + luck, "fvu": float(np.exp(-100 * truth)), "l0": 4.0, "leak": 0.0}


def _trainings() -> tuple[np.ndarray, list[dict[str, float]]]:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.12, 0.13, COUNT)
    luck = NOISE * rng.standard_normal(COUNT)
    return truth, [_metrics(*both) for both in zip(truth.tolist(), luck.tolist(), strict=True)]


def test_stopped_trials_help_to_choose_among_the_complete_ones() -> None:
    truth, reports = _trainings()
    complete = np.argsort(-truth)[:6]
    lucky = max(complete, key=lambda i: reports[i]["ndcg@10"])
    run = SimulatedRun(
        reports=[
            TrialReport(
                float(i),
                i,
                EPOCHS if i in complete else 1,
                metrics,
                States.COMPLETE if i in complete else States.PRUNED,
            )
            for i, metrics in enumerate(reports)
        ]
    )
    [observed], [expected] = (
        answers(run, np.array([float(COUNT)]), selects) for selects in ("complete", "expected")
    )
    assert observed == lucky
    assert expected is not None
    assert truth[expected] > truth[lucky]
