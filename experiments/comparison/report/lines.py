"""What tables say of each model, and the contrasts between them: stored trainings → plain values.

This file loads without torch. Shapes: B bases, S seeds, U rows of test, C contrasts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from comparison.analysis.contrasts import Interval, hierarchical_bootstrap, holm
from comparison.plan import (
    BASE,
    CATEGORY_SCORES,
    LEVEL,
    MEASURES,
    RANKING,
    Contrast,
    contrasts,
    counts,
)
from comparison.store import Trained

Array = npt.NDArray[Any]
Groups = Mapping[str, npt.NDArray[np.bool_]]
SHOWN_DEV = ("ndcg@10", "share", "fvu", "fvu_code", "leak_share", "l0", "dead")


@dataclass(frozen=True)
class Retrained:
    """A model's trainings: on each base (first index) with each seed."""

    label: str
    trained_BS: list[list[Trained]]
    key: str
    """The same for the same trainings."""

    @property
    def errors(self) -> list[str]:
        """Return why trainings failed."""
        return [t.error for row in self.trained_BS for t in row if t.error is not None]

    def has(self, measure: str) -> bool:
        """Return True if every training has the measure."""
        return all(measure in t.arrays for row in self.trained_BS for t in row)

    def values(self, measure: str) -> Array:
        """Return float32 [B, S, U]."""
        return np.stack([[t.arrays[measure] for t in row] for row in self.trained_BS])


def figures_on_test(model: Retrained, groups: Groups) -> dict[str, dict[str, dict[str, float]]]:
    """Return for each group and measure the mean over trainings, and their spread.

    `sd`: standard deviation of the trainings' means, bases and seeds together; NaN for one.
    """
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for group, mask_U in groups.items():
        names = (*RANKING, *(CATEGORY_SCORES if group == "all" else ()))
        figures[group] = {
            name: _mean_and_sd(model.values(name)[:, :, mask_U].mean(2, dtype=np.float64))
            for name in names
            if mask_U.any() and model.has(name)
        }
    return figures


def figures_on_dev(model: Retrained) -> dict[str, dict[str, float]]:
    """Return mean and spread over trainings of what dev tells of a model."""
    devs = [[t.about["dev"] for t in row] for row in model.trained_BS]
    names = [name for name in SHOWN_DEV if all(name in dev for row in devs for dev in row)]
    return {
        name: _mean_and_sd(np.array([[dev[name] for dev in row] for row in devs])) for name in names
    }


def leaks(model: Retrained) -> bool:
    """Return True if the audit found a leak in any training."""
    return any(t.about["dev"].get("leak", False) for row in model.trained_BS for t in row)


@dataclass(frozen=True)
class Tested:
    """A contrast with its interval."""

    contrast: Contrast
    interval: Interval
    users: int
    in_family: bool
    test: str
    """The same for the same test: two budgets may have the same winners."""


def tested_contrasts(models: Mapping[str, Retrained], groups: Groups, draws: int) -> list[Tested]:
    """Return the contrasts between the models that are there, group by group."""
    categories = all(model.has(name) for model in models.values() for name in CATEGORY_SCORES)
    tested = []
    for group, mask_U in groups.items():
        asked = [
            contrast
            for contrast in contrasts(categories)
            if contrast.group == group
            and contrast.variant in models
            and contrast.reference in models
        ]
        if asked and mask_U.any():
            tested += _of_group(models, asked, mask_U, draws)
    return tested


def _of_group(
    models: Mapping[str, Retrained], asked: list[Contrast], mask_U: Array, draws: int
) -> list[Tested]:
    users = int(mask_U.sum())
    base_ndcg = float(models[BASE].values("ndcg@10")[:, :, mask_U].mean())
    differences = [_difference(models, contrast)[:, :, mask_U] for contrast in asked]
    intervals = hierarchical_bootstrap(np.stack(differences), draws=draws)
    return [
        Tested(
            contrast=contrast,
            interval=interval,
            users=users,
            in_family=counts(contrast, base_ndcg, users),
            test=f"{models[contrast.variant].key} {models[contrast.reference].key}",
        )
        for contrast, interval in zip(asked, intervals, strict=True)
    ]


def _difference(models: Mapping[str, Retrained], contrast: Contrast) -> Array:
    """Return [B, S, U]; seeds are paired by number, a base has one line for all of them."""
    variant = models[contrast.variant].values(contrast.measure)
    return variant - models[contrast.reference].values(contrast.measure)


def corrected(
    tested: Mapping[tuple[str, str], list[Tested]], final: bool
) -> tuple[list[dict[str, Any]], int]:
    """Return all contrasts as rows, p values corrected over their one family, and its size.

    tested: by data set and budget. final: False for a run too small for verdicts.
    """
    every = [(dataset, budget, one) for (dataset, budget), some in tested.items() for one in some]
    p_values = {_place(dataset, one): one.interval.p for dataset, _, one in every if one.in_family}
    raised = dict(zip(p_values, holm(list(p_values.values())), strict=True))
    rows = []
    for dataset, budget, one in every:
        p_holm = raised[_place(dataset, one)] if one.in_family else None
        row = {
            "dataset": dataset,
            "budget": budget,
            **one.contrast._asdict(),
            "n": one.users,
            **one.interval._asdict(),
            "in_family": one.in_family,
            "p_holm": p_holm,
            "verdict": _verdict(one, p_holm) if final else None,
        }
        rows.append(row if one.in_family else {**row, "p": None})
    return rows, len(raised)


def _place(dataset: str, one: Tested) -> tuple[str, str, str, str]:
    """Return what tells tests apart."""
    return dataset, one.test, one.contrast.group, one.contrast.measure


def _verdict(one: Tested, p_holm: float | None) -> str | None:
    if p_holm is None:
        return None
    if p_holm >= LEVEL:
        return "no difference shown"
    more = one.interval.mean > 0
    return "better" if more == MEASURES[one.contrast.measure].more_is_better else "worse"


def _mean_and_sd(values_BS: Array) -> dict[str, float]:
    few = values_BS.size < 2
    return {
        "mean": float(values_BS.mean()),
        "sd": float("nan") if few else float(values_BS.std(ddof=1)),
    }
