"""From stored trainings to the values of comparison.json: lines of models, and contrasts."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from comparison.analysis.contrasts import DRAWS
from comparison.artifacts import Artifacts, FinishedSearch, Trainings
from comparison.bases import groups
from comparison.plan import (
    BASE,
    BASES_AT_LEAST,
    BUDGETS,
    CONTENDERS,
    GROUPS,
    PCA,
    RANKING,
    SEEDS_AT_LEAST,
    Budget,
    PlanSettings,
    words,
)
from comparison.report.lines import (
    Groups,
    Retrained,
    Tested,
    corrected,
    figures_on_dev,
    figures_on_test,
    leaks,
    tested_contrasts,
)
from comparison.store import load
from recsae.activations.store import Activations
from recsae.files import digest

QUICK_DRAWS = 1000


def outcome(plan: PlanSettings, artifacts: Artifacts) -> dict[str, Any]:
    """Return all that a comparison has found, as plain values."""
    final = not plan.quick and plan.bases >= BASES_AT_LEAST and plan.seeds >= SEEDS_AT_LEAST
    draws = QUICK_DRAWS if plan.quick else DRAWS
    datasets: dict[str, Any] = {}
    tested: dict[tuple[str, str], list[Tested]] = {}
    for dataset, prepared in artifacts.prepared.items():
        in_groups = groups(Activations.open(Path(prepared[0].activations)))
        models = _models(artifacts, dataset)
        for budget in BUDGETS:
            chosen = {BASE: models[BASE], **_of_budget(models, budget)}
            tested[dataset, budget] = tested_contrasts(chosen, in_groups, draws)
        datasets[dataset] = {
            "protocol": prepared[0].protocol,
            "groups": {name: int(mask_U.sum()) for name, mask_U in in_groups.items()},
            "categories": list(artifacts.categories[dataset]),
            "bases": [_base_about(one.base, one.base_seed) for one in prepared],
            "lines": [
                _line(BASE, None, models[BASE], in_groups),
                *_counted_lines(artifacts, dataset),
                _line(PCA, None, models[PCA], in_groups),
                *_winner_lines(artifacts, dataset, models, in_groups),
            ],
        }
    rows, family = corrected(tested, final)
    return {
        "quick": plan.quick,
        "final": final,
        "plan": plan.values(),
        "words": words(),
        "family": family,
        "draws": draws,
        "datasets": datasets,
        "contrasts": rows,
    }


def _models(artifacts: Artifacts, dataset: str) -> dict[str, Retrained]:
    """Read the trainings of a data set: the base, PCA, and each winner as `label/budget`."""
    base = [[load(path)] for path in artifacts.bases[dataset]]
    models = {BASE: Retrained(BASE, base, digest([p.name for p in artifacts.bases[dataset]]))}
    models[PCA] = _retrained(PCA, artifacts.controls[dataset, PCA])
    for (name, label, budget), files in artifacts.winners.items():
        if name == dataset:
            models[f"{label}/{budget}"] = _retrained(label, files)
    return models


def _of_budget(models: dict[str, Retrained], budget: Budget) -> dict[str, Retrained]:
    """Return the winners of a budget that trained well, by label."""
    named = {c.label: models.get(f"{c.label}/{budget}") for c in CONTENDERS}
    return {label: model for label, model in named.items() if model and not model.errors}


def _retrained(label: str, files: Trainings) -> Retrained:
    key = digest([[path.name for path in row] for row in files])
    return Retrained(label, [[load(path) for path in row] for row in files], key)


def _line(label: str, budget: Budget | None, model: Retrained, in_groups: Groups) -> dict[str, Any]:
    """Return a model's line of the tables."""
    sound = not model.errors
    return {
        "model": label,
        "budget": budget,
        "leak": sound and leaks(model),
        "trainings": sum(len(row) for row in model.trained_BS),
        "errors": model.errors,
        "dev": figures_on_dev(model) if sound else {},
        "test": figures_on_test(model, in_groups) if sound else {},
    }


def _winner_lines(
    artifacts: Artifacts, dataset: str, models: dict[str, Retrained], in_groups: Groups
) -> list[dict[str, Any]]:
    lines = []
    for budget in BUDGETS:
        for contender in CONTENDERS:
            label = contender.label
            searched, model = artifacts.searched[dataset, label], models.get(f"{label}/{budget}")
            line = _winner_line(label, budget, searched, model, in_groups)
            lines.append({**line, "agreement": artifacts.agreement.get((dataset, label, budget))})
    return lines


def _winner_line(
    label: str, budget: Budget, searched: FinishedSearch, model: Retrained | None, in_groups: Groups
) -> dict[str, Any]:
    best = searched.winners[budget]
    about: dict[str, Any] = {"search": searched.folder, "winner": best and best.values()}
    if model is None:
        none = f"no trial was complete within the budget in {budget}"
        empty = {"leak": False, "trainings": 0, "errors": [none], "dev": {}, "test": {}}
        return {"model": label, "budget": budget, **empty, **about}
    line = {**_line(label, budget, model, in_groups), **about}
    if best is not None and not model.errors:
        line["curse"] = _curse(best.dev, model)
    return line


def _curse(dev: float, model: Retrained) -> dict[str, float]:
    """Hold the search's dev NDCG@10 of a winner against that of fresh seeds on the same base."""
    fresh_S = np.array([trained.about["dev"]["ndcg@10"] for trained in model.trained_BS[0]])
    return {
        "search": dev,
        "fresh": float(fresh_S.mean()),
        "sd": float(fresh_S.std(ddof=1)) if len(fresh_S) > 1 else float("nan"),
        "difference": dev - float(fresh_S.mean()),
    }


def _counted_lines(artifacts: Artifacts, dataset: str) -> list[dict[str, Any]]:
    """Return the lines of the baselines of counts: one score each."""
    return [
        {
            "model": one["model_name"],
            "budget": None,
            "leak": False,
            "trainings": 1,
            "errors": [],
            "dev": _single(one["metrics"]["dev"], ("ndcg@10",)),
            "test": {
                group: _single(one["groups"]["test"][group], RANKING)
                for group in GROUPS
                if one["groups"]["test"][group]["n"]
            },
        }
        for one in artifacts.counted.get(dataset, [])
    ]


def _single(metrics: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"mean": metrics[name], "sd": math.nan} for name in names}


def _base_about(base: dict[str, Any], seed: int) -> dict[str, Any]:
    return {
        "base_seed": seed,
        "fingerprint": base["fingerprint"],
        "settings": base["settings"],
        "metrics": base["metrics"],
    }
