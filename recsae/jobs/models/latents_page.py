"""What the page of latents shows: every latent, some users, and the scores of all trials."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from recsae.errors import RecsaeError
from recsae.inference.contributions import contributions
from recsae.inference.explained import ExplainedRecommender
from recsae.inference.histories import stored_histories
from recsae.metrics.registry import metrics
from recsae.progress import meter
from recsae.report.pages.latents import write_latents_page
from recsae.report.summary import concept_lines
from recsae.results import DEV, MAX, Columns, Files, eligible, load_results, records

Outcome = dict[str, Any]
USERS: Final = 100
"""Users who have a card, unless some are named."""
_SPLIT: Final = "dev"
_HISTORY: Final = 20
_TOP: Final = 10
_CONTEXTS: Final = 3
_LISTS: Final = ("after", "before", "raises", "lowers")
_Z: Final = 1.959964
_MEANING: Final = "concepts"


def write(
    model: ExplainedRecommender, outcome: Mapping[str, Any], users: Sequence[str], path: Path
) -> None:
    """Write the page; `outcome` is that of `explain`, `users` are original ids."""
    items = _Items(model)
    rows = len(model.activations.train_x) + len(model.activations.targets(_SPLIT).user)
    latents = [_latent(model, row, items, rows) for row in outcome["latents"]]
    content = {
        "latents": latents,
        "users": _users(model, users, items),
        "tradeoff": _tradeoff(model.path),
        "items": items.known,
    }
    about = {key: outcome[key] for key in ("model_name", "dataset", "sae_k", "leaks")}
    about |= {"model": _name(model.path)}
    settings = {k: v for k, v in model.settings.items() if k != "sae_k"}
    lines = concept_lines(outcome["concepts"])
    write_latents_page(path, {**about, "settings": settings, "concepts": lines}, content)


def _name(path: Path) -> str:
    """Return what a model is called; where its storage lies is no reader's business."""
    in_run = (path.parent.parent / Files.SEARCH).is_file()
    return "/".join(path.parts[-3:]) if in_run else path.name


class _Items:
    """Ids and titles of the items that a page names, each once."""

    def __init__(self, model: ExplainedRecommender) -> None:
        self._titles, self._ids = model.titles, model.items.values
        self._places: dict[Any, int] = {}
        self.known: list[list[str]] = []

    def places(self, items: Iterable[Any]) -> list[int]:
        """Return the places of items, by their original ids."""
        return [self._place(item) for item in items]

    def of_codes(self, codes: Iterable[int]) -> list[int]:
        """Return the same by codes."""
        return self.places(self._ids[np.asarray(list(codes), np.int64)].tolist())

    def _place(self, item: Any) -> int:
        if item not in self._places:
            self._places[item] = len(self.known)
            title = self._titles.get(item)
            self.known.append([str(item)] if title is None else [str(item), title])
        return self._places[item]


def _latent(
    model: ExplainedRecommender, row: Mapping[str, Any], items: _Items, rows: int
) -> Outcome:
    """Return a latent as the page has it: figures rounded, items by their places."""
    active = round(row["density"] * rows)
    contexts = model.latent(row["latent"]).contexts.head(_CONTEXTS)
    return {
        **{name: _short(row[name]) for name in ("density", "mean", "max", "match") if name in row},
        "dead": bool(row["dead"]),
        **{name: items.places(row[name]) for name in _LISTS},
        "tags": row["tags"],
        "attributes": [_attribute(one, active) for one in row["attributes"]],
        "contexts": [
            {
                "user": str(one["user"]),
                "value": _short(one["value"]),
                "history": items.places(one["history"]),
                "next": items.places([one["next_item"]])[0],
            }
            for one in records(contexts)
        ],
    }


def _attribute(one: Mapping[str, Any], active: int) -> list[Any]:
    """Return name, AUC, lift, recall, q, precision with its interval, and what is so by chance."""
    precision = one["precision"]
    low, high = _wilson(precision, active)
    chance = precision / one["lift"] if one["lift"] else 0.0
    figures = (one["auc"], one["lift"], one["recall"], one["q"], precision, low, high, chance)
    return [one["attribute"], *map(_short, figures)]


def _wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of `count` rows (Wilson 1927)."""
    if count == 0:
        return 0.0, 1.0
    spread = _Z**2 / count
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return middle - half, middle + half


def _users(model: ExplainedRecommender, users: Sequence[str], items: _Items) -> list[Outcome]:
    """Return a card each: of those who are named, else of some at equal steps over all."""
    stored = model.activations
    what = f"a user of {stored.meta['dataset']}"
    codes = [model.users.code("--user", what, user) for user in dict.fromkeys(users)]
    asked = stored_histories(stored, _SPLIT, codes or None)
    if asked.rows is None:
        raise RecsaeError(f"no states before the targets of {_SPLIT}; expected stored ones")
    count = len(asked.users) if codes else min(USERS, len(asked.users))
    chosen = np.linspace(0, len(asked.users) - 1, count).round().astype(np.int64)
    sae = model.autoencoder
    states, table = stored.states(_SPLIT), stored.tensor("item_table").to(sae.W_dec.device).float()
    found = []
    with meter("users", count) as progress:
        for place, at in enumerate(chosen):
            x_D = states[asked.rows[at]].to(sae.W_dec.device)
            history = asked.of(at)
            seen = np.unique(history).astype(np.int64)
            one = contributions(sae, x_D, table, seen, _TOP)
            best = one.items.tolist()
            found.append(
                {
                    "user": str(asked.users[at]),
                    "events": len(history),
                    "history": items.of_codes(history[-_HISTORY:]),
                    "latents": one.latents.tolist(),
                    "values": [_short(value) for value in one.values],
                    "items": items.of_codes(best),
                    "scores": [_short(score) for score in one.scores],
                    "base_ranks": one.base_ranks.tolist(),
                    "parts": [[_short(part) for part in row] for row in one.parts],
                    "enter": [items.of_codes(_but(row, best)) for row in one.without],
                    "leave": [items.of_codes(_but(best, row)) for row in one.without],
                }
            )
            progress(place + 1)
    return found


def _but(items: Sequence[int], others: Sequence[int]) -> list[int]:
    return [item for item in items if item not in others]


def _tradeoff(path: Path) -> Outcome | None:
    """Return the trials' scores of meaning beside their quality; None where none was measured."""
    folder = path.parent.parent
    if not (folder / Files.SEARCH).is_file():
        return None
    results = load_results(folder)
    first = next(iter(results.objectives))
    quality = "ndcg@10" if DEV + "ndcg@10" in results.trials else first
    known = [name for name, one in metrics().items() if one.family == _MEANING]
    names = [
        n for n in known if DEV + n in results.trials and results.trials[DEV + n].notna().any()
    ]
    able = results.trials[eligible(results.trials, {quality: MAX})]
    if not names or able.empty:
        return None
    own = int(path.name.partition("-")[0]) if path.name.partition("-")[0].isdigit() else None
    return {
        "quality": quality,
        "names": names,
        "trials": [
            {
                "trial": int(row[Columns.TRIAL_ID]),
                "quality": _short(row[DEV + quality]),
                "scores": [_short(row[DEV + name]) for name in names],
                "own": int(row[Columns.TRIAL_ID]) == own,
            }
            for row in records(able)
        ],
    }


def _short(value: float) -> float | None:
    """Return a number with the digits that a page shows; JSON knows no NaN."""
    return float(f"{value:.4g}") if math.isfinite(value) else None
