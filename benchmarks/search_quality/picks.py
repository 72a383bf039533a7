"""Which trial to choose: by the observed score, by FVU, or by the expected score.

    python -m benchmarks.search_quality.picks [--json] [--draws 200]

From each recorded table many random sets of N settings are drawn, all trained to the end. One
seed's figures choose; seeds that had no part in it judge: the mean over four fresh ones where the
chosen setting was trained with them ("fresh" is how often), else the other first seed. "said" is
the value that the rule itself gives for its choice, so "said" above "got" is how much the rule
flatters. "inside" is the share of the other first seed's scores within one told deviation (68 % if
it is right).
"""

import argparse
import json
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.search_quality.judge import Judge
from benchmarks.search_quality.recorded import Recorded, load
from benchmarks.search_quality.tables import EPOCHS, SEEDS, TABLES
from recsae.results import States
from recsae.results.expected import expected_frame

SIZES = (12, 24, 48, 64)
NAME = "ndcg@10"


def compare(recorded: Recorded, size: int, draws: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return means over the draws and both seeds, in 1e-4 of NDCG@10."""
    last = {name: recorded.curves[name][..., -1] for name in (NAME, "fvu", "l0")}
    judge = Judge.of(recorded)
    told: dict[str, list[float]] = {}
    inside: list[bool] = []
    fresh: list[bool] = []
    observed_only = 0
    for _ in range(draws if size < len(recorded.settings) else 1):
        chosen = rng.choice(len(recorded.settings), size, replace=False)
        for seed in range(len(SEEDS)):
            own = {f"dev/{name}": values[seed, chosen] for name, values in last.items()}
            ended = {"state": States.COMPLETE, "epochs": EPOCHS}
            about = {"trial_id": chosen, "model_name": recorded.table.variant, **ended}
            trials = pd.DataFrame({**about, **own})
            frame = expected_frame(trials, {NAME: "max"}, trials["trial_id"].notna())
            observed_only += bool(frame.attrs["why_observed"])
            value, sd = (frame[f"{kind}/{NAME}"].to_numpy() for kind in ("expected", "expected_sd"))
            other = last[NAME][1 - seed, chosen]
            inside += list((np.abs(other - value) < sd)[np.isfinite(sd)])
            score = own[f"dev/{NAME}"]
            for rule, by, said in (
                ("observed", score, score),
                ("fvu", -own["dev/fvu"], score),
                ("expected", value, value),
            ):
                pick = int(np.argmax(by))
                told.setdefault(f"{rule} got", []).append(judge.values[seed, chosen[pick]])
                told.setdefault(f"{rule} said", []).append(said[pick])
                fresh.append(bool(judge.fresh[chosen[pick]]))
    means = {name: round(float(np.mean(values)) * 1e4, 1) for name, values in told.items()}
    shares = {"inside": np.mean(inside) if inside else np.nan, "fresh": np.mean(fresh)}
    shares = {name: round(float(share), 2) for name, share in shares.items()}
    return {**means, **shares, "observed_only": observed_only}


def main() -> None:
    """Compare on all recorded tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as one list")
    parser.add_argument("--draws", type=int, default=200, help="sets of settings a table and size")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    rows = [
        {"table": name, "trials": size, **compare(load(table), size, options.draws, rng)}
        for name, table in TABLES.items()
        if table.file.exists()
        for size in SIZES
    ]
    print(json.dumps(rows) if options.json else pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
