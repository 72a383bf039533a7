"""Made-up pages with hostile texts: of a run, of two runs, of latents."""

import copy
from pathlib import Path
from typing import Any

from report.made_up_runs import SEARCH, trial

from recsae.report.page import render
from recsae.report.pages.comparison import write_comparison
from recsae.report.pages.latents import write_latents_page
from recsae.results import create, load_results, write_curves, write_importance, write_trials

ATTACK = "</script><script>window.hacked = 1</script><img src=x onerror=window.hacked=1>\"'&{{7*7}}"
LATENTS = 250


def make_run(path: Path, protocol: str = ATTACK) -> None:
    """Write a run of 30 trials in every state, with two objectives, whose texts are hostile."""
    search = copy.deepcopy(SEARCH)
    search["space"]["objectives"] = {"ndcg@10": "max", "fvu": "min"}
    search |= {"protocol": protocol, "dataset": ATTACK}
    search["controls"] = {ATTACK: {"ndcg@10": 0.15}}
    create(path, search)
    states = ["COMPLETE", "COMPLETE", "PRUNED"] * 9 + ["FAILED", "PAUSED", "COMPLETE"]
    rows = [_trial(number, state) for number, state in enumerate(states)]
    rows[-1]["dev/leak"] = True
    write_trials(path, rows)
    measured = [row for row in rows if "dev/ndcg@10" in row]
    write_curves(
        path,
        [
            {
                "trial_id": row["trial_id"],
                "epoch": epoch,
                "dev/ndcg@10": row["dev/ndcg@10"] * epoch / 2,
                "dev/fvu": row["dev/fvu"] / epoch,
            }
            for row in measured
            for epoch in (1, 2)
        ],
    )
    shares = {"sae_lr": 0.6, "sae_k": 0.3, "sae_scale_size": 0.1}
    about = {"objective": "ndcg@10", "epochs": 2, "trials": 20}
    write_importance(
        path,
        [
            {**about, "parameter": n, "importance": x, "low": x / 2, "high": x * 1.3}
            for n, x in shares.items()
        ],
    )


def _trial(number: int, state: str) -> dict[str, Any]:
    k = 2 + number * 7 % 15
    row = trial(number, state, sae_k=k, sae_scale_size=(2, 8, 16)[number % 3], node=ATTACK)
    if state == "FAILED":
        return row | {"error": ATTACK}
    return row | {"dev/ndcg@10": 0.1 + k / 200 + number / 1e4, "dev/fvu": 1 / (k + 1)}


def run_page(folder: Path) -> Path:
    """Return the page of such a run."""
    make_run(folder / "one")
    path = folder / "one" / "report.html"
    path.write_text(render(load_results(folder / "one")))
    return path


def comparison_page(folder: Path) -> Path:
    """Return the page of two such runs."""
    for name in ("two", "three"):
        make_run(folder / name, ATTACK + name)
    runs = [load_results(folder / name) for name in ("two", "three")]
    write_comparison(runs, folder / "both.html")
    return folder / "both.html"


def latents_page(folder: Path) -> Path:
    """Return a page of latents: the odd ones dead, each tenth with an attribute."""
    titles = [[str(i), f"Title {i} {ATTACK}"] for i in range(40)]
    user = {
        "user": ATTACK,
        "events": 30,
        "history": list(range(20)),
        "latents": [7, 20],
        "values": [2.5, 1.0],
        "items": [1, 2, 3],
        "scores": [3.0, 2.0, 1.0],
        "base_ranks": [1, 3, 2],
        "parts": [[1.5, -0.5, 0.0], [0.2, 0.1, 0.3]],
        "enter": [[4], []],
        "leave": [[1], []],
    }
    content = {
        "latents": [_latent(number) for number in range(LATENTS)],
        "users": [user, {**user, "user": "second", "latents": [], "parts": [], "values": []}],
        "tradeoff": {
            "quality": "ndcg@10",
            "names": ["concept_auc"],
            "trials": [
                {"trial": i, "quality": 0.1 + i / 100, "scores": [0.6 - i / 100], "own": i == 1}
                for i in range(4)
            ],
        },
        "items": titles,
    }
    about = {"model_name": "SASRec_SAE", "dataset": ATTACK, "sae_k": 8, "leaks": True}
    about |= {"model": ATTACK, "settings": {ATTACK: ATTACK}, "concepts": [ATTACK]}
    write_latents_page(folder / "latents.html", about, content)
    return folder / "latents.html"


def _latent(number: int) -> dict[str, Any]:
    figures = [0.9, 3.0, 0.5, 1e-6, 0.6, 0.5, 0.7, 0.2]
    return {
        "density": 0.0 if number % 2 else number / LATENTS,
        "mean": 1.0 + number,
        "max": 2.0 + number,
        "match": 0.5,
        "dead": bool(number % 2),
        "after": [1, 2],
        "before": [number % 40],
        "raises": [3],
        "lowers": [4],
        "tags": [ATTACK],
        "attributes": [[f"genre=Drama {ATTACK}", *figures]] if number % 10 == 0 else [],
        "contexts": [{"user": ATTACK, "value": 1.5, "history": [1, 2], "next": 3}],
    }
