"""A run's trials as a table on the terminal."""

from dataclasses import dataclass
from typing import Final

import pandas as pd
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from recsae.report.finalists import finalist_lines
from recsae.report.formats import value
from recsae.report.summary import beside_lines, expected_lines
from recsae.report.terminal import plain_table
from recsae.results import Results, States, expected_best, records, state_counts, table
from recsae.results.failures import failure_line

_STYLES: Final = {
    States.PRUNED: "dim",
    States.PAUSED: "magenta",
    States.RUNNING: "cyan",
    States.FAILED: "red",
}
_FIRST_TO_GO: Final = ("dead", "l0", "seconds", "epochs", "fvu", "scale", "k/d", "leak")
_ANY_WIDTH: Final = 10_000


def trials_table(results: Results, top: int | None = 20) -> "TrialsTable":
    """Return the best `top` trials (None: all), best first, ready to be printed by rich."""
    return TrialsTable(results, top)


@dataclass(frozen=True)
class TrialsTable:
    """Leaves columns out where the terminal is too narrow for all, and says which."""

    results: Results
    top: int | None = 20

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = table(self.results, self.top)
        shown = _table(rows, self._title(), [])
        left_out: list[str] = []
        for name in _FIRST_TO_GO:
            if _width(console, options, shown) <= options.max_width:
                break
            if name in rows:
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
    caption = f"too narrow for {', '.join(left_out)}" if left_out else None
    shown = plain_table(title=title, caption=caption)
    for name in rows.columns:
        left = name in ("state", "model")
        shown.add_column(str(name), justify="left" if left else "right", no_wrap=not left)
    for row in records(rows):
        texts = [escape(value(name, item)) for name, item in row.items()]
        style = "yellow" if row.get("leak") is True else _STYLES.get(States(row["state"]), "")
        shown.add_row(*texts, style=style)
    return shown


def _width(console: Console, options: ConsoleOptions, shown: Table) -> int:
    wide = options.update(width=_ANY_WIDTH)
    return Measurement.get(console, wide, shown).maximum
