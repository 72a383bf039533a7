"""No rule: every trial runs to its end."""

from recsae.search.engine.history import History, Told
from recsae.search.engine.strategy import Decision, Further


class EveryOne:
    """Lets every trial go on."""

    def judge(self, history: History, trial: Told) -> Decision:
        """Let it go on."""
        return Decision.GO_ON

    def further(self, history: History, may_ask: bool) -> Further | None:
        """Return None: nothing ever pauses."""
        return None

    def told(self, history: History, trial: Told) -> None:
        """Learn nothing."""
