"""What a recommender declares, to be trained, stored and found again; loads without torch."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from recsae.errors import RecsaeError
from recsae.settings import Settings as AnySettings

if TYPE_CHECKING:
    import torch

    from recsae.recommenders.recommender import Recommender
    from recsae.sequences import Sequences


class Trained(NamedTuple):
    """A frozen model, as it was after the epoch with the best NDCG@10 on dev."""

    model: "Recommender"
    curve: list[float]
    """NDCG@10 on dev after each epoch."""


class Architecture(ABC):
    """One kind of recommender; a subclass that assigns `name` is found by its file."""

    name: ClassVar[str]
    """What a base is stored under, and `base: {model_name: …}` calls it."""
    Settings: ClassVar[type[AnySettings]]
    """What a model is built and trained from."""
    imported: ClassVar[bool] = False
    """True for one that is trained elsewhere, and never here."""
    per_user: ClassVar[bool] = False
    """True for one with a state for each user of its data: `build` is given n_users too."""
    own_data: ClassVar[bool] = False
    """True for states that came with all that is known of their data, which lies beside them."""
    presets: ClassVar[tuple[str, ...]] = ("default",)
    """The presets that it knows: what settings follow where they are not given."""

    @abstractmethod
    def build(self, settings: Any, n_items: int) -> "Recommender":
        """Return a model with fresh weights, drawn from torch's generator."""

    def train(self, sequences: "Sequences", settings: Any, device: "torch.device") -> Trained:
        """Train a model until dev gets no better.

        Raises RecsaeError with nothing to train on, or when the weights diverge.
        """
        raise RecsaeError(f"{self.name} is not trained here; it is imported")

    def width(self, settings: Any) -> int:
        """Return the width of the states."""
        return int(settings.emb_size)

    def check(self, given: dict[str, Any]) -> None:
        """Raise SettingError for settings that are wrong whatever a preset makes of the others."""
        self.Settings.of(given)

    def settled(self, preset: str, given: dict[str, Any], sequences: "Sequences") -> AnySettings:
        """Return all settings: those given, the others as the preset has them on these data."""
        return self.Settings.of(given)
