"""A search in Weights & Biases: a run for each trial, in a group of the search's name."""

from typing import Any

from recsae.callbacks.base import Callback, RunStart, TrialView
from recsae.errors import RecsaeError
from recsae.files import digest
from recsae.results import States


class WandB(Callback):
    """Logs settings and dev metrics by epoch; a resumed trial goes on in the same run."""

    name = "wandb"

    def __init__(self, project: str = "recsae", **init: Any) -> None:
        """`init`: what else `wandb.init` is given, e.g. entity or mode.

        Raises RecsaeError where wandb is not installed.
        """
        try:
            import wandb
        except ImportError as error:
            raise RecsaeError("callbacks: WandB needs the package wandb") from error
        self._wandb, self._given = wandb, {"project": project, **init}
        self._group = self._place = ""
        self._runs: dict[int, Any] = {}

    def on_begin(self, run: RunStart) -> None:
        """Take the search's name."""
        self._group, self._place = run.name, digest(str(run.path))[:8]

    def on_start(self, trial: TrialView) -> None:
        """Open the trial's run."""
        self._of(trial)

    def on_report(self, trial: TrialView) -> None:
        """Log the metrics of an epoch."""
        known = {name: value for name, value in trial.metrics.items() if value is not None}
        self._of(trial).log(known, step=trial.epochs)

    def on_trial_end(self, trial: TrialView) -> None:
        """Close the trial's run; a failed one as failed."""
        run = self._of(trial)
        run.summary["state"] = trial.state
        run.finish(exit_code=int(trial.state == States.FAILED))
        del self._runs[trial.trial_id]

    def _of(self, trial: TrialView) -> Any:
        if trial.trial_id not in self._runs:
            self._runs[trial.trial_id] = self._wandb.init(
                id=f"{self._group}-{self._place}-{trial.trial_id}",
                name=f"{self._group} {trial.trial_id}",
                group=self._group,
                config={"model_name": trial.model_name, **trial.settings},
                resume="allow",
                reinit="create_new",
                **self._given,
            )
        return self._runs[trial.trial_id]
