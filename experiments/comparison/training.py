"""One training of a comparison: a winner's settings on one base with one seed, scored on test once.

Shapes: U rows of test, R rows of a split, C categories, N latents, K active.
"""

import time
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

import comparison
from comparison.analysis.probes import Split, linear_probe, one_latent
from comparison.bases import Prepared
from comparison.store import Trained, save
from recsae.activations.store import Activations
from recsae.errors import SettingError
from recsae.files import digest, source_digest
from recsae.metrics.concepts.codes import Codes
from recsae.metrics.ranking import NotFiniteError, candidates, gains, percentiles
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variant
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.search.versions import code
from recsae.test_reads import count_test_read
from recsae.trial import Evaluator

PROBE_ROWS = 2**17
"""Train rows that a probe is fitted on at most."""
ENCODE_ROWS = 8192


@dataclass(frozen=True)
class Job:
    """A training to do; plain values."""

    prepared: Prepared
    model_name: str
    settings: dict[str, Any]
    """All settings, those of the seed included."""
    categories: str | None
    """File of the items' categories, if there are any."""

    @property
    def key(self) -> str:
        """A name for all that the result depends on."""
        asked = self.categories and Path(self.categories).name  # named by its content
        named = (self.prepared.fingerprint, asked, code_of_training())
        return digest(self.model_name, self.settings, *named)


@cache
def code_of_training() -> str:
    """Return a name for the code that a training of this process depends on."""
    return digest(code()["training"], source_digest(comparison.SOURCES))


def train(job: Job, path: Path) -> None:
    """Train, score and write the file; a training that diverges is written with its error."""
    scorer = _scorer(job.prepared.activations, job.categories)
    start = time.perf_counter()
    try:
        model = _trained(job, scorer)
        dev = scorer.dev(model)
    except (SettingError, NotFiniteError) as error:  # it diverged
        save(Trained({"error": str(error)}, {}), path)
        return
    _count_test_read(job.prepared, path)
    arrays = scorer.rows_of_ranks(scorer.test.ranks(model))
    arrays |= scorer.category_scores(lambda x_RD: _codes(model, x_RD))
    atoms_ND = model.W_dec.detach().numpy().astype(np.float16)
    arrays |= {"atoms": atoms_ND, "fired": model.fired.numpy()}
    seconds = time.perf_counter() - start
    save(Trained({"dev": dev, "seconds": seconds, "settings": job.settings}, arrays), path)


def score_base(prepared: Prepared, categories: str | None, path: Path) -> None:
    """Write the same file for a base itself: its own ranks, and what its states know."""
    scorer = _scorer(prepared.activations, categories)
    start = time.perf_counter()
    _count_test_read(prepared, path)
    arrays = scorer.rows_of_ranks(scorer.test.base_ranks)
    arrays |= scorer.category_scores(lambda x_RD: x_RD.numpy())
    about = {"dev": scorer.dev.base, "seconds": time.perf_counter() - start}
    save(Trained(about, arrays), path)


class _Scorer:
    """A base's states and all that scoring on them needs; kept by a process."""

    def __init__(self, activations: Activations, categories: str | None) -> None:
        self.activations = activations
        self.dev, self.test = Evaluator(activations, "dev"), Evaluator(activations, "test")
        items = len(activations.item_table)
        self._candidates_U = candidates(activations.seen("test"), items)
        self._member_IC = None if categories is None else np.load(categories)

    def rows_of_ranks(self, ranks_U: Tensor) -> dict[str, npt.NDArray[Any]]:
        """Return what each row adds to each measure of ranking, [U] each."""
        values = {
            "ndcg@10": gains(ranks_U),
            "hr@50": ranks_U <= 50,
            "percentile": percentiles(ranks_U, self._candidates_U),
        }
        return {name: value_U.numpy().astype(np.float32) for name, value_U in values.items()}

    def category_scores(self, represent: Any) -> dict[str, npt.NDArray[Any]]:
        """Return the pseudo-values of both category scores, [U] each; none without categories."""
        if self._member_IC is None:
            return {}
        activations, member_IC = self.activations, self._member_IC
        x_ND, _, next_N, *_ = activations.rows()
        chosen_M = _sample(len(x_ND))
        train = Split(represent(x_ND[chosen_M].float()), member_IC[next_N[chosen_M].numpy()])
        dev = Split(represent(activations.states("dev")), member_IC[activations.dev_target])
        test = Split(represent(activations.states("test")), member_IC[activations.test_target])
        scores = {
            "auc_latent": one_latent(train, test),
            "auc_probe": linear_probe(train, dev, test),
        }
        return {name: score.pseudo_R.astype(np.float32) for name, score in scores.items()}


@lru_cache(maxsize=16)
def _scorer(folder: str, categories: str | None) -> _Scorer:
    return _Scorer(Activations.open(Path(folder)), categories)


def _sample(rows: int) -> Tensor:
    if rows <= PROBE_ROWS:
        return torch.arange(rows)
    chosen = np.random.default_rng(0).choice(rows, PROBE_ROWS, replace=False)
    return torch.from_numpy(np.sort(chosen))


def _trained(job: Job, scorer: _Scorer) -> SparseAutoencoder:
    """Train without a look at dev between epochs: nothing is chosen here."""
    kind = variant(job.model_name)
    settings = kind.Settings.of(job.settings)
    rows = Rows(*scorer.activations.rows(settings.sae_positions))
    trainer = SAETrainer(kind, settings, rows, order_seed=settings.sae_seed, device="cpu")
    for _ in range(settings.sae_epochs):
        trainer.epoch()
    return trainer.model


@torch.no_grad()
def _codes(model: SparseAutoencoder, x_RD: Tensor) -> Codes:
    parts = [model.encode(x_BD) for x_BD in torch.split(x_RD, ENCODE_ROWS)]
    values_RK = torch.cat([code.values_BK for code in parts]).numpy()
    indices_RK = torch.cat([code.indices_BK for code in parts]).numpy()
    return Codes(values_RK, indices_RK, model.latents)


def _count_test_read(prepared: Prepared, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    places = [path.parent] + ([Path(prepared.folder)] if prepared.folder else [])
    for place in places:
        if place.is_dir():
            count_test_read(place)
