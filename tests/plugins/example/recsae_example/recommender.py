"""A recommender that takes milliseconds: the mean of random item vectors."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from recsae.recommenders.architecture import Architecture, Trained
from recsae.settings import Settings

if TYPE_CHECKING:
    import torch

    from recsae.recommenders.recommender import Recommender
    from recsae.sequences import Sequences


class MeanSettings(Settings):
    """Settings of the recommender."""

    size: Annotated[int, Field(ge=1)] = 8
    """Width of the item vectors."""


class Mean(Architecture):
    """Says that a user wants what is near the mean of the items so far."""

    name = "Mean"
    Settings = MeanSettings

    def width(self, settings: MeanSettings) -> int:
        """Return the width of the states."""
        return settings.size

    def build(self, settings: MeanSettings, n_items: int) -> "Recommender":
        """Return a model with fresh weights."""
        from recsae_example.mean_model import MeanModel

        return MeanModel(settings.size, n_items)

    def train(
        self, sequences: "Sequences", settings: MeanSettings, device: "torch.device"
    ) -> Trained:
        """Leave the weights as they are drawn."""
        model = self.build(settings, sequences.n_items).to(device)
        return Trained(model.eval().requires_grad_(False), [0.0])
