"""Scores of saved autoencoders on dev and test; each time that test is read is counted."""

import math
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, get_args

import torch

from recsae.activations.extraction import SPLITS, Split
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.files import read_json, whole, write_json
from recsae.jobs.sources import base_folder
from recsae.machine import device_of, take_threads
from recsae.results import Columns, Files, write_curve_of_k
from recsae.sae import files
from recsae.sae.model import SparseAutoencoder
from recsae.sequences import Mask
from recsae.test_reads import count_test_read
from recsae.trial import Evaluator, Measured

Scores = dict[str, Any]
"""What metrics.json holds: `dev` and `test` metrics, `difference` to the base and `groups`, both
by split. Of a model that is meant for several k also `curve_of_k`: a row a k, as curve_of_k.parquet
holds it and metrics.json does not."""

CURVE: Final = "curve_of_k"
"""What a curve of k is called among scores and outcomes."""
Targets = Literal["all", "new"]
MASKS: tuple[Mask, ...] = get_args(Mask)
TARGETS: tuple[Targets, ...] = get_args(Targets)


class Ranking(NamedTuple):
    """What is ranked: which items a row is not offered, and which targets are scored."""

    mask: Mask = "history"
    targets: Targets = "all"
    """`all` of those that the states are of; `new`: none that its user had met before."""

    def of(self, activations: Activations) -> Activations:
        """Return the states of these targets; raises RecsaeError if too few are left."""
        return activations.with_new_targets() if self.targets == "new" else activations


AS_SEARCHED = Ranking()
"""How training and searching score; what is stored can be compared with nothing else."""


def base_scores(activations: Activations, mask: Mask) -> dict[str, dict[str, float]]:
    """Return the ranking metrics of the base itself, by split."""
    return {split: Evaluator(activations, split, mask).base for split in SPLITS}


def scores_of(
    model: SparseAutoencoder,
    activations: Activations,
    device: torch.device,
    folder: Path,
    cache: Cache,
    mask: Mask = "history",
    known: Mapping[Split, Measured] = MappingProxyType({}),
) -> Scores:
    """Return a model's scores; test is noted in `folder` (a run or model) and in the base.

    `known` is what has been measured of a split already, deeply and under the same mask.
    """
    for place in (folder, base_folder(activations, cache)):
        if place is not None:
            count_test_read(place)
    scores: Scores = {"dev": {}, "test": {}, "difference": {}, "groups": {}}
    curve: dict[int, dict[str, float]] = {}
    for split in SPLITS:
        evaluator = Evaluator(activations, split, mask, str(device))
        metrics, rank_R = known.get(split) or evaluator.measure(model.to(device), deep=True)
        compared = evaluator.panel.compared(rank_R, evaluator.base_ranks)
        scores[split] = metrics
        scores["difference"][split], scores["groups"][split] = (
            compared[part] for part in ("difference", "groups")
        )
        if model.variant.ladder(model.settings):
            for k, figures in evaluator.curve_of_k(model).items():
                row = curve.setdefault(k, {Columns.K: k})
                row |= {f"{split}/{name}": figure for name, figure in figures.items()}
    return scores | ({CURVE: list(curve.values())} if curve else {})


def score_again(
    model: SparseAutoencoder,
    about: Mapping[str, Any],
    activations: Activations,
    folder: Path,
    cache: Cache,
    ranking: Ranking = AS_SEARCHED,
    device: torch.device | None = None,
) -> tuple[Scores, bool | None]:
    """Return a saved model's scores, and whether they are to the last digit those beside it.

    None: there is nothing to compare with (no stored figures, or another ranking). `about` is what
    was saved with the model. `activations` are those of the targets that are asked for.
    """
    stored = about.get("machine")
    take_threads(stored, folder / files.SETTINGS)
    on_gpu = isinstance(stored, dict) and stored.get("device") == "cuda"
    where = device or device_of(None if on_gpu else "cpu")
    scores = scores_of(model, activations, where, folder, cache, ranking.mask)
    file = folder / Files.METRICS
    if ranking != AS_SEARCHED or not file.is_file():
        return scores, None
    with whole(file):
        known = read_json(file)
        return scores, all(same(scores[split], known[split]) for split in SPLITS)


def write_scores(folder: Path, scores: Scores) -> None:
    """Write a model's scores beside it; metrics.json comes last: where it is, all is there."""
    if CURVE in scores:
        write_curve_of_k(folder, scores[CURVE])
    write_json(folder / Files.METRICS, {part: scores[part] for part in scores if part != CURVE})


def write_outcome(folder: Path, outcome: Mapping[str, Any]) -> None:
    """Write the scores that a model's outcome tells, beside the model."""
    parts = [part for part in ("difference", "groups", CURVE) if part in outcome]
    write_scores(folder, {**outcome["metrics"], **{part: outcome[part] for part in parts}})


def same(ours: Mapping[str, float], stored: Mapping[str, float | None]) -> bool:
    """Compare figures to the last digit; a stored null stands for a figure that is no number.

    What a package measured that is no longer installed is not compared.
    """
    return all(
        ours[name] == value or (math.isnan(ours[name]) and (value is None or math.isnan(value)))
        for name, value in stored.items()
        if name in ours
    )
