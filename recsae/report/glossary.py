"""What each metric means, in a line: the pages of runs and of their columns take it from here."""

from collections.abc import Iterable
from typing import Final

from recsae.metrics.registry import metrics

LOSS_TERMS: Final = {
    "loss": "what was minimised: fvu + sae_auxk x auxk + penalty",
    "fvu": "the reconstruction's part: as fvu, of the batches in training",
    "auxk": "share of the error that dead latents leave unexplained; 0 when none is dead",
    "penalty": "the variant's own part, e.g. its contrastive loss, times its weight",
}


def explained(names: Iterable[str]) -> dict[str, str]:
    """Return the metrics among `names` that are known here, each with its meaning."""
    return {name: metrics()[name].explanation for name in names if name in metrics()}
