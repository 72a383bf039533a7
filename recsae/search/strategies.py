"""A space's sampler and scheduler as the one strategy that leads its search."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from recsae.progress import say
from recsae.search.engine.expected_values import ExpectedValues
from recsae.search.engine.history import History, Trial
from recsae.search.engine.new_trials import completed
from recsae.search.engine.strategy import Completes, Decision, Step, Strategy
from recsae.search.samplers.base import Sampler
from recsae.search.samplers.guided import GuidedSampler
from recsae.search.samplers.warm_start import WarmTrial
from recsae.search.schedulers.base import Scheduler
from recsae.search.stopping.noise import StopAtNoise, tail_gain
from recsae.space import SearchSpace
from recsae.space.kinds import SAMPLERS, SCHEDULERS


@dataclass
class SamplerWithScheduler:
    """A strategy of a sampler and a scheduler."""

    sampler: Sampler
    scheduler: Scheduler
    complete: Completes

    @property
    def exact(self) -> bool:
        """Whether the sampler answers as it did."""
        return self.sampler.exact

    def next(self, history: History, trial_id: int, may_ask: bool) -> Step | None:
        """Ask the scheduler for a paused trial first, then the sampler for a new one."""
        may_ask = may_ask and self.over(history) is None
        resumed = self.scheduler.resume(history, may_ask)
        if resumed is not None:
            return resumed
        if not may_ask:
            return None
        return self.complete(self.sampler.propose(history, trial_id), trial_id)

    def over(self, history: History) -> str | None:
        """Leave it to the sampler."""
        return self.sampler.over()

    def judge(self, history: History, trial: Trial) -> Decision:
        """Leave it to the scheduler."""
        return self.scheduler.judge(history, trial)

    def on_event(self, history: History, trial: Trial) -> None:
        """Tell both."""
        self.sampler.on_event(history, trial)
        self.scheduler.on_event(history, trial)


def strategy_for(space: SearchSpace, warm: Sequence[WarmTrial] = ()) -> Strategy:
    """Return the strategy; `warm`: what earlier searches found."""
    sampler = sampler_for(space, warm)
    scheduler, complete = scheduler_for(space, sampler), partial(completed, space)
    return strategy_with(space, GuidedSampler(space, sampler), scheduler, complete)


def strategy_with(
    space: SearchSpace, sampler: Sampler, scheduler: Scheduler, complete: Completes
) -> Strategy:
    """Return the strategy of a space around this sampler and this scheduler."""
    strategy = SamplerWithScheduler(sampler, scheduler, complete)
    if not space.search.stop_at_noise:
        return strategy
    return StopAtNoise(strategy, complete, tail_gain, space.search.seed)


def sampler_for(space: SearchSpace, warm: Sequence[WarmTrial] = ()) -> Sampler:
    """Return the sampler that a space names, without its initial points and priors."""
    kind: type[Sampler] = SAMPLERS.get(space.search.sampler)
    if warm and not kind.learns_from_others:
        say(f"--warm_start: the sampler {kind.name} learns nothing from earlier searches")
        warm = ()
    return kind(space, warm)


def scheduler_for(space: SearchSpace, sampler: Sampler | None = None) -> Scheduler:
    """Return the scheduler that the sampler brings, else the one that the space names.

    `sampler`: that of the space; left out, one is made if it brings a scheduler.
    """
    if SAMPLERS.says(space.search.sampler, "decides"):
        own = (sampler or sampler_for(space)).scheduler()
        assert own is not None, f"{space.search.sampler} decides and brings no scheduler"
        return own
    kind: type[Scheduler] = SCHEDULERS.get(space.scheduler.name)
    return kind.of(space)


def expected_values_for(space: SearchSpace) -> ExpectedValues | None:
    """Return what tells the values that a search decides by; None: the observed ones."""
    return ExpectedValues(rungs_for(space)) if space.decides_by_expected else None


def warnings_of(space: SearchSpace) -> list[str]:
    """Return what the user should know of the sampler and the scheduler that a space names."""
    found, name, sampler = [], space.scheduler.name, space.search.sampler
    settings = (space.grid.size or 0) * space.search.replicates
    if SAMPLERS.says(sampler, "finite") and space.trials < settings:
        found.append(f"sampler {sampler}: trials: {space.trials} are not all {settings:,} settings")
    if len(space.objectives) > 1 and SCHEDULERS.says(name, "halving"):
        reason = f"scheduler {name}: with several objectives it lets few trials run to their end"
        found.append(f"{reason}, so the front is small; median, the default, keeps more")
    return found


def rungs_for(space: SearchSpace) -> tuple[int, ...]:
    """Return the epochs after which a trial may stop or pause."""
    return scheduler_for(space).rungs


def pauses_for(space: SearchSpace) -> tuple[int, ...]:
    """Return the epochs after which a trial may pause, so that a checkpoint is kept then."""
    scheduler = scheduler_for(space)
    return scheduler.rungs if scheduler.pauses else ()
