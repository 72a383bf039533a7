"""What is compared, and which differences are looked at: fixed before anything is trained.

This file loads without torch or ray.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from recsae.metrics.groups import COLD_EVENTS, LEAST_USERS, SPARSE_EVENTS
from recsae.settings import Settings

Budget = Literal["trials", "seconds"]
BUDGETS: tuple[Budget, ...] = ("trials", "seconds")
BASE = "SASRec"
PLAIN = "SASRec_SAE"
RANDOM = "SASRec_SAE_Random"
PCA = "SASRec_PCA"

FLOOR = 0.01
"""Where the base's NDCG@10 is below it, HR@50 and percentile rank take its place."""
LEVEL = 0.05
BASES_AT_LEAST, SEEDS_AT_LEAST = 3, 5
"""With fewer, how much trainings vary is not known, and there is no verdict."""


class PlanSettings(Settings):
    """How much work a comparison is; --quick changes what is not given."""

    trials: Annotated[int, Field(ge=1)] = 16
    """Budget of each search in trials."""
    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 120.0
    """Budget of each search in seconds on one core, from its first trial's start."""
    bases: Annotated[int, Field(ge=1)] = 3
    """Bases to retrain the winners on; base_seed 0, 1, …"""
    seeds: Annotated[int, Field(ge=1)] = 5
    """Trainings of a winner on each base; sae_seed and order of the data 1, 2, …"""
    sae_k: Annotated[int, Field(ge=1)] = 8
    """Active latents a row, equal for all."""
    epochs: Annotated[int, Field(ge=1)] = 9
    """Epochs of a training, in the searches at most."""
    workers: Annotated[int, Field(ge=1)] | None = None
    """Processes at once, one thread each; left out: one a core."""
    preset: Literal["default", "best"] = "default"
    """Settings of the bases."""
    quick: bool = False
    """A small run to see that all works: no verdicts."""


QUICK = {"trials": 3, "seconds": 15.0, "bases": 1, "seeds": 2, "epochs": 3}
QUICK_BASE = {"epochs": 3}
"""Settings of SASRec in a quick run."""


@dataclass(frozen=True)
class Contender:
    """A variant to tune: what is fixed and what is searched beside the shared settings."""

    label: str
    """Its name in tables."""
    model_name: str
    fixed: dict[str, Any] = field(default_factory=dict)
    searched: dict[str, Any] = field(default_factory=dict)
    leaks: bool = False
    """Its reconstruction sees the input past the code. The search can never choose such a trial, so
    here the best of its rows is taken all the same, and marked."""
    cost: float = 1.0
    """Time of a training in times of SASRec_SAE's, for the estimate."""


_HEADS = {"sae_attn_heads": {"choice": [1, 2, 4, 8, 16]}, "sae_attn_dropout": {"float": [0.0, 0.3]}}

CONTENDERS: tuple[Contender, ...] = (
    Contender(PLAIN, PLAIN),
    Contender(
        "Attention published",
        "SASRec_SAE_Attention",
        {"sae_attn_mode": "published"},
        _HEADS,
        leaks=True,
        cost=2.5,
    ),
    Contender(
        "Attention code", "SASRec_SAE_Attention", {"sae_attn_mode": "code"}, _HEADS, cost=5.0
    ),
    Contender(
        "Contrastive",
        "SASRec_SAE_Contrastive",
        searched={
            "sae_contrastive_temp": {"float": [0.05, 1.0], "log": True},
            "sae_contrastive_weight": {"float": [0.001, 1.0], "log": True},
            "sae_contrastive_view": {"choice": ["dropout", "base"]},
        },
        cost=4.0,
    ),
    Contender("Random dictionary", RANDOM),
)
CLAIMED = tuple(c.label for c in CONTENDERS if c.label not in (PLAIN, "Random dictionary"))
"""The variants that the seed claims to be better."""
REFERENCES = (BASE, PLAIN)
"""What they are held against, PLAIN at equal k."""


class Measure(NamedTuple):
    """A figure of a model on test."""

    name: str
    words: str
    more_is_better: bool


MEASURES = {
    m.name: m
    for m in (
        Measure("ndcg@10", "NDCG@10", True),
        Measure("hr@50", "HR@50", True),
        Measure("percentile", "mean percentile rank (0 is the top)", False),
        Measure("auc_latent", "macro AUC of the next item's category from one latent", True),
        Measure("auc_probe", "macro AUC of the next item's category from a linear probe", True),
    )
}
RANKING = ("ndcg@10", "hr@50", "percentile")
CATEGORY_SCORES = ("auc_latent", "auc_probe")

GROUPS = {
    "all": "all users",
    "sparse_users": f"sparse users (at most {SPARSE_EVENTS} events before the target)",
    "cold_items": f"cold items (targets with 1 to {COLD_EVENTS - 1} train events)",
}


class Contrast(NamedTuple):
    """One difference: variant - reference, of a measure, in a group of users."""

    variant: str
    reference: str
    group: str
    measure: str


def contrasts(categories: bool) -> list[Contrast]:
    """Return the contrasts of a data set and budget; `categories`: it has categories of items."""
    pairs = [(variant, reference) for variant in CLAIMED for reference in REFERENCES]
    ranking = [Contrast(*pair, group, m) for pair in pairs for group in GROUPS for m in RANKING]
    known = [Contrast(*pair, "all", m) for pair in pairs for m in CATEGORY_SCORES if categories]
    return ranking + known


def counts(contrast: Contrast, base_ndcg: float, users: int) -> bool:
    """Tell whether a contrast belongs to the family of tests, by what the base alone shows."""
    if users < LEAST_USERS:
        return False
    if contrast.measure in CATEGORY_SCORES:
        return True
    return (contrast.measure == "ndcg@10") == (base_ndcg >= FLOOR)


def words() -> list[str]:
    """Return the plan in lines for people, printed before anything runs."""
    return [
        "Contrasts, fixed before: "
        + "; ".join(f"{v} − {r}" for v in CLAIMED for r in REFERENCES)
        + f" ({PLAIN} tuned alike, at equal k).",
        "A trial that leaks is worth nothing to a search, so that of the published attention draws "
        "its settings without being told how good they are; the best of its rows is taken.",
        f"Groups: {'; '.join(GROUPS.values())}; under {LEAST_USERS} users no verdict.",
        f"Measures: NDCG@10; where the base's is below {FLOOR:g} in a group, HR@50 and mean "
        "percentile rank instead. Represents better: macro AUC of the next item's category from "
        "one latent and from a linear probe, on all users.",
        "Intervals: 95 %, bootstrap over bases, then SAE seeds, then users, paired; few bases tell "
        "little of how bases vary, see the spreads beside. Verdicts: Holm "
        f"at {LEVEL:g} over one family, all these tests of all data sets and both budgets of the "
        "run; the same two winners under both budgets are one test.",
    ]
