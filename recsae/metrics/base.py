"""What a metric is. This file loads without torch: a search space and a page of results read it."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final, Literal

if TYPE_CHECKING:
    from torch import Tensor

    from recsae.metrics.evaluation import Evaluation

Direction = Literal["max", "min"]
Need = Literal["attributes", "concepts", "twin"]
"""Attributes of the items; the concepts that generated data were made from; a second training of
the same settings with another seed, which is made and kept with each trial that is asked for it."""
DIRECTION_WORDS: Final = {"max": "more is better", "min": "less is better"}

FAMILIES: Final = (
    "ranking",
    "recommended items",
    "of the base",
    "reconstruction",
    "code",
    "dictionary",
    "concepts",
    "leak",
)
"""Groups in which metrics are listed; one of another family comes after them."""


class Metric(ABC):
    """One number of a model on one split; a subclass that assigns `name` is a metric.

    It is measured after every epoch on dev and stored in the column dev/NAME, for finalists in
    test/NAME too.
    """

    name: ClassVar[str]
    """How objectives, constraints and columns call it."""
    meaning: ClassVar[str]
    """What it says, in a line."""
    family: ClassVar[str] = "other"
    """The group in which it is listed."""
    direction: ClassVar[Direction | None] = None
    """Which values are better; None: it cannot be an objective."""
    constraint: ClassVar[bool] = True
    """Whether a search may demand a bound of it."""
    deep: ClassVar[bool] = False
    """Whether it costs several rankings: it is then measured in a trial's last epoch, at rungs and
    of saved models alone, or in every epoch where it is an objective."""
    on_request: ClassVar[bool] = False
    """Whether it is measured only where it is an objective, a constraint or asked for by name: as
    an objective in every epoch, else when deep metrics are."""
    needs: ClassVar[Need | None] = None
    """What the data must know, or a trial must do, for it to have a value."""
    listed: ClassVar[bool] = True
    """Whether the table of trials shows it where it is neither objective nor constraint."""
    headline: ClassVar[bool] = False
    """Whether the terminal shows it of the best trials, beside NDCG@10 and its share."""
    decimals: ClassVar[int | None] = 4
    """Digits after the point where people read it; None: three significant digits."""
    cutoff: ClassVar[int | None] = None
    """The k of its name NAME@k; a metric that has one may be asked for at any other, too."""
    defined: ClassVar[int] = 0
    """Place in the order in which metrics were defined."""

    def __init_subclass__(cls) -> None:
        Metric.defined += 1
        cls.defined = Metric.defined

    @property
    def explanation(self) -> str:
        """What it says, and which values are better if it may be an objective."""
        words = [] if self.direction is None else [DIRECTION_WORDS[self.direction]]
        return "; ".join([self.meaning, *words])

    @abstractmethod
    def compute(self, scored: "Evaluation") -> float:
        """Return its value; NaN where it has none."""


class RankMetric(Metric):
    """A metric of the targets' ranks alone: the base and the baselines are scored by it too."""

    family = "ranking"
    listed = False  # there are many, and a search asks for those that it wants

    @abstractmethod
    def of_ranks(self, ranks_R: "Tensor", candidates_R: "Tensor") -> float:
        """Return its value over ranks, int64 [R], among so many items each, int64 [R]."""

    def compute(self, scored: "Evaluation") -> float:
        """Return its value over a model's ranks."""
        return self.of_ranks(scored.ranks_R, scored.candidates_R)
