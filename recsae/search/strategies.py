"""A space's sampler and scheduler as the one strategy that leads its search."""

from collections.abc import Sequence
from functools import partial

from recsae.progress import say
from recsae.search.curve_gp import OurStrategy
from recsae.search.curve_gp import pauses as our_pauses
from recsae.search.engine.new_trials import completed
from recsae.search.engine.strategy import SamplerWithScheduler, Strategy
from recsae.search.samplers import sampler_for
from recsae.search.samplers.warm_start import WarmTrial
from recsae.search.schedulers import pauses, rungs, scheduler_for
from recsae.search.stopping.noise import StopAtNoise, tail_gain
from recsae.space.sections import OURS
from recsae.space.space import SearchSpace

HALVING = ("asha", "asha_promote", "hyperband")
"""Schedulers of which one trial of so many goes on at each rung."""


def strategy_for(space: SearchSpace, warm: Sequence[WarmTrial] = ()) -> Strategy:
    """Return the strategy; `warm`: what earlier searches found."""
    strategy = _strategy(space, warm)
    if not space.search.stop_at_noise:
        return strategy
    return StopAtNoise(strategy, partial(completed, space), tail_gain, space.search.seed)


def _strategy(space: SearchSpace, warm: Sequence[WarmTrial]) -> Strategy:
    if space.search.sampler == OURS:
        return OurStrategy(space, warm)
    sampler = sampler_for(space, warm)
    for note in sampler.notes:
        say(note)
    return SamplerWithScheduler(sampler, scheduler_for(space), partial(completed, space))


def warnings_of(space: SearchSpace) -> list[str]:
    """Return what the user should know of the scheduler that a space names."""
    name, several = space.scheduler.name, len(space.objectives) > 1
    if not several or name not in HALVING:
        return []
    told = f"scheduler {name}: with several objectives it lets few trials run to their end"
    return [f"{told}, so the front is small; median, the default, keeps more"]


def pauses_for(space: SearchSpace) -> tuple[int, ...]:
    """Return the epochs after which a trial may pause, so that its state must be kept then."""
    return our_pauses(space) if space.search.sampler == OURS else pauses(space)


def rungs_for(space: SearchSpace) -> tuple[int, ...]:
    """Return the epochs after which a trial may stop or pause."""
    return pauses_for(space) if space.search.sampler == OURS else rungs(space)
