"""A run's folder → frames and the short answers that the command line gives."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from recsae.errors import RecsaeError
from recsae.files import read_json, whole
from recsae.results.columns import (
    CURVE_HEAD,
    DEV,
    FINALIST_HEAD,
    FINALIST_TAIL,
    IMPORTANCE_COLUMNS,
    LADDER_HEAD,
    RESULT_HEAD,
    RESULT_TAIL,
    Columns,
    States,
    is_setting,
)
from recsae.results.expected import best_first, expected_frame
from recsae.results.failures import failures
from recsae.results.file_format.search_keys import check_kinds
from recsae.results.finalists import finalist_scores
from recsae.results.folder import Files, is_running, not_a_run
from recsae.results.frames import read_frame
from recsae.results.selection import best_rows, eligible, points, ranked
from recsae.settings import path_of
from recsae.space import SearchSpace, stored_space
from recsae.space.file_format.bounds import TooLargeError, check_bounds


@dataclass(frozen=True)
class Results:
    """A run as it is now: `trials` (a row each), `curves` (a row a report), `search` (a dict).

    `finalists`, `importance` and `ladders` are None until there are any.
    """

    path: Path
    search: dict[str, Any]
    trials: pd.DataFrame
    curves: pd.DataFrame
    finalists: pd.DataFrame | None = None
    importance: pd.DataFrame | None = None
    ladders: pd.DataFrame | None = None
    kept: frozenset[int] = frozenset()
    """The trials whose models are kept in best/."""

    @cached_property
    def space(self) -> SearchSpace:
        """The space as the run keeps it, also where what it names is there no more."""
        return stored_space(self.search["space"], str(self.path / Files.SEARCH))

    @property
    def objectives(self) -> dict[str, str]:
        """Dev metrics (no prefix) that the search improves, each max or min."""
        return self.space.objectives

    @property
    def constraints(self) -> dict[str, str]:
        """Constraints on dev metrics that the best trials meet, e.g. {"dead": "<= 0.5"}."""
        return self.space.constraints

    @cached_property
    def best(self) -> pd.DataFrame:
        """The best trials among the eligible, by dev; several objectives: those of the front."""
        order = {number: i for i, number in enumerate(self.front[Columns.TRIAL_ID].unique())}
        places = self.trials[Columns.TRIAL_ID].map(order).dropna().sort_values()
        return self._with_objectives(self.trials.loc[places.index])

    @cached_property
    def points(self) -> pd.DataFrame:
        """What the trials offer to the front: a row a trial and k."""
        return points(self.trials, self.ladders)

    @cached_property
    def front(self) -> pd.DataFrame:
        """The points that no other dominates, best first; of one objective the best trial's.

        Where a search selects by expected values it is the best by them of the trials whose models
        are kept; without any, and in runs before there were expected values, the best observed.
        """
        offered = self.points
        if self.space.selects_by_expected and self.kept:
            order = best_first(self.trials, self.expected, self.objectives)
            best = [number for number in order if number in self.kept][:1]
            offered = offered[offered[Columns.TRIAL_ID].isin(best)] if best else offered
        return self._with_objectives(best_rows(offered, self.objectives, self.constraints))

    @cached_property
    def expected(self) -> pd.DataFrame:
        """What eligible trials would score with another seed: a row each, see `expected_frame`."""
        return expected_frame(self.trials, self.objectives, self.eligible)

    def _with_objectives(self, found: pd.DataFrame) -> pd.DataFrame:
        # Without an eligible trial there are no rows, but these columns all the same.
        columns = [DEV + name for name in self.objectives if DEV + name not in found]
        return found.assign(**dict.fromkeys(columns, pd.Series(dtype="float64")))

    @property
    def errors(self) -> list[dict[str, Any]]:
        """What trials failed with, the commonest first: "error", "count" and the "trials"."""
        return failures(self.trials)

    @cached_property
    def eligible(self) -> "pd.Series[bool]":
        """Which trials may be best: COMPLETE, not leaking, no constraint broken."""
        return eligible(self.trials, self.objectives, self.constraints)

    @cached_property
    def ranked(self) -> pd.DataFrame:
        """All trials as tables show them, best first."""
        return ranked(self.trials, self.objectives, self.constraints)

    @cached_property
    def finalist_scores(self) -> list[dict[str, Any]]:
        """The scores of each finalist in the search and in fresh trainings, best first."""
        if self.finalists is None:
            return []
        return finalist_scores(self.trials, self.finalists, self.objectives, self.constraints)

    @property
    def width(self) -> int | None:
        """Width of the base's states, if search.yaml knows it."""
        base = _inside(self.search, "base", "settings", "emb_size")
        width = _inside(self.search, "activations", "width") or base
        return None if width is None else int(width)

    @property
    def base_metrics(self) -> dict[str, float]:
        """Dev metrics of the base, flat names."""
        return dict(_inside(self.search, "base", "metrics", "dev") or {})

    @property
    def beside(self) -> dict[str, dict[str, float]]:
        """Dev metrics of what the trials are held against: the base and the baselines, if known."""
        found = {"base": self.base_metrics, **(_inside(self.search, "controls") or {})}
        return {str(name): dict(metrics) for name, metrics in found.items() if metrics}

    def test_metrics(self, trial_id: int) -> dict[str, float | None]:
        """Return the test metrics of one of the best trials; none before the search's end."""
        return dict(self.scores(trial_id).get("test", {}))

    def scores(self, trial_id: int) -> dict[str, Any]:
        """Return all that is stored of one of the best trials: dev, test, difference, groups."""
        file = self.path / Files.BEST / str(trial_id) / Files.METRICS
        with whole(file):
            return {**read_json(file)} if file.is_file() else {}

    def best_trials(self) -> list[dict[str, Any]]:
        """Return trial_id, settings and dev metrics of each best trial, as JSON can hold them."""
        return [
            {
                Columns.TRIAL_ID: int(row[Columns.TRIAL_ID]),
                "settings": settings_of(row),
                "metrics": metrics_of(row),
            }
            for row in records(self.best)
        ]


