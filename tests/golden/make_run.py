"""Makes the golden run: made-up trials, written by today's writers.

It stands for the runs that people keep. Tests read `run_v1` as it lies here, so a change that makes
an old run unreadable fails. Make a new folder (run_v2, …) when SCHEMA_VERSION changes, and keep the
old ones: python tests/golden/make_run.py tests/golden/run_v2
"""

import math
import random
import sys
from pathlib import Path
from typing import Any

from recsae.files import write_json
from recsae.results import Columns, States, create, load_results, write_curves, write_trials

WIDTH, BASE, START = 64, 0.0459, 1_767_225_600.0
MODELS = ("SASRec_SAE", "SASRec_SAE_Attention", "SASRec_SAE_Contrastive")
SEARCH = {
    "space": {
        "model_name": list(MODELS),
        "dataset": "grocery",
        "parameters": {
            "sae_k": {"int": [2, 16], "log": True},
            "sae_scale_size": {"choice": [2, 4, 8, 16, 32]},
            "sae_lr": {"float": [1e-4, 1e-1], "log": True},
            "sae_auxk": {"choice": [0, 0.03125, 0.25]},
            "sae_attn_heads": {"choice": [1, 2, 4, 8], "when": {"model_name": [MODELS[1]]}},
            "sae_attn_mode": {
                "choice": ["code", "published"],
                "when": {"model_name": [MODELS[1]]},
            },
            "sae_contrastive_temp": {
                "float": [0.05, 1.0],
                "log": True,
                "when": {"model_name": [MODELS[2]]},
            },
            "sae_epochs": 30,
        },
        "objectives": {"ndcg@10": "max"},
        "search": {"sampler": "tpe", "trials": 40, "seed": 0, "max_hours": None},
        "scheduler": {"name": "asha", "grace_epochs": 1, "reduction_factor": 3},
        "resources": {"cpus": 1.0, "gpus": "auto"},
    },
    "dataset": "grocery",
    "protocol": "grocery: 14681 users, 8713 items, 151254 events; duplicates dropped; order: time, "
    "then user (4839 of 14681 test targets tie in time with the event before); split: given; "
    "mask: history; @10; all items ranked",
    "seed": 0,
    "versions": {
        "python": "3.11.9",
        "torch": "2.13.0",
        "ray": "2.60.0",
        "optuna": "5.0.0",
        "recsae": "0.1.0",
    },
    "machine": {"type": "x86_64, 2 cores", "threads": 1},
    "base": {
        "fingerprint": "9d3f0c55aa17e2b4",
        "settings": {"emb_size": WIDTH, "num_layers": 2, "num_heads": 4, "dropout": 0.2},
        "metrics": {
            "dev": {"ndcg@10": BASE, "hr@10": 0.0871},
            "test": {"ndcg@10": 0.0402, "hr@10": 0.0771},
        },
    },
    "activations": {"fingerprint": "41be7702c9d8f310", "width": WIDTH},
    "pretrained": False,
    "seconds": 212.5,
}


def settings(dice: random.Random) -> dict[str, Any]:
    model = dice.choice(MODELS)
    own: dict[str, Any] = {}
    if model == MODELS[1]:
        own = {
            "sae_attn_heads": dice.choice([1, 2, 4, 8]),
            "sae_attn_mode": dice.choice(["code", "code", "published"]),
        }
    if model == MODELS[2]:
        own = {"sae_contrastive_temp": math.exp(dice.uniform(math.log(0.05), 0.0))}
    return {
        "model_name": model,
        "sae_k": round(math.exp(dice.uniform(math.log(2), math.log(16)))),
        "sae_scale_size": dice.choice([2, 4, 8, 16, 32]),
        "sae_lr": math.exp(dice.uniform(math.log(1e-4), math.log(1e-1))),
        "sae_auxk": dice.choice([0, 0.03125, 0.25]),
        **own,
        "sae_epochs": 30,
    }


def metrics(own: dict[str, Any], epoch: int, dice: random.Random) -> dict[str, Any]:
    """Plausible figures: better with k, with scale, near a rate of 5e-3, and with every epoch."""
    off_rate = (math.log10(own["sae_lr"]) + 2.3) ** 2
    reach = 0.97 - 0.25 / own["sae_k"] - 0.05 * off_rate - 0.04 / own["sae_scale_size"]
    leaks = own.get("sae_attn_mode") == "published"
    share = 0.998 if leaks else reach * (1 - 0.45 * math.exp(-epoch / 4)) + dice.gauss(0, 0.004)
    fvu = 0.01 if leaks else 0.15 + 0.7 * (1 - share)
    return {
        "dev/ndcg@10": BASE * share,
        "dev/hr@10": BASE * share * 1.9,
        "dev/share": share,
        "dev/fvu": fvu,
        "dev/fvu_code": 1.2 if leaks else fvu,
        "dev/fvu_permuted": 0.3 if leaks else 1.8,
        "dev/fvu_zeroed": 0.4 if leaks else 1.0,
        "dev/leak_share": 0.6 if leaks else 0.0,
        "dev/leak": leaks,
        "dev/l0": own["sae_k"] * (1 - 0.1 * math.exp(-epoch / 6)),
        "dev/dead": max(0.0, 0.5 * math.exp(-epoch / 5) + 0.01 * off_rate),
        "train/fvu": fvu * 1.05,
        "train/auxk": 0.9 * math.exp(-epoch / 5),
    }


def rows(trials: int = 40) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the trials and the reports of a made-up search on two workers."""
    dice = random.Random(7)
    free = [START, START]
    results, curves = [], []
    for trial in range(trials):
        own = settings(dice)
        cost = 0.02 * own["sae_scale_size"] + 0.15
        worker = free.index(min(free))
        share = metrics(own, 3, dice)["dev/share"]
        epochs = 30 if share > 0.72 or trial < 3 else (9 if share > 0.66 else 3)
        state, error = (States.COMPLETE if epochs == 30 else States.PRUNED), None
        if trial in (11, 26):
            state, epochs = States.FAILED, trial // 12
            error = "NotFiniteError: a score is not finite after epoch 2 <sae_lr 0.09>"
        reports = [metrics(own, epoch, dice) for epoch in range(1, epochs + 1)]
        curves += [
            {Columns.TRIAL_ID: trial, Columns.EPOCH: epoch, Columns.SECONDS: cost * epoch, **report}
            for epoch, report in enumerate(reports, start=1)
        ]
        last = reports[-1] if reports else {}
        results.append(
            {
                Columns.TRIAL_ID: trial,
                Columns.STATE: state,
                **own,
                **{name: value for name, value in last.items() if name.startswith("dev/")},
                Columns.EPOCHS: epochs,
                Columns.SECONDS: cost * max(epochs, 1),
                Columns.STARTED: free[worker],
                Columns.ENDED: free[worker] + cost * max(epochs, 1),
                Columns.NODE: f"node-{worker}",
                Columns.ERROR: error,
            }
        )
        free[worker] += cost * max(epochs, 1) + 0.1
    return results, curves


def make(path: Path) -> None:
    results, curves = rows()
    create(path, SEARCH)
    write_trials(path, results)
    write_curves(path, curves)
    for trial in load_results(path).best_trials():
        folder = path / "best" / str(trial["trial_id"])
        write_json(folder / "settings.json", trial["settings"])
        write_json(folder / "metrics.json", {"dev": trial["metrics"]})


if __name__ == "__main__":
    make(Path(sys.argv[1]))
