"""A space's sampler and scheduler as the one strategy that leads its search."""

from collections.abc import Sequence
from functools import partial

from recsae.progress import say
from recsae.search.completing import completed
from recsae.search.model import OurStrategy
from recsae.search.model import pauses as our_pauses
from recsae.search.noise import StopAtNoise, tail_gain
from recsae.search.proposers import proposer_for
from recsae.search.proposers.warm import WarmTrial
from recsae.search.rules import pauses, rule_for, rungs
from recsae.search.space import SearchSpace
from recsae.search.strategy import Paired, Strategy

OURS = "ours"
"""The sampler that decides by itself which trials go on: it has no scheduler beside it."""


def strategy_for(space: SearchSpace, warm: Sequence[WarmTrial] = ()) -> Strategy:
    """Return the strategy; `warm`: what earlier searches found."""
    strategy = _strategy(space, warm)
    if not space.search.stop_at_noise:
        return strategy
    return StopAtNoise(strategy, partial(completed, space), tail_gain, space.search.seed)


def _strategy(space: SearchSpace, warm: Sequence[WarmTrial]) -> Strategy:
    if space.search.sampler == OURS:
        return OurStrategy(space, warm)
    proposer = proposer_for(space, warm)
    for note in proposer.notes:
        say(note)
    return Paired(proposer, rule_for(space), partial(completed, space))


def pauses_for(space: SearchSpace) -> tuple[int, ...]:
    """Return the epochs after which a trial may pause, so that its state must be kept then."""
    return our_pauses(space) if space.search.sampler == OURS else pauses(space)


def rungs_for(space: SearchSpace) -> tuple[int, ...]:
    """Return the epochs after which a trial may stop or pause."""
    return pauses_for(space) if space.search.sampler == OURS else rungs(space)