def load_results(path: str | Path) -> Results:
    """Read a run's folder, running or ended; raises RecsaeError if it is none or is broken."""
    folder = path_of(path)
    results = Results(
        path=folder,
        search=read_search(folder),
        trials=read_frame(folder / Files.RESULTS, [*RESULT_HEAD, *RESULT_TAIL]),
        curves=read_frame(folder / Files.CURVES, CURVE_HEAD),
        finalists=_read_if_there(folder / Files.FINALISTS, [*FINALIST_HEAD, *FINALIST_TAIL]),
        importance=_read_if_there(folder / Files.IMPORTANCE, IMPORTANCE_COLUMNS),
        ladders=_read_if_there(folder / Files.LADDERS, LADDER_HEAD),
        kept=frozenset(int(one.name) for one in (folder / Files.BEST).glob("*[0-9]")),
    )
    unknown = set(results.trials[Columns.STATE]) - set(States)
    if unknown:
        words = f"expected {', '.join(States)}, got {unknown.pop()!r}"
        raise RecsaeError(f"{folder / Files.RESULTS}: column 'state': {words}")
    running = results.trials[Columns.STATE] == States.RUNNING
    # A driver that was killed could not say so: what ran under it may go on.
    if running.any() and not is_running(folder):
        results.trials.loc[running, Columns.STATE] = States.PAUSED
    if results.trials[Columns.TRIAL_ID].duplicated().any():
        raise RecsaeError(f"{folder / Files.RESULTS}: a trial has two rows; expected one each")
    return results


def read_search(path: Path) -> dict[str, Any]:
    """Read a run's search.yaml; raises RecsaeError."""
    file = path / Files.SEARCH
    try:
        text = file.read_text()
        check_bounds(text)
        search = yaml.safe_load(text)
    except (FileNotFoundError, NotADirectoryError):
        raise not_a_run(path) from None
    except TooLargeError as error:
        raise RecsaeError(f"{file}:{error.line}: {error}") from None
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise RecsaeError(f"{file}: not readable as YAML ({reason})") from None
    stored_space(_inside(search, "space"), str(file))
    check_kinds(search, file)
    return dict(search)


def _read_if_there(path: Path, needed: Iterable[str]) -> pd.DataFrame | None:
    return read_frame(path, needed) if path.is_file() else None


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as dicts."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def setting_names(trials: pd.DataFrame) -> list[str]:
    """Return the columns that hold settings, model_name first."""
    return [str(name) for name in trials if is_setting(str(name))]


def settings_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a trial's row, model_name first, without those it does not have."""
    return {k: v for k, v in row.items() if is_setting(k) and not pd.isna(v)}


def metrics_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the dev metrics of a trial's row under flat names, e.g. "ndcg@10"; null if unknown."""
    names = [name for name in row if name.startswith(DEV)]
    return {name.removeprefix(DEV): None if pd.isna(row[name]) else row[name] for name in names}


def state_counts(trials: pd.DataFrame) -> dict[str, int]:
    """Return how many trials have ended in each state, and how many are paused or run if any."""
    counts = {state.value: int((trials[Columns.STATE] == state).sum()) for state in States}
    # In a run that has ended nobody wants to read of 0 RUNNING.
    going = {state.value: counts.pop(state) for state in (States.PAUSED, States.RUNNING)}
    return {**counts, **{state: count for state, count in going.items() if count}}


def run_seconds(results: Results) -> float:
    """Return how long the run took: as stored at its end, else from its first trial to its last."""
    if isinstance(stored := results.search.get("seconds"), (int, float)):
        return float(stored)
    begun, ended = results.trials[Columns.STARTED].min(), results.trials[Columns.ENDED].max()
    return 0.0 if pd.isna(begun) or pd.isna(ended) else round((ended - begun).total_seconds(), 3)


def _inside(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
