"""Autoencoders trained on stored states and scored on dev, each kept so that it is trained once."""

import math
import statistics
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy import stats

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.files import digest, read_json, write_json
from recsae.interactions.settings import DataSettings
from recsae.jobs.sources import Source
from recsae.recommenders.base_choice import BaseChoice
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variant
from recsae.space import Parameter, SearchSpace
from recsae.space.unit import from_unit
from recsae.trial import SAETrial

LEVEL = 0.95
Figures = dict[str, Any]
Measure = Callable[[SparseAutoencoder], Figures]


class Training(NamedTuple):
    """What is trained."""

    model_name: str
    settings: dict[str, Any]


class Mean(NamedTuple):
    """A mean over seeds with its t interval; NaN ends for one seed."""

    mean: float
    low: float
    high: float


class Trainings:
    """The trainings on some states; finished ones are kept in a file of the folder."""

    def __init__(self, activations: Activations, folder: Path, measure: Measure) -> None:
        """measure: the figures of a trained model, beside those of its last epoch on dev."""
        self._activations, self._measure = activations, measure
        self._path = folder / f"trainings-{activations.fingerprint}.json"
        folder.mkdir(parents=True, exist_ok=True)
        self._known: dict[str, Figures] = read_json(self._path) if self._path.is_file() else {}

    def __call__(self, training: Training, seed: int, asked: Iterable[str] = ()) -> Figures:
        """Return the figures of one training; `seed` is that of its weights and of its data's
        order, `asked` are metrics on request."""
        settings = variant(training.model_name).Settings.of({**training.settings, "sae_seed": seed})
        asked = sorted(asked)
        key = digest(training.model_name, settings.values(), asked)
        if key not in self._known:
            made = SAETrial(
                training.model_name, settings, self._activations, order_seed=seed, asked=asked
            )
            while not made.done:
                made.step()
            assert made.measured is not None
            self._known[key] = {**made.measured.metrics, **self._measure(made.model)}
            write_json(self._path, self._known)
        return self._known[key]


def states_of(dataset: str, base: dict[str, Any]) -> Activations:
    """Return the states of a base with these settings, trained unless it is in the cache."""
    source = Source(DataSettings(dataset=dataset), BaseChoice.of(base), ActivationSettings())
    return source.prepare(Cache.default(), torch.device("cpu")).activations


def drawn(space: SearchSpace, trials: int, seed: int) -> list[Training]:
    """Return settings drawn at random from a space."""
    pick = partial(_pick, np.random.default_rng(seed))
    found = [space.suggest(pick) for _ in range(trials)]
    return [Training(str(one.pop("model_name")), one) for one in found]


def _pick(random: np.random.Generator, parameter: Parameter) -> Any:
    return from_unit(parameter, float(random.random()))


def over_seeds(values: Iterable[float]) -> Mean:
    """Return the mean of some values and where, at LEVEL, the mean of many would lie."""
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return Mean(math.nan, math.nan, math.nan)
    mean = statistics.fmean(known)
    if len(known) == 1:
        return Mean(mean, math.nan, math.nan)
    error = statistics.stdev(known) / math.sqrt(len(known))
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(known) - 1)) * error
    return Mean(mean, mean - half, mean + half)


def cell(found: Mean, digits: int = 3) -> str:
    """Return a mean with its interval as words; "–" for none."""
    if math.isnan(found.mean):
        return "–"
    mean = f"{found.mean:.{digits}f}"
    return (
        mean
        if math.isnan(found.low)
        else f"{mean} [{found.low:.{digits}f}, {found.high:.{digits}f}]"
    )


def markdown(title: str, head: list[str], rows: Iterable[list[str]]) -> str:
    """Return a table as Markdown, its title a line above."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join([title, "", *(f"| {' | '.join(line)} |" for line in lines), ""])
