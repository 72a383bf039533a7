"""A trial as Ray runs it: one epoch a step, in a process that serves many trials one by one.

A trial's own exception is its result, not a lost process: Ray retries only the latter. Torch and
the activations are loaded once a process. Checkpoints of trials that may pause, or that train for
long, lie in the run's folder: a trial that was paused, lost or killed goes on from there on any
node, and without a checkpoint from its start.
"""

import importlib
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ray.tune import Trainable

from recsae.cache import Cache
from recsae.errors import machine_fault
from recsae.results import Columns
from recsae.search.engine.reports import Report, check_objectives, memory_is_full, one_line
from recsae.search.ray.checkpoints import load_checkpoint, save_checkpoint
from recsae.search.ray.node_checks import check_here, other_states
from recsae.space import SEED
from recsae.storage.entries import folder_digest, shared_at
from recsae.storage.places import new_folder

if TYPE_CHECKING:
    from recsae.activations.store import Activations
    from recsae.trial import Evaluator

WORK = "work"
KNOWN_EPOCHS = "known_epochs"
"""Key of a Tune trial's config: the epochs that were reported to the driver."""
FAULT_SECONDS = 1.0


class RunnableTrial(Protocol):
    """What is driven: a `recsae.trial.SAETrial`, or what a test puts in its place."""

    @property
    def epochs(self) -> int:
        """Epochs trained so far."""

    @property
    def done(self) -> bool:
        """True when the full budget is spent."""

    @property
    def ladder(self) -> Sequence[Mapping[str, Any]]:
        """Metrics at several k, a row each; none but after the last epoch."""

    def step(self) -> Mapping[str, float | None]:
        """Train one epoch; return its metrics."""

    def state_dict(self) -> dict[str, Any]:
        """Return all that it takes to go on."""

    def load_state_dict(self, checkpoint: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""

    def save(self, folder: Path, **about: Any) -> None:
        """Save the model as a new folder."""


@dataclass(frozen=True)
class Work:
    """What all trials of a search share; travels to every process as plain values."""

    activations: str
    """Folder of the activations on the driver's machine."""
    models: str
    """Folder, or address, for models of trials that reach their last epoch; the driver picks."""
    objectives: dict[str, str]
    checkpoints: str = ""
    """Folder, or address, for checkpoints of trials that may go on later; all nodes reach it."""
    rungs: tuple[int, ...] = ()
    """Epochs after which a trial may be stopped or paused: it is audited in full then."""
    pauses: tuple[int, ...] = ()
    """Epochs after which a trial may be paused: a checkpoint is kept then."""
    order_seed: int = 0
    device: str = "cpu"
    threads: int = 1
    factory: str = "recsae.search.ray.trainable:sae_trial"
    """`module:function` that makes a RunnableTrial of (model_name, settings, work)."""
    shared_cache: str | None = None
    """Cache that all nodes reach, from which a node without the folder copies it, once."""
    asked: tuple[str, ...] = ()
    """Metrics that constraints name: those on request are measured with the costly ones."""
    versions: dict[str, str] | None = None
    """What the driver runs; a process that runs something else fails its trials."""
    states: str | None = None
    """Name of all bytes of the activations, if trials may run where they are other ones."""
    checkpoint_seconds: float = 60.0
    """A trial that trains longer than this keeps a checkpoint, from which a lost one goes on."""


class SearchTrainable(Trainable):
    """Runs the trials that Ray hands it, one after the other."""

    _unreported: Report | None
    _epochs: int

    def setup(self, config: dict[str, Any]) -> None:
        """Set up the first trial of this process."""
        self._start(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Set up the next trial in the same process."""
        self._start(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Train one epoch and report it; a failure is the trial's last report."""
        unreported, self._unreported = self._unreported, None
        if unreported is not None:
            return unreported.packed(done=False)
        began = time.monotonic()
        if self._error is None:
            try:
                return self._epoch(began)
            except Exception as error:
                self._fail(error)
        self._free()
        if self._fault:
            time.sleep(FAULT_SECONDS)  # it starts again at once, and a fault may pass
        self._spent += time.monotonic() - began
        report = Report(self._epochs, self._spent, {}, self._error, self._out_of_memory)
        return report._replace(fault=self._fault).packed(done=True)

    def cleanup(self) -> None:
        """Let go of the trial."""
        self._free()

    def _start(self, config: dict[str, Any]) -> None:
        self._spent, self._checkpoint_at = 0.0, time.monotonic()
        self._work = Work(**config[WORK])
        self._trial_id: int = config[Columns.TRIAL_ID]
        self._trial: RunnableTrial | None = None
        self._error: str | None = None
        self._out_of_memory, self._fault = False, ""
        self._unreported = None
        self._epochs = 0
        try:
            # A node that joined later was not there when `check_nodes` asked.
            check_here(self._work.versions or {})
            make = factory(self._work.factory)
            self._trial = make(config[Columns.MODEL_NAME], config["settings"], self._work)
            self._go_on(config[KNOWN_EPOCHS])
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._error = one_line(error)
        # On a CPU more of a GPU would not help.
        self._out_of_memory = self._work.device != "cpu" and memory_is_full(error)
        self._fault = "" if self._out_of_memory else machine_fault(error)

    def _go_on(self, known: int) -> None:
        """Load the trial's checkpoint if there is one; `known`: epochs that were reported.

        If the driver was killed before the checkpoint's epoch reached it, that is reported again.
        """
        found = load_checkpoint(self._work.checkpoints, self._trial_id)
        if found is None:
            return
        assert self._trial is not None
        self._trial.load_state_dict(found["trial"])
        report = Report(*found["report"])
        self._spent, self._epochs = report.seconds, report.epochs
        self._unreported = report if report.epochs > known else None

    def _epoch(self, began: float) -> dict[str, Any]:
        assert self._trial is not None
        metrics = dict(self._trial.step())
        epochs, done = self._trial.epochs, self._trial.done
        check_objectives(metrics, self._work.objectives, epochs)
        ladder = tuple(self._trial.ladder)
        spent = self._spent + time.monotonic() - began
        report = Report(epochs, spent, metrics, ladder=ladder)
        if done:
            if not metrics.get("leak"):
                with new_folder(self._work.models, str(self._trial_id)) as folder:
                    self._trial.save(folder, trial_id=self._trial_id)
            self._free()
        # Before the report: once the driver knows the epoch, it must be possible to go on from it.
        elif epochs in self._work.pauses or self._due():
            checkpoint = {"trial": self._trial.state_dict(), "report": tuple(report)}
            save_checkpoint(self._work.checkpoints, self._trial_id, checkpoint)
            self._checkpoint_at = time.monotonic()
        self._spent, self._epochs = spent, epochs
        return report.packed(done)

    def _due(self) -> bool:
        return time.monotonic() - self._checkpoint_at >= self._work.checkpoint_seconds

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


def sae_trial(model_name: str, settings: dict[str, Any], work: Work) -> RunnableTrial:
    """Return a SAETrial on this node's copy of the activations."""
    import torch

    from recsae.sae.registry import variant
    from recsae.trial import SAETrial

    torch.set_num_threads(work.threads)
    where = work.activations, work.shared_cache, work.device, work.states
    activations, evaluator = _evaluation_data(*where)
    return SAETrial(
        model_name,
        variant(model_name).Settings.of(settings),
        activations,
        order_seed=work.order_seed,
        device=work.device,
        evaluator=evaluator,
        objectives=work.objectives,
        rungs=work.rungs,
        asked=work.asked,
    )


def finalist_trial(model_name: str, settings: dict[str, Any], work: Work) -> RunnableTrial:
    """Return a trial whose data come in an order of its own too, not in that of the search."""
    return sae_trial(model_name, settings, replace(work, order_seed=settings[SEED]))


@lru_cache(maxsize=1)
def _evaluation_data(
    folder: str, shared: str | None, device: str, digest: str | None
) -> "tuple[Activations, Evaluator]":
    """Open the activations and prepare their evaluation, once a process."""
    from recsae.activations.store import Activations
    from recsae.trial import Evaluator

    path = Path(folder)
    if not path.exists():  # another node: the cache copies them from the shared one
        found = Cache.default(shared_at(shared)).find("activations", path.name)
        if found is None:
            raise FileNotFoundError(f"{folder} is not on this node, nor in a shared cache")
        path = found
    # A node that joined later was not there when `check_states` asked.
    if digest is not None and folder_digest(path) != digest:
        raise other_states(socket.gethostname(), str(path))
    activations = Activations.open(path)
    return activations, Evaluator(activations, "dev", device=device)
