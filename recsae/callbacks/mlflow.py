"""A search in MLflow: a run for the search, and a run below it for each trial."""

from typing import TYPE_CHECKING, Any, Final

from recsae.callbacks.base import Callback, RunStart, TrialView
from recsae.errors import RecsaeError
from recsae.results import Results, States

if TYPE_CHECKING:
    pass

RUN: Final = "recsae.run"
TRIAL: Final = "recsae.trial_id"
PARENT: Final = "mlflow.parentRunId"
STATUS: Final = {States.COMPLETE: "FINISHED", States.PRUNED: "KILLED", States.FAILED: "FAILED"}


class MLflow(Callback):
    """Logs settings and dev metrics by epoch; a resumed search goes on in the same MLflow runs."""

    name = "mlflow"

    def __init__(self, tracking_uri: str | None = None, experiment: str = "recsae") -> None:
        """Connect when the search begins; without a URI to where MLflow points by itself.

        Raises RecsaeError where MLflow is not installed.
        """
        try:
            from mlflow import MlflowClient
        except ImportError as error:
            raise RecsaeError("callbacks: MLflow needs the package mlflow-skinny") from error
        self._client: MlflowClient = MlflowClient(tracking_uri)
        self._experiment_name = experiment
        self._experiment = self._search = ""
        self._runs: dict[int, str] = {}

    def on_begin(self, run: RunStart) -> None:
        """Make the experiment and the search's run, or find those of an earlier driver."""
        known = self._client.get_experiment_by_name(self._experiment_name)
        self._experiment = (
            known.experiment_id if known else self._client.create_experiment(self._experiment_name)
        )
        place = str(run.path)
        tags = {RUN: place, "mlflow.runName": run.name}
        self._search = self._found(f"tags.`{RUN}` = '{place}'") or self._new(tags)

    def on_start(self, trial: TrialView) -> None:
        """Make the trial's run, with its settings."""
        tags = {
            PARENT: self._search,
            TRIAL: str(trial.trial_id),
            "mlflow.runName": f"trial {trial.trial_id}",
        }
        self._runs[trial.trial_id] = run_id = self._new(tags)
        for name, value in {"model_name": trial.model_name, **trial.settings}.items():
            self._client.log_param(run_id, name, value)

    def on_report(self, trial: TrialView) -> None:
        """Log the metrics of an epoch."""
        self._log(self._of(trial), trial.metrics, trial.epochs)

    def on_trial_end(self, trial: TrialView) -> None:
        """End the trial's run: FINISHED, KILLED if it was pruned, or FAILED."""
        if trial.error:
            self._client.set_tag(self._of(trial), "error", trial.error)
        self._client.set_terminated(self._of(trial), STATUS[States(trial.state)])

    def on_end(self, results: Results) -> None:
        """Log what the best trial scored."""
        for trial in results.best_trials()[:1]:
            self._client.set_tag(self._search, "best_trial", str(trial["trial_id"]))
            self._log(self._search, trial["metrics"], 0)
        self._client.set_terminated(self._search)

    def _new(self, tags: dict[str, str]) -> str:
        return str(self._client.create_run(self._experiment, tags=tags).info.run_id)

    def _found(self, words: str) -> str | None:
        found = self._client.search_runs([self._experiment], words, max_results=1)
        return found[0].info.run_id if found else None

    def _of(self, trial: TrialView) -> str:
        """Return the run of a trial, of an earlier driver too."""
        number = trial.trial_id
        if number not in self._runs:
            words = f"tags.`{TRIAL}` = '{number}' and tags.`{PARENT}` = '{self._search}'"
            found = self._found(words)
            if found is None:
                self.on_start(trial)
            else:
                self._runs[number] = found
        return self._runs[number]

    def _log(self, run_id: str, metrics: Any, step: int) -> None:
        for name, value in metrics.items():
            if value is not None:
                # MLflow allows no "@" in a name.
                self._client.log_metric(run_id, name.replace("@", "_at_"), float(value), step=step)
