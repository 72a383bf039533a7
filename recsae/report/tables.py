"""A run's trials as a table on the terminal."""

from dataclasses import dataclass
from typing import Final

import pandas as pd
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from recsae.report.answers.chosen_columns import BREAKS, MARK, MARKS, marks
from recsae.report.finalists import finalist_lines
from recsae.report.formats import value
from recsae.report.summary import beside_lines, expected_lines
from recsae.report.terminal import plain_table
from recsae.results import (
    DEV,
    Columns,
    Results,
    States,
    expected_best,
    records,
    state_counts,
    table,
)
from recsae.results.failures import failure_line

_STYLES: Final = {
    States.PRUNED: "dim",
    States.PAUSED: "magenta",
    States.RUNNING: "cyan",
    States.FAILED: "red",
}
_FIRST_TO_GO: Final = ("dead", "l0", "seconds", "epochs", "fvu", "scale", "k/d", "leak")
_STAY: Final = ("trial_id", "state", "mark")
_ANY_WIDTH: Final = 10_000


def trials_table(
    results: Results, top: int | None = 20, trials: pd.DataFrame | None = None
) -> "TrialsTable":
    """Return the best `top` trials (None: all), best first, ready to be printed by rich.

    `trials`: rows to show in their own order instead.
    """
    return TrialsTable(results, top, trials)


def columns_table(frame: pd.DataFrame) -> Group:
    """Return a table of just these columns, and what marks among them mean."""
    shown = plain_table()
    for name in frame:
        shown.add_column(str(name).removeprefix(DEV), justify="right", overflow="fold")
    for row in records(frame):
        shown.add_row(*(escape(value(name, item)) for name, item in row.items()))
    return Group(shown, *([MARKS] if MARK in frame else []))


@dataclass(frozen=True)
class TrialsTable:
    """Leaves columns out where the terminal is too narrow for all, and says which."""

    results: Results
    top: int | None = 20
    trials: pd.DataFrame | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = table(self.results, self.top, self.trials)
        marked = marks(self.results).set_axis(self.results.trials[Columns.TRIAL_ID])
        rows[MARK] = rows["trial_id"].map(marked)
        shown = _table(rows, self._title(), [])
        left_out: list[str] = []
        others = [name for name in rows.columns[::-1] if name not in _STAY]
        for name in (*_FIRST_TO_GO, *others):
            if _width(console, options, shown) <= options.max_width:
                break
            if name in rows and name not in left_out:
                left_out.append(name)
                shown = _table(rows.drop(columns=left_out), self._title(), left_out)
        yield shown
        for line in beside_lines(self.results.beside, self.results.objectives):
            yield Text(line, style="dim")
        told = expected_best(self.results)
        for line in expected_lines(told) if "best" in told else []:
            yield Text(line.strip())
        words = failure_line(state_counts(self.results.trials), self.results.errors)
        if words:
            yield Text(words, style=_STYLES[States.FAILED])
        for line in finalist_lines(self.results.finalist_scores):
            yield Text(line)

    def _title(self) -> str:
        counts = state_counts(self.results.trials).items()
        text = ", ".join(f"{number} {state}" for state, number in counts)
        return escape(f"{self.results.path.name}: {text}")


def _table(rows: pd.DataFrame, title: str, left_out: list[str]) -> Table:
    notes = [f"too narrow for {', '.join(left_out)}"] if left_out else []
    notes += [MARKS] if rows[MARK].eq(BREAKS).any() else []
    shown = plain_table(title=title, caption="; ".join(notes) or None)
    for name in rows.columns:
        left = name in ("state", "model", MARK)
        shown.add_column(str(name), justify="left" if left else "right", no_wrap=True)
    for row in records(rows):
        texts = [escape(value(name, item)) for name, item in row.items()]
        style = "yellow" if row.get("leak") is True else _STYLES.get(States(row["state"]), "")
        shown.add_row(*texts, style=style)
    return shown


def _width(console: Console, options: ConsoleOptions, shown: Table) -> int:
    wide = options.update(width=_ANY_WIDTH)
    return Measurement.get(console, wide, shown).maximum
