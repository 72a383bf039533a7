"""How long a comparison will take, from one short training that is timed at its start."""

import time
from dataclasses import dataclass
from pathlib import Path

from comparison.bases import Prepared
from comparison.plan import BUDGETS, CONTENDERS, PLAIN, PlanSettings
from recsae.activations.store import Activations
from recsae.report.formats import duration
from recsae.sae.base import SAESettings
from recsae.sae.registry import variant
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.trial import Evaluator

EPOCHS_OF_A_TRIAL = 0.6
"""Part of its epochs that a trial of a search trains, the stopped ones included."""
RAY_SECONDS = 12.0
"""What a search takes beside its trials."""
SCORINGS = 4.0
"""What a training's scores and probes take, in evaluations on dev."""


@dataclass(frozen=True)
class Cost:
    """Seconds on one thread."""

    epoch: float
    """An epoch of SASRec_SAE at the largest scale."""
    evaluation: float
    """Evaluating it on dev."""


def estimate(plan: PlanSettings, prepared: list[Prepared], workers: int) -> str:
    """Return in one line how long searches and trainings will take, if nothing is there yet."""
    costs = [measured(plan, one) for one in prepared]
    searches = sum(search_seconds(plan, cost) for cost in costs) / workers
    trainings = sum(training_seconds(plan, cost) for cost in costs) / workers
    whole = duration(searches + trainings)
    parts = f"searches {duration(searches)}, trainings {duration(trainings)} at most"
    return f"about {whole} with {workers} processes, if nothing is done yet: {parts}"


def measured(plan: PlanSettings, prepared: Prepared) -> Cost:
    """Time an epoch and an evaluation on a base's states."""
    activations = Activations.open(Path(prepared.activations))
    settings = SAESettings(sae_k=plan.sae_k, sae_scale_size=8, sae_batch_size=1024, sae_epochs=1)
    rows, plain = Rows(*activations.rows()), variant(PLAIN)
    trainer = SAETrainer(plain, settings, rows, order_seed=0, device="cpu")
    evaluator = Evaluator(activations, "dev")
    start = time.perf_counter()
    trainer.epoch()
    trained = time.perf_counter()
    evaluator(trainer.model)
    return Cost(trained - start, time.perf_counter() - trained)


def search_seconds(plan: PlanSettings, cost: Cost) -> float:
    """Return the seconds of all contenders' searches on one core."""
    epochs = plan.trials * plan.epochs
    return sum(
        RAY_SECONDS
        + max(
            plan.seconds,
            (1.0 if contender.leaks else EPOCHS_OF_A_TRIAL)
            * epochs
            * (cost.epoch * contender.cost + cost.evaluation),
        )
        for contender in CONTENDERS
    )


def training_seconds(plan: PlanSettings, cost: Cost) -> float:
    """Return the seconds of retraining on one core, if the two budgets have different winners."""
    each = [plan.epochs * cost.epoch * c.cost + SCORINGS * cost.evaluation for c in CONTENDERS]
    return sum(each) * plan.bases * plan.seeds * len(BUDGETS)
