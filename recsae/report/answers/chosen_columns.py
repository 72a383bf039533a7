"""The table that a user asks for: which columns, in which order, as frame, CSV or LaTeX."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from recsae.errors import SettingError, nearest
from recsae.files import write_whole
from recsae.metrics.registry import metrics
from recsae.report import formats
from recsae.results import DEV, MAX, Columns, Results, leaking, records, within
from recsae.results.summary import BEST_EPOCH, best_epochs

MARK: Final = "mark"
BEST, BREAKS, LEAKS = "*", "x", "leaks"
MARKS: Final = f"{BEST} best, or on the front; {BREAKS} breaks a constraint"
_SHORT: Final = {
    "trial": Columns.TRIAL_ID,
    "model": Columns.MODEL_NAME,
    "k": "sae_k",
    "scale": "sae_scale_size",
}
_LATEX: Final = str.maketrans({char: f"\\{char}" for char in "_%&#$"})


def marks(results: Results) -> "pd.Series[str]":
    """Return what is said of each trial: best or on the front, breaking a constraint, leaking."""
    found = pd.Series("", index=results.trials.index)
    found[~within(results.trials, results.constraints)] = BREAKS
    found[leaking(results.trials)] = LEAKS
    found[results.trials[Columns.TRIAL_ID].isin(results.best[Columns.TRIAL_ID])] = BEST
    return found


def chosen(
    results: Results, *, sort: str | None, columns: Sequence[str], top: int | None
) -> pd.DataFrame:
    """Return trials as asked for: all columns if none is named, best first unless sorted.

    Metrics of dev are found without "dev/", settings without "sae_". Raises SettingError.
    """
    frame = results.ranked
    epochs = frame[Columns.TRIAL_ID].map(best_epochs(results)).astype("Int64")
    frame = frame.assign(**{MARK: marks(results).reindex(frame.index)})
    frame = frame.assign(**{BEST_EPOCH: epochs})
    if sort is not None:
        name = _column(frame, "--sort", sort)
        known = metrics().get(name.rpartition("/")[2])
        down = known is not None and known.direction == MAX
        frame = frame.sort_values(name, ascending=not down, kind="stable")
    names = [_column(frame, "--columns", n) for part in columns for n in part.split(",") if n]
    frame = frame[list(dict.fromkeys([Columns.TRIAL_ID, *names]))] if names else frame
    return frame if top is None else frame.head(top)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write the table with all digits."""
    write_whole(path, frame.to_csv(index=False))


def write_latex(frame: pd.DataFrame, path: Path) -> None:
    """Write the table for LaTeX with the package booktabs."""
    numbers = [pd.api.types.is_numeric_dtype(frame[name]) for name in frame]
    heads = [str(name).removeprefix(DEV).translate(_LATEX) for name in frame]
    lines = [f"\\begin{{tabular}}{{{''.join('r' if is_number else 'l' for is_number in numbers)}}}"]
    lines += ["\\toprule", " & ".join(heads) + r" \\", "\\midrule"]
    for row in records(frame):
        cells = [_cell(name, value) for name, value in row.items()]
        lines.append(" & ".join(cells) + r" \\")
    write_whole(path, "\n".join([*lines, "\\bottomrule", "\\end{tabular}"]) + "\n")


def _cell(name: str, value: Any) -> str:
    return formats.value(name, value).replace(formats.NOTHING, "--").translate(_LATEX)


def _column(frame: pd.DataFrame, flag: str, name: str) -> str:
    """Return the column that a user means."""
    for meant in (name, DEV + name, f"sae_{name}", _SHORT.get(name, name)):
        if meant in frame:
            return meant
    known = [str(column).removeprefix(DEV) for column in frame]
    raise SettingError(flag, f"no such column: {name!r}{nearest(name, known)}")
