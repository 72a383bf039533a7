"""What a run of trials in Ray consists of, and how it ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Listener
from recsae.search.engine.strategy import Strategy
from recsae.search.ray.checkpoints import checkpoint_folder
from recsae.search.ray.node_checks import own_versions
from recsae.search.ray.resources import Allocation
from recsae.search.ray.trainable import Work
from recsae.search.record.best_models import BestModels
from recsae.search.strategies import pauses_for, rungs_for
from recsae.space import SearchSpace
from recsae.storage.addresses import address_of
from recsae.storage.entries import folder_digest
from recsae.storage.keepers import WAITING

View = Callable[[str, int], Any]
"""Draws how far a search is: told what a trial holds, in words, and how many run at once."""


@dataclass(frozen=True)
class SearchOutcome:
    """How a search ended; what it found lies in the run's folder."""

    interrupted: bool
    over: str | None
    """Which budget beside the number of trials ended it."""
    allocation: Allocation
    failure: str | None = None
    """The error that its first trials had in common, if that ended it."""
    gpus: str = ""
    """Types of the cluster's GPUs, as far as Ray knows them, if trials ran on them."""

    @property
    def machine(self) -> dict[str, Any]:
        """What trials ran on."""
        found = {"device": self.allocation.device, "threads": self.allocation.threads}
        return found | ({"type": self.gpus} if self.gpus else {})


@dataclass(frozen=True)
class Plan:
    """What a run of trials in Ray consists of, beside its folder."""

    space: SearchSpace
    activations: Path
    strategy: Strategy
    budget: Budget
    workers: int | None = None
    """Trials at once, by default what the cluster offers."""
    address: str | None = None
    trial_factory: str | None = None
    shared_cache: str | None = None
    """Folder or address of the cache that all nodes reach."""
    best_models: BestModels | None = None
    """What keeps models, by default those of the best trials."""
    title: str = "search"
    """What the progress is called."""
    may_give_up: bool = False
    """Whether it ends when its first trials all fail with the same error."""
    listeners: Sequence[Listener] = ()
    """Told of each event after what records the run."""
    view: View | None = None
    """What is drawn of it on a terminal; without one, a bar."""
    run: Path | None = None
    """The folder of the run that it is a part of, if it is not the run itself."""

    def work(self, run_path: Path) -> Work:
        """Return what all trials have in common."""
        work = Work(
            activations=str(self.activations.resolve()),
            models=f"{address_of(run_path) or run_path}/{WAITING}",
            objectives=dict(self.space.objectives),
            checkpoints=str(checkpoint_folder(run_path)),
            rungs=rungs_for(self.space),
            pauses=pauses_for(self.space),
            order_seed=self.space.search.seed,
            asked=tuple(self.space.constraints),
            versions=own_versions(),
            states=folder_digest(self.activations) if self.address else None,
            shared_cache=self.shared_cache,
        )
        return work if self.trial_factory is None else replace(work, factory=self.trial_factory)
