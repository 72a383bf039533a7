"""What SASRec declares; loads without torch."""

from functools import partial
from typing import TYPE_CHECKING, Any, final

from recsae.recommenders.architecture import Architecture, Trained
from recsae.recommenders.sasrec.settings import SASRecSettings

if TYPE_CHECKING:
    import torch

    from recsae.recommenders.sasrec.model import SASRec
    from recsae.sequences import Sequences


@final
class SASRecArchitecture(Architecture):
    """Self-attention over a user's items (Kang and McAuley, 2018)."""

    name = "SASRec"
    Settings = SASRecSettings
    presets = ("default", "best")

    def build(self, settings: SASRecSettings, n_items: int) -> "SASRec":
        """Return a model with fresh weights."""
        from recsae.recommenders.sasrec.model import SASRec

        return SASRec(settings, n_items)

    def train(
        self, sequences: "Sequences", settings: SASRecSettings, device: "torch.device"
    ) -> Trained:
        """Train until dev gets no better."""
        from recsae.recommenders.training.next_item import train

        build = partial(self.build, settings, sequences.n_items)
        return train(self.name, sequences, settings, device, build)

    def check(self, given: dict[str, Any]) -> None:
        """Check settings that a preset completes: of width and heads it fits one to the other."""
        heads = given.get("num_heads", 1)
        width = {"emb_size": heads} if isinstance(heads, int) and heads >= 1 else {}
        SASRecSettings.of({**width, "num_heads": heads, **given})

    def settled(self, preset: str, given: dict[str, Any], sequences: "Sequences") -> SASRecSettings:
        """Return all settings: the preset follows the size of the data."""
        from recsae.recommenders.sasrec.presets import DataFacts, resolve

        return resolve(preset, DataFacts.of(sequences), given)
