"""What BPR-MF declares; loads without torch."""

from functools import partial
from typing import TYPE_CHECKING, final

from recsae.recommenders.architecture import Architecture, Trained
from recsae.recommenders.bprmf.settings import BPRMFSettings

if TYPE_CHECKING:
    import torch

    from recsae.recommenders.bprmf.model import BPRMF
    from recsae.sequences import Sequences


@final
class BPRMFArchitecture(Architecture):
    """Matrix factorisation trained on pairs of items (Rendle et al., 2009)."""

    name = "BPRMF"
    Settings = BPRMFSettings
    per_user = True

    def build(self, settings: BPRMFSettings, n_items: int, n_users: int = 0) -> "BPRMF":
        """Return a model with fresh weights."""
        from recsae.recommenders.bprmf.model import BPRMF

        return BPRMF(settings, n_items, n_users)

    def train(
        self, sequences: "Sequences", settings: BPRMFSettings, device: "torch.device"
    ) -> Trained:
        """Train until dev gets no better."""
        from recsae.recommenders.bprmf.pairs import epochs_of
        from recsae.recommenders.training.early_stopping import trained

        build = partial(self.build, settings, sequences.n_items, sequences.n_users)
        epoch_of = partial(epochs_of, sequences, settings, device)
        return trained(self.name, sequences, settings, device, build, epoch_of)
