"""No early stopping."""

from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision
from recsae.search.schedulers.base import Scheduler


class RunAllScheduler(Scheduler):
    """Lets every trial run to its end."""

    name = "none"

    def judge(self, history: History, trial: Trial) -> Decision:
        """Let it go on."""
        return Decision.GO_ON

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn nothing."""
