"""What GRU4Rec declares; loads without torch."""

from functools import partial
from typing import TYPE_CHECKING, final

from recsae.recommenders.architecture import Architecture, Trained
from recsae.recommenders.gru4rec.settings import GRU4RecSettings

if TYPE_CHECKING:
    import torch

    from recsae.recommenders.gru4rec.model import GRU4Rec
    from recsae.sequences import Sequences


@final
class GRU4RecArchitecture(Architecture):
    """A recurrent network over a user's items (Hidasi et al., 2016)."""

    name = "GRU4Rec"
    Settings = GRU4RecSettings

    def build(self, settings: GRU4RecSettings, n_items: int) -> "GRU4Rec":
        """Return a model with fresh weights."""
        from recsae.recommenders.gru4rec.model import GRU4Rec

        return GRU4Rec(settings, n_items)

    def train(
        self, sequences: "Sequences", settings: GRU4RecSettings, device: "torch.device"
    ) -> Trained:
        """Train until dev gets no better."""
        from recsae.recommenders.training.next_item import train

        build = partial(self.build, settings, sequences.n_items)
        return train(self.name, sequences, settings, device, build)
