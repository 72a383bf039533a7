"""The figures of a page as SVG and PDF files, for a paper.

Kaleido has a browser draw the very figures of the page, so that there is no second drawing of them.
"""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import plotly.graph_objects as go
import plotly.io

from recsae.errors import RecsaeError
from recsae.files import make_folder
from recsae.report.plots.style import least_width

FORMATS: Final = ("svg", "pdf")
WIDTH: Final = 760
"""Pixels, at 96 an inch; both formats can be scaled."""
_INK, _LINE, _GRID = "#1b2129", "#b8c0c8", "#e8ebee"


def write_figures(figures: Mapping[str, go.Figure], folder: Path) -> list[str]:
    """Write each figure under its name in both formats, and return the paths.

    Raises RecsaeError where kaleido or a browser is missing.
    """
    check_drawn_here()
    make_folder(folder)
    for figure in figures.values():
        _on_paper(figure)
    files = {
        folder / f"{name}.{kind}": figure for name, figure in figures.items() for kind in FORMATS
    }
    try:
        plotly.io.write_images(fig=list(files.values()), file=[str(path) for path in files])
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0]
        raise RecsaeError(
            f"--figures: a browser draws them, and there is none ({reason}); expected Chrome or "
            "Chromium on the PATH"
        ) from None
    return [str(path) for path in files]


def _on_paper(figure: go.Figure) -> None:
    """Give a figure a white ground, dark texts and its width."""
    figure.update_layout(
        width=max(WIDTH, least_width(figure)),
        paper_bgcolor="white",
        plot_bgcolor="white",
        font={"color": _INK},
    )
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(gridcolor=_GRID, linecolor=_LINE, tickcolor=_LINE)


def check_drawn_here() -> None:
    """Raise RecsaeError, before anything is computed, where the package that draws is missing."""
    if importlib.util.find_spec("kaleido") is None:
        raise RecsaeError("--figures: needs kaleido; install it by pip install 'recsae[figures]'")
