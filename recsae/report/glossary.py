"""What each metric means, in a line: the pages of runs and of their columns take it from here."""

from collections.abc import Iterable
from typing import Final

GLOSSARY: Final = {
    "ndcg": "NDCG@k of the next item among all items that the user has not seen (among all items "
    "if the user met it before); more is better",
    "hr": "share of users whose next item is among the first k; more is better",
    "percentile": "mean place of the next item, 0 at the top, .5 by chance; less is better",
    "share": "NDCG@10 divided by that of the base",
    "recovered": "NDCG@10 from what one mean state gives (0) to the base's (1)",
    "kl": "how far the scores are from the base's, as probabilities, in nats; 0 is the same",
    "overlap": "share of the base's first 10 items that are kept",
    "fvu": "share of the states' variance that the reconstruction misses; 1 is no better than the "
    "mean",
    "fvu_code": "the same of the decoder alone, without the variant's refinement",
    "fvu_permuted": "the same with the codes of other users; a model that lives by its code has "
    "1 or more",
    "fvu_zeroed": "the same with empty codes; 1 or more if all comes from the code",
    "ndcg@10_code": "NDCG@10 of the decoder alone",
    "ndcg@10_permuted": "NDCG@10 with the codes of other users",
    "ndcg@10_zeroed": "NDCG@10 with empty codes",
    "leak_share": "how much the reconstruction changes with the input beside the same code, as a "
    "share of variance; a leak above 1e-6",
    "leak_rank": "share of users whose ranking changes with the input beside the same code; a leak "
    "above .01",
    "leak": "the reconstruction does not come from the code alone: never best, whatever it scores",
    "l0": "positive values a code, at most k",
    "k_filled": "l0 divided by k",
    "dead": "share of latents that were never positive in the last training epoch",
    "alive": "the other latents",
    "density_1pct": "share of latents that are positive for more than 1 % of users",
    "density_10pct": "share of latents that are positive for more than 10 % of users",
    "coherence": "largest |cos| between two atoms of the decoder",
    "coherence_mean": "|cos| of an atom to the one most like it, mean over the atoms",
    "shrinkage": "length of a reconstruction divided by that of its state, mean; 1 if none shrinks",
}

LOSS_TERMS: Final = {
    "loss": "what was minimised: fvu + sae_auxk x auxk + penalty",
    "fvu": "the reconstruction's part: as fvu, of the batches in training",
    "auxk": "share of the error that dead latents leave unexplained; 0 when none is dead",
    "penalty": "the variant's own part, e.g. its contrastive loss, times its weight",
}


def explained(names: Iterable[str]) -> dict[str, str]:
    """Return the metrics among `names` that have an explanation, under their own names."""
    found = {name: GLOSSARY.get(name) or GLOSSARY.get(name.partition("@")[0]) for name in names}
    return {name: text for name, text in found.items() if text}
