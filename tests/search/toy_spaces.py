"""A space for searches over trials that train nothing."""

from typing import Any

from recsae.space import SearchSpace, space_of


def toy_space(
    scheduler: str = "none", epochs: int = 3, search: dict[str, Any] | None = None, **keys: Any
) -> SearchSpace:
    """Return a space of two parameters; `keys` are sections that it has beside or instead."""
    values = {
        "model_name": "SASRec_SAE",
        "dataset": "synthetic",
        "parameters": {
            "sae_k": {"int": [2, 16], "log": True},
            "sae_lr": {"float": [1e-4, 1e-1], "log": True},
            "sae_epochs": epochs,
        },
        "objectives": {"ndcg@10": "max"},
        "search": {"trials": 6, "seed": 0, **(search or {})},
        "scheduler": {"name": scheduler},
    }
    return space_of({**values, **keys})
