"""What stands first on a run's page: what won, against what, with which settings."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pandas as pd

from recsae.errors import SettingError
from recsae.report import formats
from recsae.report.answers.lines import answer_lines
from recsae.report.answers.verdict import verdict
from recsae.results import DEV, Columns, Results, records, setting_names
from recsae.sae.registry import variant

_K: Final = "sae_k"
_NDCG: Final = "ndcg@10"
_OWN: Final = (Columns.MODEL_NAME, "sae_epochs", "sae_seed")
"""Settings in which a trial may differ from the published ones: how long, and with which luck."""


def answer(results: Results) -> dict[str, Any]:
    """Return lines of words, rows of what it is held against, the settings of each best trial.

    {} where no trial may be best.
    """
    told = verdict(results)
    if not told:
        return {}
    best, simpler = told[Columns.TRIAL_ID], told["simpler"][:1]
    rows = [_trial_row(results, "best", best)]
    rows += [_trial_row(results, "simplest as good", one[Columns.TRIAL_ID]) for one in simpler]
    original = original_trial(results)
    if original is not None:
        rows.append(_trial_row(results, "the original's setting", original))
    rows += [_beside_row(results, name, own) for name, own in results.beside.items()]
    return {
        "lines": answer_lines(told),
        "rows": rows,
        "splits": [s for s in ("dev", "test") if any(row[s] for row in rows)],
        "original": None if original is not None else _original_words(results),
        "best": best_settings(results),
    }


def original_trial(results: Results) -> int | None:
    """Return the best trial with the published settings, epochs and seed apart; None without one.

    Those are the defaults of each variant's settings.
    """
    for row in records(results.ranked[results.eligible.reindex(results.ranked.index)]):
        defaults = published(row[Columns.MODEL_NAME])
        own = [n for n in setting_names(results.trials) if n not in _OWN and not pd.isna(row[n])]
        if defaults and all(row[name] == defaults.get(name) for name in own):
            return int(row[Columns.TRIAL_ID])
    return None


def published(model_name: str) -> dict[str, Any]:
    """Return the settings that the original has; {} for a variant that is not installed here."""
    try:
        return variant(model_name).Settings.of({}).values()
    except SettingError:
        return {}


def best_settings(results: Results) -> dict[str, Any]:
    """Return heads and rows of a table: each point of the front with its searched settings.

    Of one objective there is one point.
    """
    names = [p.name for p in results.space.searched if p.name in results.trials]
    several = results.front.get(Columns.K, pd.Series(dtype="Int64")).notna().any()
    heads = [Columns.TRIAL_ID, *([Columns.K] if several and _K not in names else []), *names]
    heads += [DEV + name for name in results.objectives]
    ladder = bool(results.front[Columns.TRIAL_ID].duplicated().any())
    if ladder and Columns.K not in heads:
        heads.insert(1, Columns.K)
    rows = [[formats.value(n, row.get(n)) for n in heads] for row in records(results.front)]
    return {"heads": [_head(name) for name in heads], "rows": rows}


def _head(column: str) -> str:
    return f"dev {column.removeprefix(DEV)}" if column.startswith(DEV) else column


def _trial_row(results: Results, what: str, number: int) -> dict[str, Any]:
    (row,) = records(results.trials[results.trials[Columns.TRIAL_ID] == number])
    dev = {name: row.get(DEV + name) for name in _metrics(results)}
    return {
        "what": what,
        "trial": number,
        "k": formats.value(_K, row.get(_K)),
        "dev": _texts(dev),
        "test": _texts(results.test_metrics(number), results),
        "share": formats.share(_share(results, row.get(DEV + _NDCG))),
    }


def _beside_row(results: Results, name: str, dev: Mapping[str, float]) -> dict[str, Any]:
    test = ((results.search.get("base") or {}).get("metrics") or {}).get("test") or {}
    return {
        "what": name,
        "trial": None,
        "k": formats.NOTHING,
        "dev": _texts(dev, results),
        "test": _texts(test, results) if name == "base" else {},
        "share": formats.share(_share(results, dev.get(_NDCG))),
    }


def _texts(metrics: Mapping[str, Any], results: Results | None = None) -> dict[str, str]:
    names: Iterable[str] = metrics if results is None else _metrics(results)
    return {n: formats.value(n, metrics[n]) for n in names if metrics.get(n) is not None}


def _metrics(results: Results) -> list[str]:
    return list(dict.fromkeys([*results.objectives, _NDCG]))


def _share(results: Results, ndcg: float | None) -> float | None:
    base = results.base_metrics.get(_NDCG)
    return None if ndcg is None or pd.isna(ndcg) or not base else ndcg / base


def _original_words(results: Results) -> str:
    """Return that no trial has the published settings, and what would add one."""
    model = str(results.best[Columns.MODEL_NAME].iloc[0])
    defaults = published(model)
    point = {p.name: defaults[p.name] for p in results.space.searched if p.name in defaults}
    if not point:
        return ""
    words = ", ".join(f"{name}: {_exact(value)}" for name, value in point.items())
    return (
        "No complete trial has the original's setting; a space asks for it by points: "
        f"[{{{words}}}]."
    )


def _exact(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
