"""Which trial to choose: by the observed score, by FVU, or by the expected score.

    python -m benchmarks.search_quality.picks [--json] [--draws 200]

From each recorded table many random sets of N settings are drawn, all trained to the end. One
seed's figures choose; the other seed's score of the chosen setting judges. "said" is the value
that the rule itself gives for its choice, so "said" above "got" is how much the rule flatters.
"inside" is the share of the other seed's scores within one told deviation (68 % if it is right).
"""

import argparse
import json
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.search_quality.recorded import Recorded, load
from benchmarks.search_quality.tables import SEEDS, TABLES
from recsae.results.expected import expected_frame

SIZES = (12, 24, 48)
NAME = "ndcg@10"


def compare(recorded: Recorded, size: int, draws: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return means over the draws and both seeds, in 1e-4 of NDCG@10."""
    last = {name: recorded.curves[name][..., -1] for name in (NAME, "fvu", "l0")}
    told: dict[str, list[float]] = {}
    inside: list[bool] = []
    observed_only = 0
    for _ in range(draws):
        chosen = rng.choice(len(recorded.settings), size, replace=False)
        for seed in range(len(SEEDS)):
            own = {f"dev/{name}": values[seed, chosen] for name, values in last.items()}
            trials = pd.DataFrame({"trial_id": chosen, "model_name": recorded.table.variant, **own})
            frame = expected_frame(trials, {NAME: "max"}, trials["trial_id"].notna())
            observed_only += bool(frame.attrs["why_observed"])
            judged = last[NAME][1 - seed, chosen]
            value, sd = (frame[f"{kind}/{NAME}"].to_numpy() for kind in ("expected", "expected_sd"))
            inside += list((np.abs(judged - value) < sd)[np.isfinite(sd)])
            score = own[f"dev/{NAME}"]
            for rule, by, said in (
                ("observed", score, score),
                ("fvu", -own["dev/fvu"], score),
                ("expected", value, value),
            ):
                pick = int(np.argmax(by))
                told.setdefault(f"{rule} got", []).append(judged[pick])
                told.setdefault(f"{rule} said", []).append(said[pick])
    means = {name: round(float(np.mean(values)) * 1e4, 1) for name, values in told.items()}
    return {**means, "inside": round(float(np.mean(inside)), 2), "observed_only": observed_only}


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
