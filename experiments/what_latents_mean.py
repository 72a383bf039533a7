"""What do latents tell of the next item's attributes, and does training them matter?

    python experiments/what_latents_mean.py --datasets ml-100k grocery beauty [--trials 16]

Per data set: the original's settings; the best by NDCG@10 and the best by concept_auc of random
settings from interpretable.yaml; a random dictionary with the latter's settings, its encoder
trained; and what needs no training: a random dictionary, principal components, the states'
coordinates. Each line is trained anew with fresh seeds and scored on dev. Finished trainings are
kept in the folder (--out), so that the command goes on where it was stopped.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from concepts.trainings import (
    Figures,
    Training,
    Trainings,
    cell,
    drawn,
    markdown,
    over_seeds,
    states_of,
)

from recsae.activations.store import Activations
from recsae.cli.output import tell_mistakes
from recsae.errors import RecsaeError
from recsae.files import write_json, write_whole
from recsae.progress import meter
from recsae.sae.base import SAESettings
from recsae.scoring import concepts_beside_controls
from recsae.space import load_space

SCORES = ("concept_auc", "concept_f1", "purity", "coverage", "steer_gain")
ORIGINAL = Training("SASRec_SAE", {"sae_recipe": "reference"})
CONCEPTS = "concepts"
CONTROLS = {
    "random": "random dictionary, untrained",
    "pca": "principal components",
    "raw": "coordinates of the states",
    "permuted": "best by concept_auc, permuted attributes",
}
HEAD = ["dictionary", "k", "latents", "ndcg@10", *SCORES, "beats its controls"]


def lines_of(train: Trainings, trials: int) -> dict[str, Training]:
    """Search at random with seed 0; return what is trained anew."""
    chosen = drawn(load_space("interpretable.yaml"), trials, seed=0)
    found = []
    with meter("settings", trials) as progress:
        for training in chosen:
            found.append(train(training, 0, ["concept_auc"]))
            progress(len(found))
    best = {
        name: chosen[max(range(trials), key=lambda place: found[place][name])]
        for name in ("ndcg@10", "concept_auc")
    }
    return {
        "original": ORIGINAL,
        **{f"best by {name}": training for name, training in best.items()},
        "random dictionary, trained encoder": Training(
            "SASRec_SAE_Random", best["concept_auc"].settings
        ),
    }


def study(dataset: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of each line, and its figures by seed."""
    states = states_of(dataset, {})
    train = Trainings(states, options.out, lambda model: concepts_of(model, states))
    lines = lines_of(train, options.trials)
    found: dict[str, Any] = {}
    with meter(dataset, len(lines) * options.seeds) as progress:
        for label, training in lines.items():
            seeds = [train(training, 1 + seed) for seed in range(options.seeds)]
            width = states.meta["width"]
            found[label] = {"settings": training.settings, "width": width, "seeds": seeds}
            progress(len(found) * options.seeds, label)
    return found


def concepts_of(model: Any, states: Activations) -> Figures:
    """Return the scores of concepts of a trained model, beside its controls."""
    found = concepts_beside_controls(model, states)
    if not found:
        raise RecsaeError(f"{states.meta['dataset']}: expected data with attributes of the items")
    return {CONCEPTS: found}


def rows_of(found: dict[str, Any]) -> list[list[str]]:
    """Return the table of a data set."""
    rows = []
    for label, line in found.items():
        seeds = line["seeds"]
        scored = [[one[CONCEPTS][name] for one in seeds] for name in SCORES]
        beats = [
            f"{name} {sum(one['beats'] for one in own)}/{len(own)}"
            for name, own in zip(SCORES, scored, strict=True)
        ]
        means = [cell(over_seeds(one["value"] for one in own)) for own in scored]
        ndcg = cell(over_seeds(one["ndcg@10"] for one in seeds))
        held = SAESettings.of(line["settings"])
        size = str(held.sae_k), str(held.latents(line["width"]))
        rows.append([label, *size, ndcg, *means, ", ".join(beats)])
    # Those of the states alone are the same beside every line.
    last = found["best by concept_auc"]["seeds"]
    for control, label in CONTROLS.items():
        beside = [[one[CONCEPTS][name]["controls"][control] for one in last] for name in SCORES]
        rows.append([label, "", "", "", *(cell(over_seeds(own)) for own in beside), ""])
    return rows


def run(options: argparse.Namespace) -> None:
    """Train what is not kept, write the tables and print them."""
    parts, everything = [], {}
    for dataset in options.datasets:
        everything[dataset] = study(dataset, options)
        title = (
            f"{dataset}, dev: {options.trials} settings searched, {options.seeds} fresh seeds a "
            "line; mean [95 % over seeds]"
        )
        parts.append(markdown(title, HEAD, rows_of(everything[dataset])))
        write_json(options.out / "found.json", everything)
        write_whole(options.out / "tables.md", "\n".join(parts))
    sys.stdout.write("\n".join(parts))


def main() -> None:
    """Run; a user's mistake is one line on standard error and exit code 2."""
    made = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    made.add_argument("--datasets", nargs="+", default=["ml-100k"], metavar="NAME")
    made.add_argument("--trials", type=int, default=16, help="settings drawn at random")
    made.add_argument("--seeds", type=int, default=3, help="fresh seeds a line")
    made.add_argument("--out", type=Path, default=Path("runs/meaning"), help="folder to fill")
    options = made.parse_args()
    tell_mistakes("what_latents_mean", lambda: run(options))


if __name__ == "__main__":
    main()
