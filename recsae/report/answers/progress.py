"""How far a running search is: trials, epochs, time left, best so far; from frames, or told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress_bar import ProgressBar
from rich.segment import Segment
from rich.text import Text

from recsae.report import formats
from recsae.report.terminal import plain_table
from recsae.results import DEV, MIN, Columns, Results, States, eligible, records
from recsae.space import SearchSpace

_BARS: Final = "▁▂▃▄▅▆▇█"
_CURVE: Final = 24
"""Characters of a small curve: the newest epochs."""
_OVER: Final = (States.COMPLETE, States.PRUNED, States.FAILED)
_EPOCHS: Final = "sae_epochs"
_HALVES: Final = ("asha", "asha_promote", "hyperband")
_BAR: Final = 50
_LINES: Final = 9
"""Lines of the view beside those of its trials."""


@dataclass(frozen=True)
class TrialNow:
    """A trial as far as it is."""

    trial_id: int
    state: str
    epochs: int
    most: int
    """Epochs of its full budget."""
    seconds: float
    values: Sequence[float]
    """Of the first objective, by epoch."""
    may_be_best: bool
    """Whether it neither leaks nor breaks a constraint."""


def progress_of(results: Results, running: bool) -> dict[str, Any]:
    """Return how far a run is, from its frames, see `progress`."""
    space, trials = results.space, results.trials
    column, may = DEV + next(iter(results.objectives)), _may_be_best(results)
    # Curves of those that have ended are not shown: the row has the last value.
    curves = results.curves[results.curves[Columns.TRIAL_ID].isin(_live(trials))]
    by_trial = dict(iter(curves.groupby(Columns.TRIAL_ID))) if len(curves) else {}
    found = []
    for row, able in zip(records(trials), may, strict=True):
        own, last = by_trial.get(row[Columns.TRIAL_ID]), row.get(column)
        values = own[column].tolist() if own is not None and column in own else []
        found.append(
            TrialNow(
                int(row[Columns.TRIAL_ID]),
                row[Columns.STATE],
                int(row[Columns.EPOCHS]),
                _budget(row, space.max_epochs),
                float(row[Columns.SECONDS] or 0.0),
                values or ([] if last is None or pd.isna(last) else [float(last)]),
                bool(able),
            )
        )
    base = (results.search.get("base") or {}).get("metrics") or {}
    return progress(results.path.name, space, found, base.get("dev") or {}, running=running)


def progress(
    run: str,
    space: SearchSpace,
    trials: Sequence[TrialNow],
    base: Mapping[str, float],
    *,
    running: bool = True,
    at_once: int | None = None,
) -> dict[str, Any]:
    """Return counts, epochs done and expected, seconds left, the trials that run and the best.

    A trial that has not begun is expected to train as long as those that have ended did on
    average, at the seconds an epoch of all trials so far: so it holds right after a resume, too.
    base: its dev metrics. at_once: how many trials may run; left out, as many as run.
    """
    # Those that have ended first, as wherever states are counted.
    counts = {str(state): 0 for state in (*_OVER, States.PAUSED, States.RUNNING)}
    for one in trials:
        counts[one.state] += 1
    over = [one for one in trials if one.state in _OVER]
    going = [one for one in trials if one.state == States.RUNNING]
    done, wanted = sum(one.epochs for one in trials), max(space.trials, len(trials))
    each = sum(one.epochs for one in over) / len(over) if over else _typical_epochs(space)
    left = sum(max(0, one.most - one.epochs) for one in trials if one.state not in _OVER)
    left += round((wanted - len(trials)) * each)
    seconds = sum(one.seconds for one in trials)
    places = max(1, min(at_once or len(going), wanted - len(over)))
    name = next(iter(space.objectives))
    return {
        "run": run,
        "running": running,
        "trials": {state: count for state, count in counts.items() if count},
        "ended": len(over),
        "wanted": wanted,
        "epochs": done,
        "expected_epochs": done + left,
        "seconds_left": round(seconds / done * left / places, 1) if done and running else None,
        "objective": name,
        "best": _best(space, trials, base),
        "now": [
            {
                Columns.TRIAL_ID: one.trial_id,
                "epoch": one.epochs,
                "epochs": one.most,
                "values": list(one.values),
            }
            for one in going
        ],
    }


def _best(
    space: SearchSpace, trials: Sequence[TrialNow], base: Mapping[str, float]
) -> dict[str, Any] | None:
    """Return the best trial so far, of those that are complete if there is one, by the first
    objective; with its share of the base's value, if that has one."""
    (name, way), *_ = space.objectives.items()
    able = [one for one in trials if one.may_be_best and one.values]
    able = [one for one in able if one.values[-1] == one.values[-1]]
    complete = [one for one in able if one.state == States.COMPLETE]
    sign = -1 if way == MIN else 1
    best = max(complete or able, key=lambda one: sign * one.values[-1], default=None)
    if best is None:
        return None
    value, of_base = best.values[-1], base.get(name)
    return {
        Columns.TRIAL_ID: best.trial_id,
        name: value,
        **({"share": value / of_base} if of_base and way != MIN else {}),
        **({} if complete else {"epoch": best.epochs}),
    }


