"""Rows of small made-up runs, one for each state that a run can be in."""

from typing import Any

SEARCH: dict[str, Any] = {
    "space": {
        "model_name": "SASRec_SAE",
        "parameters": {
            "sae_k": {"int": [2, 16], "log": True},
            "sae_lr": {"float": [1e-4, 1e-1], "log": True},
            "sae_auxk": {"float": [0.0, 1.0], "log": False},
            "sae_scale_size": {"choice": [2, 16, 8]},
        },
        "objectives": {"ndcg@10": "max"},
    },
    "protocol": "a made-up set, all items ranked",
    "base": {"metrics": {"dev": {"ndcg@10": 0.2}}, "settings": {"emb_size": 64}},
}


def trial(trial_id: int, state: str, **values: Any) -> dict[str, Any]:
    """Return a row; a trial that has ended did so a second after it was started."""
    ended = {} if state in ("RUNNING", "PAUSED") else {"ended": 1e9 + trial_id + 1, "seconds": 1.0}
    measured: dict[str, Any] = {}
    if state != "FAILED":
        measured = {"dev/ndcg@10": 0.1 + trial_id / 100, "dev/l0": 2.0 + trial_id, "epochs": 2}
    return {
        "trial_id": trial_id,
        "state": state,
        "model_name": "SASRec_SAE",
        "sae_k": 2 + trial_id,
        "sae_lr": 10.0 ** -(1 + trial_id % 4),
        **measured,
        "started": 1e9 + trial_id,
        **ended,
        **values,
    }


RUNS: dict[str, list[dict[str, Any]]] = {
    "empty": [],
    "first one running": [trial(0, "RUNNING", epochs=0, **{"dev/ndcg@10": None, "dev/l0": None})],
    "one complete": [trial(0, "COMPLETE")],
    "running": [trial(0, "COMPLETE"), trial(1, "PRUNED"), trial(2, "RUNNING")],
    "two": [trial(0, "COMPLETE"), trial(1, "COMPLETE")],
    "paused": [trial(0, "PAUSED"), trial(1, "COMPLETE"), trial(2, "RUNNING")],
    "no complete": [trial(0, "PRUNED"), trial(1, "FAILED", error="boo")],
    "failed only": [trial(i, "FAILED", error="boo") for i in range(3)],
    "leaks only": [trial(i, "COMPLETE", **{"dev/leak": True}) for i in range(2)],
    "mixed": [
        trial(0, "COMPLETE", **{"dev/leak": False}),
        trial(1, "COMPLETE", **{"dev/leak": False}),
        trial(2, "COMPLETE", **{"dev/leak": True}),
        trial(3, "PRUNED", **{"dev/leak": False}),
        trial(4, "FAILED", error="boo"),
    ],
}
