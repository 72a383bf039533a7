"""How far a running search is, from its frames alone: trials, epochs, time left, best so far."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.progress_bar import ProgressBar

from recsae.report import formats
from recsae.report.terminal import plain_table
from recsae.results import DEV, Columns, Results, States, records, state_counts

_BARS: Final = "▁▂▃▄▅▆▇█"
_CURVE: Final = 24
"""Characters of a small curve: the newest epochs."""
_OVER: Final = (States.COMPLETE, States.PRUNED, States.FAILED)
_EPOCHS: Final = "sae_epochs"


def progress_of(results: Results, running: bool) -> dict[str, Any]:
    """Return counts, epochs done and expected, seconds left, the trials that run and the best.

    A trial that has not begun is expected to train as long as those that have ended did on
    average, at the seconds an epoch of all trials so far: so it holds right after a resume, too.
    """
    trials, wanted = results.trials, results.space.trials
    over = trials[Columns.STATE].isin(_OVER)
    done, most = int(trials[Columns.EPOCHS].sum()), results.space.max_epochs
    each = float(trials.loc[over, Columns.EPOCHS].mean()) if over.any() else float(most)
    going = trials[~over]
    left = sum(max(0, _budget(row, most) - int(row[Columns.EPOCHS])) for row in records(going))
    left += round(max(0, wanted - len(trials)) * each)
    at_once = max(1, int((trials[Columns.STATE] == States.RUNNING).sum()))
    seconds = float(trials[Columns.SECONDS].fillna(0.0).sum())
    name = next(iter(results.objectives))
    best = records(results.best.head(1))
    return {
        "run": results.path.name,
        "running": running,
        "trials": state_counts(trials),
        "ended": int(over.sum()),
        "wanted": wanted,
        "epochs": done,
        "expected_epochs": done + left,
        "seconds_left": round(seconds / done * left / at_once, 1) if done and running else None,
        "objective": name,
        "best": {"trial_id": int(best[0][Columns.TRIAL_ID]), name: best[0][DEV + name]}
        if best
        else None,
        "now": [_now(results, row, most) for row in records(_live(trials))],
    }


def progress_view(progress: Mapping[str, Any]) -> RenderableType:
    """Return what a terminal shows of a search while it runs."""
    table = plain_table(title=escape(progress_line(progress)))
    name = progress["objective"]
    for head in ("trial", "epoch", name, ""):
        table.add_column(head, justify="right" if head else "left", no_wrap=True)
    for one in progress["now"]:
        last = formats.value(name, one["values"][-1] if one["values"] else None)
        epoch = f"{one['epoch']} of {one['epochs']}"
        table.add_row(str(one[Columns.TRIAL_ID]), epoch, last, curve(one["values"]))
    total = max(1, progress["expected_epochs"])
    return Group(ProgressBar(total=total, completed=progress["epochs"], width=60), table)


def progress_line(progress: Mapping[str, Any]) -> str:
    """Return the same in a line."""
    counts = ", ".join(f"{count} {state}" for state, count in progress["trials"].items() if count)
    words = [f"{progress['ended']} of {progress['wanted']} trials ({counts or 'none yet'})"]
    words.append(f"{progress['epochs']} of about {progress['expected_epochs']} epochs")
    if progress["seconds_left"] is not None:
        words.append(f"about {formats.duration(progress['seconds_left'])} left")
    if best := progress["best"]:
        name = progress["objective"]
        words.append(f"best {name} {formats.value(name, best[name])} (trial {best['trial_id']})")
    return f"{progress['run']}: {'; '.join(words)}"


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


def _live(trials: pd.DataFrame) -> pd.DataFrame:
    return trials[trials[Columns.STATE] == States.RUNNING]


def _budget(row: Mapping[str, Any], most: int) -> int:
    own = row.get(_EPOCHS)
    return most if own is None or pd.isna(own) else int(own)


def _now(results: Results, row: Mapping[str, Any], most: int) -> dict[str, Any]:
    column, number = DEV + next(iter(results.objectives)), row[Columns.TRIAL_ID]
    own = results.curves[results.curves[Columns.TRIAL_ID] == number]
    values = own[column].tolist() if column in own else []
    return {
        Columns.TRIAL_ID: int(number),
        "epoch": int(row[Columns.EPOCHS]),
        "epochs": _budget(row, most),
        "values": values,
    }
