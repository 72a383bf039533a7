"""`encode`, `recommend`, `explain`, `steer`: what a saved model says of users and of latents."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from recsae.errors import RecsaeError, SettingError
from recsae.files import write_whole
from recsae.inference.explained import ExplainedRecommender
from recsae.inference.histories import (
    TRAIN,
    Histories,
    histories_of,
    stored_histories,
    train_histories,
)
from recsae.interactions.datasets import read_log
from recsae.interactions.settings import DataSettings
from recsae.jobs.models import latents_page
from recsae.jobs.models.loading import load_model
from recsae.results import records
from recsae.scoring import concepts_beside_controls

Outcome = dict[str, Any]
_LISTED: Final = 10
"""Items that a summary of all users names."""


class Which(NamedTuple):
    """Which model is asked: see `load_model`."""

    name: str
    trial: int | None = None
    sae_k: int | None = None
    storage: str | None = None
    device: str | None = None

    def load(self) -> ExplainedRecommender:
        """Return it."""
        return load_model(
            self.name, trial=self.trial, sae_k=self.sae_k, storage=self.storage, device=self.device
        )


class Whose(NamedTuple):
    """Whose histories: of a file of any format, or stored ones before the target of a split."""

    split: str
    users: Sequence[str] = ()
    """Original ids; empty for all."""
    file: str | None = None

    def histories(self, model: ExplainedRecommender) -> Histories:
        """Return them; raises SettingError for a user who is not there."""
        if self.file is not None:
            if self.users:
                raise SettingError("--user", "expected it or --histories, not both")
            return histories_of(_frame(self.file), model.activations, model.items)
        return stored_histories(model.activations, self.split, self._codes(model))

    def rows(self, model: ExplainedRecommender) -> Histories:
        """Return the same, but of the split train all rows of a user."""
        if self.split != TRAIN or self.file is not None:
            return self.histories(model)
        return train_histories(model.activations, self._codes(model))

    def _codes(self, model: ExplainedRecommender) -> list[int] | None:
        what = f"a user of {model.activations.meta['dataset']}"
        codes = [model.users.code("--user", what, user) for user in dict.fromkeys(self.users)]
        return codes or None


class Page(NamedTuple):
    """The page of latents that `explain` writes, none without a path."""

    path: Path | None = None
    users: Sequence[str] = ()
    """Original ids of those who have a card; empty for some of all."""

    def check(self, latent: int | None) -> None:
        """Raise SettingError for what does not go together."""
        if self.path is None and self.users:
            raise SettingError("--user", "expected it with --html")
        if self.path is not None and latent is not None:
            raise SettingError("--html", "expected it or --latent, not both")


def encode(which: Which, whose: Whose, out: Path) -> Outcome:
    """Write the codes of users in long form: user, row, events, latent, value.

    events: how many items the history has, so that its row in train is known.
    """
    _check_table(out)
    model = which.load()
    asked = whose.rows(model)
    codes = model.encode(asked)
    entries = codes.tocoo()
    frame = pd.DataFrame(
        {
            "user": asked.users[entries.row],
            "row": entries.row.astype(np.int64),
            "events": asked.lengths[entries.row],
            "latent": entries.col.astype(np.int64),
            "value": entries.data,
        }
    )
    frame = frame.sort_values(["row", "latent"], ignore_index=True)
    _write_table(out, frame)
    rows, latents = codes.shape
    return {
        **_about(model),
        "rows": rows,
        "latents": latents,
        "values": codes.nnz,
        "path": str(out),
    }


def recommend(which: Which, whose: Whose, k: int, out: Path | None, *, seen: bool) -> Outcome:
    """Return the k best items of users, with and without the autoencoder."""
    _check_table(out)
    model = which.load()
    frame = model.recommend(whose.histories(model), k, seen=seen)
    return {**_about(model), "k": k, "recommendations": _told(model, frame, out), **_path(out)}


def explain(
    which: Which, latent: int | None, out: Path | None = None, page: Page | None = None
) -> Outcome:
    """Return the table of latents and what they tell of attributes, or all that is known of one."""
    _check_table(out)
    page = page or Page()
    page.check(latent)
    model = which.load()
    if latent is not None:
        one = model.latent(latent)
        contexts = one.contexts.to_dict("records")
        items = [item for row in contexts for item in (*row["history"], row["next_item"])]
        about = {"latent": latent, **one.about}
        named = _titles(model, [*_items_of(about), *items])
        return {**_about(model), **about, "contexts": contexts, "titles": named}
    frame = model.latents.reset_index()
    if out is not None:
        _write_table(out, frame)
    rows = frame.to_dict("records")
    named = _titles(model, [item for row in rows for item in _items_of(row)])
    concepts = concepts_beside_controls(model.autoencoder, model.activations)
    about = {**_about(model), "concepts": concepts, "latents": rows, "titles": named}
    if page.path is not None:
        latents_page.write(model, about, page.users, page.path)
        about |= {"html": str(page.path)}
    return {**about, **_path(out)}


def steer(
    which: Which, whose: Whose, latent: int, by: float, k: int, out: Path | None, *, seen: bool
) -> Outcome:
    """Return how rankings change with one latent: of users who are named, or summed over all."""
    _check_table(out)
    model = which.load()
    asked = whose.histories(model)
    frame = model.steer(asked, {latent: by}, k, seen=seen)
    about = {**_about(model), "latent": latent, "by": by, "k": k, **_summary(model, frame, k)}
    if whose.users or whose.file is not None:
        return {**about, "changes": _told(model, frame, out), **_path(out)}
    if out is not None:
        _write_table(out, frame)
    return {**about, **_path(out)}


def _summary(model: ExplainedRecommender, frame: pd.DataFrame, k: int) -> Outcome:
    """Return how much of the k best items stays, and which items come and go."""
    before, after = frame["rank_before"] <= k, frame["rank_after"] <= k
    users = frame.groupby("user", sort=False)
    kept = (before & after).groupby(frame["user"], sort=False).sum() / users.size().clip(upper=k)
    counts = pd.DataFrame({"before": before, "after": after}).groupby(frame["item"]).sum()
    gain = (counts["after"] - counts["before"]).sort_values(kind="stable")
    ends = {"more": gain[gain > 0].index[::-1], "less": gain[gain < 0].index}
    found = {
        end: [{"item": item, **counts.loc[item].to_dict()} for item in items[:_LISTED].tolist()]
        for end, items in ends.items()
    }
    named = [row["item"] for rows in found.values() for row in rows]
    changed = (before != after).groupby(frame["user"], sort=False).any()
    return {
        "users": len(changed),
        "changed": float(changed.mean()) if len(changed) else 0.0,
        "kept": float(kept.mean()) if len(kept) else 1.0,
        **found,
        "titles": _titles(model, named),
    }


def _about(model: ExplainedRecommender) -> Outcome:
    return {
        "model_name": model.model_name,
        "dataset": model.activations.meta["dataset"],
        "sae_k": model.settings["sae_k"],
        "leaks": model.leaks,
        "model": str(model.path),
    }


def _told(
    model: ExplainedRecommender, frame: pd.DataFrame, out: Path | None
) -> list[dict[str, Any]]:
    """Write a frame if that is asked for; return its rows, with titles where there are any."""
    if out is not None:
        _write_table(out, frame)
    titles = model.titles
    return [row | ({"title": titles.get(row["item"])} if titles else {}) for row in records(frame)]


def _items_of(row: Mapping[Any, Any]) -> list[Any]:
    return [item for name in ("after", "before", "raises", "lowers") for item in row[name]]


def _titles(model: ExplainedRecommender, items: Sequence[Any]) -> dict[str, str]:
    """Return the titles of items by their ids in words; none where the data have none."""
    return {str(item): model.titles[item] for item in items if item in model.titles}


def _path(out: Path | None) -> Outcome:
    return {} if out is None else {"path": str(out)}


def _frame(file: str) -> pd.DataFrame:
    """Return the events of a log as a frame of user, item and time."""
    _, log = read_log(DataSettings.of({"dataset": file}))
    columns = {"user": log.user.ids[log.user.codes], "item": log.item.ids[log.item.codes]}
    return pd.DataFrame(columns | ({} if log.time is None else {"time": log.time}))


def _check_table(path: Path | None) -> None:
    """Raise RecsaeError before anything is computed for a file that could not be written."""
    if path is not None and path.suffix not in (".parquet", ".csv"):
        raise RecsaeError(f"-o: expected a file that ends in .parquet or .csv, got {str(path)!r}")


def _write_table(path: Path, frame: pd.DataFrame) -> None:
    if path.suffix == ".csv":
        write_whole(path, frame.to_csv(index=False))
        return
    content = io.BytesIO()
    frame.to_parquet(content, index=False)
    write_whole(path, content.getvalue())
