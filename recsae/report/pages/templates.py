"""The templates of all pages, with plotly packed into them so that a page is one small file."""

import base64
import gzip
import time
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from recsae.report import formats
from recsae.report.finalists import seeds_words


def render(template: str, **context: Any) -> str:
    """Return a page; every text in the context is escaped, and the time of writing is added."""
    return (
        _templates()
        .get_template(template)
        .render(**context, written=time.strftime("%Y-%m-%d %H:%M"), plotly=packed_plotly())
    )


@cache
def packed_plotly() -> Markup:
    """Return the installed plotly.js, gzipped, as base64: 2 MB where the script itself has 5.

    The whole bundle, as its smaller ones lack parallel coordinates. Browsers from 2023 on unpack it
    by themselves; in older ones the tables stay.
    """
    packed = gzip.compress(get_plotlyjs().encode(), mtime=0)
    return Markup(base64.b64encode(packed).decode())


@cache
def _templates() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parents[1]),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,  # search.yaml may lack anything beside the space
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Jinja hands the filtered value first; `formats` takes the column's name first.
    templates.filters["value"] = lambda item, name="": formats.value(name, item)
    templates.filters["share"] = formats.share
    templates.filters["spread"] = lambda scores, name: formats.spread(name, scores)
    templates.filters["signed"] = lambda number, name: formats.signed(name, number)
    templates.filters["seeds"] = seeds_words
    return templates
