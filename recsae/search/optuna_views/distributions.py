"""What Optuna draws a parameter of a search space from."""

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from recsae.space import Parameter


def distribution_of(parameter: Parameter) -> BaseDistribution:
    """Return the distribution of a searched parameter."""
    if parameter.kind == "choice":
        return CategoricalDistribution(list(parameter.choices))
    low, high = parameter.ends
    if parameter.kind == "float":
        return FloatDistribution(low, high, log=parameter.log)
    return IntDistribution(int(low), int(high), log=parameter.log, step=parameter.step or 1)
