"""Which measure finds the dictionaries that recover most of the concepts that made the data?

    python experiments/which_objective_recovers.py [--trials 24 --seeds 3]

On synthetic data of several difficulties the same random settings are trained; each measure chooses
one of them by its value on dev, and what that one recovers is told, on rows of test. Finished
trainings are kept in the folder (--out), so that the command goes on where it was stopped.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from concepts.trainings import Trainings, cell, drawn, markdown, over_seeds, states_of
from scipy import stats

from recsae.cli.output import tell_mistakes
from recsae.files import write_json, write_whole
from recsae.metrics.registry import metrics
from recsae.progress import meter
from recsae.sae.model import SparseAutoencoder
from recsae.scoring import Evaluator
from recsae.space import load_space

WORLDS = {
    "plain": "",
    "16 concepts": "concepts=16",
    "correlated": "concepts=16,correlation=0.7",
    "families": "concepts=16,hierarchy=4",
    "restless": "concepts=16,drift=0.4,noise=0.3",
}
BASE = {"num_layers": 1, "num_heads": 1, "epochs": 12}
TRUTH = "concept_recovery"
MEASURES = (
    *("ndcg@10", "kl", "fvu", "l0", "alive", "coherence_mean"),
    *("concept_auc", "concept_f1", "purity", "coverage", "steer_gain", TRUTH),
)
ASKED = ("concept_auc", "concept_f1", "purity", "coverage", "steer_gain", TRUTH)
RECOVERED = "recovered"

Table = dict[str, list[float]]


def trials_of(name: str, trials: int, seed: int, folder: Path) -> list[dict[str, Any]]:
    """Return the figures of all trials on one world; `seed` draws the data, base and settings."""
    extra = f",{WORLDS[name]}" if WORLDS[name] else ""
    states = states_of(f"synthetic:users=600,seed={seed}{extra}", {**BASE, "base_seed": seed})
    test = Evaluator(states, "test")

    def recovered(model: SparseAutoencoder) -> dict[str, Any]:
        return {RECOVERED: test(model, asked=[TRUTH])[TRUTH]}

    train = Trainings(states, folder, recovered)
    chosen = drawn(load_space("interpretable.yaml"), trials, seed)
    found = []
    with meter(f"{name}, seed {seed}", trials) as progress:
        for training in chosen:
            found.append(train(training, seed, ASKED))
            progress(len(found))
    return found


def judged(trials: list[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Return, a measure, what its choice recovers, and its rank correlation with what is
    recovered."""
    recovered = np.array([trial[RECOVERED] for trial in trials])
    answers = {"chosen by lot": (float(recovered.mean()), 0.0)}
    for name in MEASURES:
        sign = 1 if metrics()[name].direction == "max" else -1
        values = np.nan_to_num(sign * np.array([trial[name] for trial in trials]), nan=-np.inf)
        apart = len(np.unique(values)) > 1
        rank = float(stats.spearmanr(values, recovered).statistic) if apart else 0.0
        answers[name] = float(recovered[values.argmax()]), rank
    answers["the best there is"] = float(recovered.max()), 1.0
    return answers


def run(options: argparse.Namespace) -> None:
    """Train what is not kept, write the table and print it."""
    seeds = range(options.seeds)
    found = {
        name: [judged(trials_of(name, options.trials, seed, options.out)) for seed in seeds]
        for name in options.worlds
    }
    everywhere = [one for searches in found.values() for one in searches]
    rows = []
    for measure in everywhere[0]:
        by_world = [
            cell(over_seeds(one[measure][0] for one in searches)) for searches in found.values()
        ]
        whole = [over_seeds(one[measure][part] for one in everywhere) for part in (0, 1)]
        rows.append([f"`{measure}`" if measure in MEASURES else measure, *by_world])
        rows[-1] += [cell(whole[0]), cell(whole[1], 2)]
    title = (
        f"F1 of recovered concepts on test, {options.trials} random settings, {options.seeds} "
        "seeds of data, base and settings; mean [95 % over seeds]"
    )
    head = ["chosen by", *found, "all", "rank correlation"]
    text = markdown(title, head, rows)
    write_json(options.out / "found.json", found)
    write_whole(options.out / "table.md", text)
    sys.stdout.write(text)


def main() -> None:
    """Run; a user's mistake is one line on standard error and exit code 2."""
    made = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    made.add_argument("--worlds", nargs="+", choices=WORLDS, default=[*WORLDS], metavar="NAME")
    made.add_argument("--trials", type=int, default=24, help="settings a world and seed")
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--out", type=Path, default=Path("runs/recovery"), help="folder to fill")
    options = made.parse_args()
    tell_mistakes("which_objective_recovers", lambda: run(options))


if __name__ == "__main__":
    main()
