"""No rule: every trial runs to its end."""

from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial


class RunAll:
    """Lets every trial go on."""

    def judge(self, history: History, trial: Trial) -> Decision:
        """Let it go on."""
        return Decision.GO_ON

    def resume(self, history: History, may_ask: bool) -> ResumeTrial | None:
        """Return None: nothing ever pauses."""
        return None

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn nothing."""
