"""The page that tells of each column what it holds, made from where the columns are defined.

python -m recsae.report.dictionary writes it; a test holds the file to it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from recsae import results
from recsae.metrics.registry import metrics
from recsae.report.column_meanings import MEANINGS, ROWS
from recsae.report.glossary import LOSS_TERMS
from recsae.results import DEV, TEST, TRAIN, Files
from recsae.results.columns import DTYPES

PAGE: Final = Path(results.__file__).with_name("README.md")
_PREFIXES: Final = {
    Files.RESULTS: f"`{DEV}…`: what the last report measured on dev",
    Files.CURVES: f"`{DEV}…`: what was measured on dev after the epoch; `{TRAIN}…`: the terms of "
    "the loss, means over its batches",
    Files.LADDERS: f"`{DEV}…`: what the last report measured on dev at this k; costly metrics only "
    "at sae_k",
    Files.FINALISTS: f"`{DEV}…` and `{TEST}…`: what the fresh model scores on dev and on test",
    Files.CURVE_OF_K: f"`{DEV}…` and `{TEST}…`: ndcg@10, share, fvu and l0 at this k",
}
_HEAD: Final = """# What a run's dataframes hold

`recsae.load_results(PATH)` reads them; so does pandas. Made by `python -m recsae.report.dictionary`
from where the columns are defined: change it there.

Beside the columns below, `results.parquet` has a column for each setting of the trials, under the
name that a search space and the flags of `recsae train` have for it (`recsae train --help` says
what each means; rates as they were used, scaled). Where the variant has no such setting it is null.
"""
_METRICS: Final = """## Metrics

A metric is null where it was not measured: costly ones are measured only where a trial may be
stopped, and at its end. Metrics of other packages are not listed.
"""


def page() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD]
    for file, rows in ROWS.items():
        parts += [f"## {file}\n\n{_capital(rows)}.\n", f"{_columns(file)}\n"]
        parts += [f"Figures: {_PREFIXES[file]}.\n"] if file in _PREFIXES else []
    known = _table(("metric", "meaning"), ((names, text) for text, names in _by_meaning().items()))
    terms = _table(("term", "meaning"), ((f"`{TRAIN}{n}`", t) for n, t in LOSS_TERMS.items()))
    return "\n".join([*parts, _METRICS, f"{known}\n", f"{terms}\n"])


def _columns(file: str) -> str:
    rows = ((f"`{name}`", _type(DTYPES[name]), text) for name, text in MEANINGS[file].items())
    return _table(("column", "type", "meaning"), rows)


def _by_meaning() -> dict[str, str]:
    """Return the names of our metrics by what they mean; those that differ in k are in one row."""
    found: dict[str, list[str]] = {}
    for name, metric in metrics().items():
        if type(metric).__module__.startswith("recsae."):
            found.setdefault(metric.explanation, []).append(f"`{name}`")
    return {meaning: ", ".join(names) for meaning, names in found.items()}


def _type(dtype: str) -> str:
    return "text" if dtype == "str" else "time" if "datetime" in dtype else dtype


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "&#124;")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    PAGE.write_text(page())