def _typical_epochs(space: SearchSpace) -> float:
    """Return how long a trial trains on average where one in so many goes on at each rung."""
    most, scheduler = space.max_epochs, space.scheduler
    if scheduler.name not in _HALVES:
        return float(most)
    expected, share, before, rung = 0.0, 1.0, 0, scheduler.grace_epochs
    while before < most:
        expected += share * (min(rung, most) - before)
        share, before = share / scheduler.reduction_factor, rung
        rung *= scheduler.reduction_factor
    return expected


def progress_line(progress: Mapping[str, Any]) -> str:
    """Return how far a search is in a line."""
    words = [f"{_counts(progress)}; {_epochs(progress)}"]
    if best := _best_words(progress):
        words.append(f"best {best}")
    return f"{progress['run']}: {'; '.join(words)}"


@dataclass(frozen=True)
class ProgressView:
    """What a terminal shows of a search while it runs (rich): it fits the terminal's height."""

    progress: Mapping[str, Any]
    places: str = ""
    """In words where it runs."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it."""
        progress = self.progress
        total, width = max(1, progress["expected_epochs"]), min(_BAR, options.max_width)
        yield Text(f"{progress['run']}: {_counts(progress)}")
        yield ProgressBar(total=total, completed=progress["epochs"], width=width)
        yield Segment.line()
        yield Text(_epochs(progress))
        if best := _best_words(progress):
            yield Text(f"best {best}")
        if self.places:
            yield Text(self.places)
        now, room = progress["now"], max(1, console.height - _LINES)
        if now:
            yield _trials(progress["objective"], now[:room])
        if len(now) > room:
            yield Text(f"and {len(now) - room} more")


def _trials(name: str, now: Sequence[Mapping[str, Any]]) -> Any:
    table = plain_table()
    for head in ("trial", "epoch", name, ""):
        table.add_column(head, justify="right" if head else "left", no_wrap=True)
    for one in now:
        last = formats.value(name, one["values"][-1] if one["values"] else None)
        epoch = f"{one['epoch']} of {one['epochs']}"
        table.add_row(str(one[Columns.TRIAL_ID]), epoch, last, curve(one["values"]))
    return table


def _counts(progress: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in progress["trials"].items())
    return f"{progress['ended']} of {progress['wanted']} trials ({counts or 'none yet'})"


def _epochs(progress: Mapping[str, Any]) -> str:
    words = f"{progress['epochs']} of about {progress['expected_epochs']} epochs"
    left = progress["seconds_left"]
    return words if left is None else f"{words}; about {formats.duration(left)} left"


def _best_words(progress: Mapping[str, Any]) -> str:
    best, name = progress["best"], progress["objective"]
    if not best:
        return ""
    share = f", {formats.share(best['share'])} of the base's" if "share" in best else ""
    epoch = f", epoch {best['epoch']}" if "epoch" in best else ""
    return f"{name} {formats.value(name, best[name])}{share} (trial {best['trial_id']}{epoch})"


def curve(values: Sequence[float]) -> str:
    """Return the last values as bars of eight heights."""
    shown = [value for value in values[-_CURVE:] if value == value]
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    steps = len(_BARS) - 1
    return "".join(
        _BARS[round((v - low) / (high - low) * steps) if high > low else 0] for v in shown
    )


def _may_be_best(results: Results) -> "pd.Series[bool]":
    return eligible(results.trials, results.objectives, results.constraints, tuple(States))


def _live(trials: pd.DataFrame) -> "pd.Series[int]":
    return trials.loc[trials[Columns.STATE] == States.RUNNING, Columns.TRIAL_ID]


def _budget(row: Mapping[str, Any], most: int) -> int:
    own = row.get(_EPOCHS)
    return most if own is None or pd.isna(own) else int(own)
