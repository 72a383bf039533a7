"""One model trained from Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from recsae.activations.settings import ActivationSettings
from recsae.errors import SettingError, unknown_name
from recsae.interactions.settings import DataSettings, check_data
from recsae.recommenders.base_choice import BaseChoice
from recsae.recommenders.counts import BASELINES
from recsae.recommenders.registry import base_settings
from recsae.sae.registry import variant, variants

if TYPE_CHECKING:
    from recsae.inference.explained import ExplainedRecommender


@dataclass(frozen=True, repr=False)
class Trained:
    """A trained model and its scores, as a notebook shows them."""

    outcome: dict[str, Any]
    """What `recsae train --json` prints."""

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Its figures by split: dev and test."""
        return dict(self.outcome["metrics"])

    @property
    def settings(self) -> dict[str, Any]:
        """All its settings, defaults included."""
        return dict(self.outcome.get("settings") or {})

    @property
    def path(self) -> Path | None:
        """The folder in which it is kept; None of a baseline, which only counts."""
        path = self.outcome.get("path")
        return None if path is None else Path(path)

    def table(self) -> pd.DataFrame:
        """Return a row a metric, a column a split, and the base beside."""
        base = (self.outcome.get("base") or {}).get("metrics") or {}
        columns = {
            **self.metrics,
            **({f"base {split}": figures for split, figures in base.items()} if base else {}),
        }
        order = list(dict.fromkeys(name for figures in self.metrics.values() for name in figures))
        return pd.DataFrame(columns).reindex(order)

    def model(self) -> "ExplainedRecommender":
        """Return the autoencoder, ready to use; raises RecsaeError where it is none."""
        from recsae.jobs.models.loading import load_model

        if self.outcome["model_name"] not in variants() or self.path is None:
            words = f"expected an autoencoder, got {self.outcome['model_name']}"
            raise SettingError("model", words)
        return load_model(self.path)

    def __repr__(self) -> str:
        """Return what the command line says of it."""
        from recsae.report.model_lines import model_lines

        return "\n".join(model_lines(self.outcome))

    def _repr_html_(self) -> str:
        """Return its figures beside those of the base, for a notebook."""
        head = f"{self.outcome['model_name']} on {self.outcome['dataset']}"
        shown = self.table().to_html(float_format="{:.4f}".format, na_rep="")
        return f"<p>{escape(head)}: {escape(str(self.path or ''))}</p>{shown}"


def train(
    model_name: str,
    *,
    dataset: str | None = None,
    base: str | Mapping[str, Any] | None = None,
    seed: int | None = None,
    device: str | None = None,
    data: Mapping[str, Any] | None = None,
    activations: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Trained:
    """Train one model and score it on dev and test, as `recsae train` does; what is cached is used.

    model_name: an autoencoder, a base (SASRec, …) or a baseline; settings: its own. base: the name
    of one that is there, or settings of one. data: how interactions are read, beside `dataset`.
    seed: of an autoencoder the order of the data, of a base its base_seed. Raises RecsaeError.
    """
    known = [*base_settings(), *variants(), *BASELINES]
    if model_name not in known:
        raise SettingError("model_name", unknown_name(model_name, known))
    read = {**(data or {}), **({} if dataset is None else {"dataset": dataset})}
    chosen = {"checkpoint": base} if isinstance(base, str) else dict(base or {})
    if not isinstance(base, str):
        check_data(DataSettings.of(read))
    if model_name in BASELINES:
        if settings or chosen or seed is not None:
            message = f"not a setting of {model_name}, which learns counts alone"
            raise SettingError(next(iter([*settings, *chosen, "seed"])), message)
        from recsae.jobs import baselines

        return Trained(baselines.score(model_name, DataSettings.of(read), device=device))
    from recsae.cache import Cache
    from recsae.jobs import training
    from recsae.jobs.sources import source_of

    store = ActivationSettings.of(dict(activations or {}))
    if model_name in base_settings():
        own = {"model_name": model_name, **chosen, **settings}
        own |= {} if seed is None else {"base_seed": seed}
        source = source_of(read, BaseChoice.of(own), store, Cache.default())
        return Trained(training.pretrain(source, device=device))
    checked = variant(model_name).Settings.of(settings)
    choice = BaseChoice.of(chosen)
    if choice.width is not None:
        checked.check_width(choice.width)
    source = source_of(read, choice, store, Cache.default())
    return Trained(training.train(model_name, checked, source, seed=seed or 0, device=device))
