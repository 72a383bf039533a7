"""A trial as Ray runs it: one epoch a step, in a process that serves many trials one by one.

A trial's own exception is its result (state FAILED), not a lost process: Ray retries only the
latter. Torch and the activations are loaded once a process.
"""

import importlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ray.tune import Trainable

from recsae.cache import Cache
from recsae.results import Columns
from recsae.search.reports import epoch_report, failure_report, one_line

if TYPE_CHECKING:
    from recsae.activations import Activations
    from recsae.trial import Evaluator

CHECKPOINT = "trial.pt"
SHOULD_CHECKPOINT = "should_checkpoint"
WORK = "work"


class Trial(Protocol):
    """What is driven: a `recsae.trial.SAETrial`, or what a test puts in its place."""

    @property
    def epochs(self) -> int:
        """Epochs trained so far."""

    @property
    def done(self) -> bool:
        """True when the full budget is spent."""

    def step(self) -> Mapping[str, float | None]:
        """Train one epoch; return its metrics."""

    def state_dict(self) -> dict[str, Any]:
        """Return all that it takes to go on."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""

    def save(self, folder: Path, **about: Any) -> None:
        """Save the model as a new folder."""


@dataclass(frozen=True)
class Work:
    """What all trials of a search share; travels to every process as plain values."""

    activations: str
    """Folder of the activations on the driver's machine."""
    models: str
    """Folder for the models of trials that reach their last epoch; the driver picks from it."""
    objectives: dict[str, str]
    rungs: tuple[int, ...] = ()
    """Epochs after which the scheduler may stop a trial: it is audited in full then."""
    order_seed: int = 0
    device: str = "cpu"
    threads: int = 1
    factory: str = "recsae.search.trainable:sae_trial"
    """`module:function` that makes a Trial of (model_name, settings, work)."""
    shared_cache: str | None = None
    """Cache that all nodes reach, from which a node without the folder copies it, once."""
    checkpoint_seconds: float = 60.0
    """A trial that trains longer than this keeps a state from which a lost one goes on."""


class SearchTrainable(Trainable):
    """Runs the trials that Ray hands it."""

    def setup(self, config: dict[str, Any]) -> None:
        """Start the first trial of this process."""
        self._start(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Start the next trial in the same process."""
        self._start(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Train one epoch and report it; a failure is the trial's last report."""
        began = time.monotonic()
        error = self._error
        if error is None:
            try:
                return self._epoch(began)
            except Exception as mistake:
                error = one_line(mistake)
        self._free()
        self._spent += time.monotonic() - began
        return failure_report(self._epochs, self._spent, error)

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Save what it takes to go on."""
        import torch

        assert self._trial is not None
        state = {"trial": self._trial.state_dict(), "spent": self._spent}
        torch.save(state, Path(checkpoint_dir) / CHECKPOINT)

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Go on from what `save_checkpoint` saved."""
        import torch

        if self._trial is None:
            return  # it could not even start; the next step tells why
        state = torch.load(Path(checkpoint) / CHECKPOINT, weights_only=True)
        self._trial.load_state_dict(state["trial"])
        self._spent, self._epochs = state["spent"], self._trial.epochs

    def cleanup(self) -> None:
        """Let go of the trial."""
        self._free()

    def _start(self, config: dict[str, Any]) -> None:
        self._spent, self._saved = 0.0, time.monotonic()
        self._config, self._work = config, Work(**config[WORK])
        self._trial: Trial | None = None
        self._error: str | None = None
        self._epochs = 0
        try:
            make = factory(self._work.factory)
            self._trial = make(config[Columns.MODEL_NAME], config["settings"], self._work)
        except Exception as error:
            self._error = one_line(error)

    def _epoch(self, began: float) -> dict[str, Any]:
        assert self._trial is not None
        metrics = self._trial.step()
        self._epochs, done = self._trial.epochs, self._trial.done
        spent = self._spent + time.monotonic() - began
        report = epoch_report(self._epochs, spent, metrics, self._work.objectives, done)
        if done:
            if not metrics.get("leak"):
                trial_id = self._config[Columns.TRIAL_ID]
                self._trial.save(Path(self._work.models) / str(trial_id), trial_id=trial_id)
            self._free()
        elif time.monotonic() - self._saved >= self._work.checkpoint_seconds:
            report[SHOULD_CHECKPOINT] = True
            self._saved = time.monotonic()
        self._spent = spent
        return report

    def _free(self) -> None:
        """Drop the trial, and on a GPU give its memory to the trials beside it."""
        self._trial = None
        if self._work.device != "cpu":
            import torch

            torch.cuda.empty_cache()


def factory(path: str) -> Any:
    """Return what a `module:name` path names."""
    module, name = path.split(":")
    return getattr(importlib.import_module(module), name)


def sae_trial(model_name: str, settings: dict[str, Any], work: Work) -> Trial:
    """Return a SAETrial on this node's copy of the activations."""
    import torch

    from recsae.sae.registry import variant
    from recsae.trial import SAETrial

    torch.set_num_threads(work.threads)
    activations, evaluator = _bench(work.activations, work.shared_cache, work.device)
    return SAETrial(
        model_name,
        variant(model_name).Settings.of(settings),
        activations,
        order_seed=work.order_seed,
        device=work.device,
        evaluator=evaluator,
        objectives=work.objectives,
        rungs=work.rungs,
    )


@lru_cache(maxsize=1)
def _bench(folder: str, shared: str | None, device: str) -> "tuple[Activations, Evaluator]":
    """Open the activations and prepare their evaluation, once a process."""
    from recsae.activations import Activations
    from recsae.trial import Evaluator

    path = Path(folder)
    if not path.exists():  # another node: the cache copies them from the shared one
        found = Cache.default(Path(shared) if shared else None).find("activations", path.name)
        if found is None:
            raise FileNotFoundError(f"{folder} is not on this node, nor in a shared cache")
        path = found
    activations = Activations.open(path)
    return activations, Evaluator(activations, "dev", device=device)
