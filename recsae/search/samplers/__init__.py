"""Which settings the next trial gets: samplers by name, starting points, priors, earlier searches.

They must not depend on anything but the events, the seed of the search and the trial's number.

Adding one: a class with the methods of `guided.BaseSampler` in a file here, and its name below.
What it draws may depend on the events that it was told, the search's seed and the trial's number.
"""

from collections.abc import Sequence

from recsae.search.samplers.guided import BaseSampler, GuidedSampler
from recsae.search.samplers.warm_start import WarmTrial
from recsae.space.space import SearchSpace

__all__ = ["Guided", "WarmTrial", "sampler_for"]

_LEARNS_FROM_OTHERS = ("tpe", "gp")


def sampler_for(space: SearchSpace, warm: Sequence[WarmTrial] = ()) -> GuidedSampler:
    """Return the sampler that a space names; `warm`: trials of earlier searches."""
    name = space.search.sampler
    ignored = f"--warm_start: the sampler {name} learns nothing from earlier searches"
    notes = (ignored,) if warm and name not in _LEARNS_FROM_OTHERS else ()
    return GuidedSampler(space, _core(name, space, warm), notes)


def _core(name: str, space: SearchSpace, warm: Sequence[WarmTrial]) -> BaseSampler:
    """Return a sampler; Optuna is loaded for those that need it."""
    if name in ("random", "qmc"):
        from recsae.search.samplers import independent

        return independent.Random(space) if name == "random" else independent.Net(space)
    if name in ("tpe", "gp"):
        from recsae.search.samplers import model_based

        sampler = model_based.tpe if name == "tpe" else model_based.gp
        return model_based.Viewing(space, sampler, warm)
    if name in ("nsgaii", "cmaes"):
        from recsae.search.samplers import evolution

        if name == "nsgaii":
            return evolution.Lasting(space, evolution.nsgaii)
        return evolution.Lasting(space, evolution.cmaes, knows_limits=False)
    raise AssertionError(f"no sampler {name}")
