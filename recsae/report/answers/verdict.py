"""The answer of a run: what won, how much of the base it keeps, and what simpler is as good.

As good is what lies within one deviation of the best: the one-standard-error rule (Breiman et al.
1984, Classification and Regression Trees, section 3.4.3).
"""

import math
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from recsae.results import DEV, MAX, Columns, Results, records
from recsae.results.columns import EXPECTED, EXPECTED_SD

MOST_ROWS: Final = 5
_K: Final = "sae_k"
_NDCG: Final = "ndcg@10"


def verdict(results: Results) -> dict[str, Any]:
    """Return what `answer` of the JSON holds; {} where no trial may be best.

    trial_id, model_name, objectives (dev values), settings (those that were searched), keeps (of
    the base's NDCG@10, by split: share, low, high), noise (deviation, and of what) or None, simpler
    (trials of a smaller k that are as good, smallest first), top (the best five).
    """
    if results.best.empty:
        return {}
    best = records(results.best.head(1))[0]
    number, noise = int(best[Columns.TRIAL_ID]), _noise(results, best)
    return {
        **_about(results, best),
        "keeps": _kept(results.scores(number)),
        "noise": noise,
        "simpler": _simpler(results, best, noise),
        "top": [_about(results, row) for row in records(_top(results))],
    }


def _about(results: Results, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return number, model, objectives and searched settings of a trial."""
    searched = [p.name for p in results.space.searched if p.name != Columns.MODEL_NAME]
    known = [name for name in searched if name in row and not pd.isna(row[name])]
    return {
        Columns.TRIAL_ID: int(row[Columns.TRIAL_ID]),
        Columns.MODEL_NAME: row[Columns.MODEL_NAME],
        "objectives": {name: float(row[DEV + name]) for name in results.objectives},
        "settings": {name: row[name] for name in known},
    }


def _top(results: Results) -> pd.DataFrame:
    """Return the best trials: those of the front, then those that come next."""
    able = results.ranked[results.eligible.reindex(results.ranked.index)]
    first = results.best[Columns.TRIAL_ID]
    rest = able[~able[Columns.TRIAL_ID].isin(first)]
    return pd.concat([results.best, rest]).head(MOST_ROWS)


def _kept(scores: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return the share of the base's NDCG@10 on each split, with its interval over users."""
    found = {}
    for split in ("dev", "test"):
        own = scores.get(split) or {}
        difference = ((scores.get("difference") or {}).get(split) or {}).get(_NDCG)
        value, share = own.get(_NDCG), own.get("share")
        if not (value and share and math.isfinite(share)):
            continue
        found[split] = {"share": share}
        if difference and difference.get("low") is not None:
            base = value / share
            found[split] |= {end: 1 + difference[end] / base for end in ("low", "high")}
    return found


def _noise(results: Results, best: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how much luck is in the first objective: of the seed if that is known, or of users."""
    name, number = next(iter(results.objectives)), best[Columns.TRIAL_ID]
    expected = results.expected
    if not expected.empty and name not in expected.attrs.get("why_observed", {}):
        rows = expected[expected[Columns.TRIAL_ID] == number]
        if len(rows) and (spread := float(rows[EXPECTED_SD + name].iloc[0])) > 0:
            return {"sd": spread, "of": "seeds"}
    difference = results.scores(int(number)).get("difference") or {}
    told = (difference.get("dev") or {}).get(name)
    if told and told.get("low") is not None:
        return {"sd": (told["high"] - told["low"]) / (2 * 1.96), "of": "users"}
    return None


def _simpler(
    results: Results, best: Mapping[str, Any], noise: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Return the trials of a smaller k within the noise of the best, smallest k first.

    By what they are expected to score where the noise is that of seeds.
    """
    if noise is None or _K not in results.trials or pd.isna(best.get(_K)):
        return []
    (name, way), *_ = results.objectives.items()
    able = results.trials[results.eligible]
    values = able[DEV + name]
    if noise["of"] == "seeds":
        told = results.expected.set_index(Columns.TRIAL_ID)[EXPECTED + name]
        values = able[Columns.TRIAL_ID].map(told)
    signs = values if way == MAX else -values
    least = float(signs[able[Columns.TRIAL_ID] == best[Columns.TRIAL_ID]].iloc[0]) - noise["sd"]
    found = able.assign(order=signs)[(signs >= least) & (able[_K] < best[_K])]
    found = found.sort_values([_K, "order"], ascending=[True, False])
    return [{**_about(results, row), Columns.K: int(row[_K])} for row in records(found)]
