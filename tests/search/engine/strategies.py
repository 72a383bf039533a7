"""A strategy by the book, for tests of what leads and records a search."""

from recsae.results import States
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision, ResumeTrial, StartTrial, Step
from recsae.testing.driver import MemoryJournal

EPOCHS = 4


class Scripted:
    """Judges by a table of (trial, epoch); paused trials go on when nothing new may start."""

    def __init__(self, judged: dict[tuple[int, int], Decision] | None = None) -> None:
        self.judged = judged or {}
        self.heard: list[tuple[int, str, int]] = []

    def next(self, history: History, trial_id: int, may_ask: bool) -> Step | None:
        if may_ask:
            return StartTrial("SASRec_SAE", {"sae_k": trial_id}, {"sae_k": trial_id}, EPOCHS)
        paused = [t.trial_id for t in history if t.state == States.PAUSED]
        return ResumeTrial(paused[0]) if paused else None

    def judge(self, history: History, trial: Trial) -> Decision:
        assert history.trials[trial.trial_id] is trial
        return self.judged.get((trial.trial_id, trial.epochs), Decision.GO_ON)

    def on_event(self, history: History, trial: Trial) -> None:
        assert history.trials[trial.trial_id] is trial
        self.heard.append((trial.trial_id, str(trial.state), trial.epochs))


def director(
    judged: dict[tuple[int, int], Decision] | None = None,
    budget: Budget | None = None,
    journal: MemoryJournal | None = None,
    **keys: object,
) -> Director:
    """Return a director of a scripted search; with a journal it goes on from there."""
    history = History({"ndcg@10": "max"})
    strategy = Scripted(judged)
    led = Director(
        strategy, history, budget or Budget(2), journal=journal, clock=lambda: 5.0, **keys
    )
    led.replay(list(journal or []))
    return led
