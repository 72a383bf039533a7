"""What telling the expected value of a report costs the driver in a long search.

    python benchmarks/expected_values.py [--trials 1000]

CPU milliseconds a report at a rung, the median and the 95th percentile of 100 reports.
"""

import argparse
import time

import numpy as np

from recsae.search.engine.expected_values import ExpectedValues
from recsae.search.engine.history import History, Trial
from recsae.search.engine.reports import Report

RUNGS = (1, 3, 9)
LAST = 27
REPORTS = 100


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=1000)
    trials = parser.parse_args().trials
    history, draw = History({"ndcg@10": "max"}), np.random.default_rng(0)
    for number in range(trials):
        trial = history.add(Trial(number, "SASRec_SAE", {}, {}, LAST))
        reached = int(draw.choice([*RUNGS, LAST], p=[0.66, 0.22, 0.08, 0.04]))
        for epochs in range(1, reached + 1):
            history.add_report(trial, _report(epochs, draw))
    tells, spent, told = ExpectedValues(RUNGS), [], 0
    new = history.add(Trial(trials, "SASRec_SAE", {}, {}, LAST))
    for _ in range(REPORTS):
        report = _report(1, draw)
        began = time.process_time()
        told += bool(tells.of(history, new, report))
        spent.append(1e3 * (time.process_time() - began))
    middle, high = np.percentile(spent, [50, 95])
    print(f"{trials} trials: {middle:.1f} ms a report (95 %: {high:.1f}), {told} of {REPORTS} told")


def _report(epochs: int, draw: np.random.Generator) -> Report:
    fvu = float(np.exp(0.5 * draw.normal())) / epochs**0.5
    score = 0.1 - 0.01 * np.log(fvu) + 0.004 * float(draw.normal())
    return Report(epochs, 0.0, {"ndcg@10": float(score), "fvu": fvu, "l0": 16.0})


if __name__ == "__main__":
    main()
