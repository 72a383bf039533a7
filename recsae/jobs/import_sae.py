"""An autoencoder of RecSAE, of any of its three variants, becomes a saved model."""

import shutil
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.errors import SettingError
from recsae.files import digest
from recsae.jobs.scores import score_again, write_scores
from recsae.jobs.sources import IMPORTED, Ready
from recsae.jobs.training import MODELS, model_outcome
from recsae.machine import machine
from recsae.metrics.ranking import NotFiniteError
from recsae.recommenders.rechorus.files import Checkpoint, Weights
from recsae.results import Files
from recsae.sae import files
from recsae.sae.base import SAESettings
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variant

PLAIN, ATTENTION, CONTRASTIVE = "SASRec_SAE", "SASRec_SAE_Attention", "SASRec_SAE_Contrastive"
_BLOCK_ROWS = 4096


class SaeDraft(NamedTuple):
    """An autoencoder that could be: its name is known once its base is."""

    model_name: str
    settings: SAESettings
    weights: Weights
    """By the names of SparseAutoencoder."""
    given: dict[str, int]
    """What the file does not say."""

    def key(self, base: str) -> str:
        """Name the model by file, flags and base, not by our code or its defaults."""
        arrays = (self.weights[name].numpy() for name in sorted(self.weights))
        return digest("rechorus", self.model_name, self.given, base, *arrays)


def sae_draft(
    checkpoint: Checkpoint, *, sae_k: int | None, sae_attn_heads: int | None
) -> SaeDraft | None:
    """Return the autoencoder of a file; None if it has none.

    Raises SettingError of a flag that is missing, or of no use for this file.
    """
    given = _given(checkpoint, {"sae_k": sae_k, "sae_attn_heads": sae_attn_heads})
    if not checkpoint.sae:
        return None
    latents, width = checkpoint.sae["W_dec"].shape
    name = CONTRASTIVE if checkpoint.contrasts else PLAIN
    name, mode = (ATTENTION, {"sae_attn_mode": "published"}) if checkpoint.attends else (name, {})
    values = {**given, **mode, "sae_scale_size": latents // width, "sae_recipe": "reference"}
    settings = variant(name).Settings.of(values)
    settings.check_width(width)
    return SaeDraft(name, settings, checkpoint.sae, given)


def _given(checkpoint: Checkpoint, flags: Mapping[str, int | None]) -> dict[str, int]:
    """Return the flags that are given; raises SettingError if a file needs others."""
    wanted = ["sae_k"] * bool(checkpoint.sae) + ["sae_attn_heads"] * checkpoint.attends
    for flag, value in flags.items():
        if value is not None and flag not in wanted:
            part = "attention" if checkpoint.sae else "autoencoder"
            raise SettingError(f"--{flag}", f"not for this file, which holds no {part}")
    given = {flag: value for flag, value in flags.items() if value is not None}
    latents = len(checkpoint.sae["W_dec"]) if checkpoint.sae else 0
    for flag, words in {
        "sae_k": f"expected how many of its {latents} latents are active, which neither "
        "tensors nor name say",
        "sae_attn_heads": "expected how many heads its attention has, which neither tensors nor "
        "name say",
    }.items():
        if flag in wanted and flag not in given:
            raise SettingError(f"--{flag}", words)
    return given


def meaningless(metrics: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return a line if reconstructions are worse than the mean state on some split, else none."""
    over = {split: own["fvu"] for split, own in metrics.items() if own["fvu"] > 1}
    if not over:
        return []
    words = " and ".join(f"{value:.3g} on {split}" for split, value in over.items())
    problem = "above 1, worse than the mean state: not trained on these states, or another k"
    return [f"fvu {words}, {problem}"]


def keep_sae(
    draft: SaeDraft, ready: Ready, file: str, name: str, cache: Cache, device: torch.device
) -> tuple[dict[str, Any], bool]:
    """Save an autoencoder, score it and give it its name; False if it was there.

    Raises NotFiniteError, with nothing left, when its scores are too large.
    """
    activations = ready.activations
    known = cache.named(name) is not None
    key = draft.key(activations.meta["base"]["fingerprint"])
    cache.check_free(name, MODELS, key)
    folder = cache.local / MODELS / key
    new = not folder.exists()
    if new:
        files.save(_autoencoder(draft, activations), folder, _about(ready, file, device))
    model, about = files.load(folder)
    try:
        scores, _ = score_again(model, about, activations, folder, cache, device=device)
    except NotFiniteError:
        if new:
            # Else a second import would find it and take it for a good one.
            shutil.rmtree(folder)
        raise
    if not (folder / Files.METRICS).is_file():
        write_scores(folder, scores)
    cache.give_name(name, MODELS, key)
    return model_outcome(folder, activations, scores), not known


def _about(ready: Ready, file: str, device: torch.device) -> dict[str, Any]:
    """Return what is saved with an autoencoder that came from a file."""
    activations = ready.activations
    return {
        "activations": activations.fingerprint,
        "base": activations.meta["base"]["fingerprint"],
        "dataset": activations.meta["dataset"],
        "machine": machine(device),
        "source": ready.source.values(),
        IMPORTED: file,
    }


@torch.no_grad()
def _autoencoder(draft: SaeDraft, activations: Activations) -> SparseAutoencoder:
    """Return the model; latents that no train row makes positive are its dead ones."""
    width = activations.meta["width"]
    model = SparseAutoencoder(variant(draft.model_name), draft.settings, width)
    own = model.state_dict()
    for name, weights in draft.weights.items():
        own[name].copy_(weights)
    for x_BD in torch.split(activations.rows()[0], _BLOCK_ROWS):
        code = model.encode(x_BD.float())
        model.fired[code.indices_BK[code.values_BK > 0]] = True
    return model.eval()
