"""How the latents are used."""

from typing import TYPE_CHECKING, ClassVar, final

from recsae.metrics.base import Metric

if TYPE_CHECKING:
    from recsae.metrics.evaluation import Evaluation


class CodeMetric(Metric):
    """A metric of this family."""

    family = "code"


@final
class L0(CodeMetric):
    """The usual name of how many entries are not 0."""

    name = "l0"
    headline = True
    decimals = 1
    direction = "min"
    meaning = "positive values a code, at most k"

    def compute(self, scored: "Evaluation") -> float:
        return scored.usage.l0


@final
class Filled(CodeMetric):
    """How many of the k places are taken."""

    name = "k_filled"
    listed = False
    meaning = "l0 divided by k"

    def compute(self, scored: "Evaluation") -> float:
        return scored.usage.l0 / scored.usage.places


@final
class Dead(CodeMetric):
    """Latents that training did not use."""

    name = "dead"
    headline = True
    listed = False
    direction = "min"
    meaning = "share of latents that were never positive in the last training epoch"

    def compute(self, scored: "Evaluation") -> float:
        return 1.0 - float(scored.model.fired.double().mean())


@final
class Alive(CodeMetric):
    """Latents that training used."""

    name = "alive"
    direction = "max"
    meaning = "share of latents that were positive in the last training epoch"

    def compute(self, scored: "Evaluation") -> float:
        return 1.0 - Dead().compute(scored)


class Density(CodeMetric):
    """Latents that say little, because they are positive for many."""

    listed = False
    above: ClassVar[float]
    """Share of users."""

    def compute(self, scored: "Evaluation") -> float:
        return scored.usage.denser_than(self.above)


@final
class DensityOnePercent(Density):
    """Above 1 %."""

    name = "density_1pct"
    above = 0.01
    meaning = "share of latents that are positive for more than 1 % of users"


@final
class DensityTenPercent(Density):
    """Above 10 %."""

    name = "density_10pct"
    above = 0.10
    meaning = "share of latents that are positive for more than 10 % of users"
