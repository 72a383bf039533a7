"""The search space of a contender: the same ranges for all, beside what is its own; torch-free."""

from typing import Any

from comparison.plan import Contender, PlanSettings
from recsae.space import SearchSpace, space_of

RANGES: dict[str, Any] = {
    "sae_scale_size": {"choice": [2, 4, 8]},
    "sae_lr": {"float": [2e-4, 4e-3], "log": True, "scale": "latents"},
    "sae_batch_size": {"choice": [1024, 2048]},
    "sae_auxk": {"float": [0.004, 1.0], "log": True},
    "sae_dead_window": {"float": [0.1, 1.0], "log": True},
}
"""What every contender searches, beside k, which the plan gives."""
VIEWS = 1
"""Views of each row stored with the states: the contrastive search tries them too."""
GRACE_EPOCHS = 3
"""After one epoch early values tell little here (rank correlation .5), after three they do."""
SLACK_SECONDS = 15.0
"""A search goes on for so much longer: time is counted from its first trial's start."""
TRIALS_A_SECOND = 4
"""More than a core can train: the search ends by its budgets, not by its number of trials."""


def space_for(
    contender: Contender,
    plan: PlanSettings,
    dataset: str,
    base: dict[str, Any],
    data: dict[str, Any] | None = None,
) -> SearchSpace:
    """Return the space whose search lasts for both budgets.

    `base`, `data`: what a space file says under these keys.
    """
    return space_of(
        {
            "model_name": contender.model_name,
            "dataset": dataset,
            "data": data or {},
            "base": base,
            "activations": {"activation_views": VIEWS},
            "parameters": {
                "sae_k": plan.sae_k,
                **RANGES,
                "sae_epochs": plan.epochs,
                **contender.fixed,
                **contender.searched,
            },
            "objectives": {"ndcg@10": "max"},
            "search": {
                "sampler": "tpe",
                "trials": plan.trials + int(plan.seconds * TRIALS_A_SECOND),
                "seed": 0,
                "max_hours": (plan.seconds + SLACK_SECONDS) / 3600,
            },
            "scheduler": {
                "name": "asha",
                "grace_epochs": min(GRACE_EPOCHS, plan.epochs),
                "reduction_factor": 3,
            },
            "resources": {"cpus": 1, "gpus": 0},
        },
        f"the space of {contender.label}",
    )
