"""The page of a model's latents: a list, a card each, users' cards, meaning against quality."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsae.files import write_whole
from recsae.report.pages.templates import render
from recsae.report.plots.style import script_json


def write_latents_page(path: Path, about: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    """Write the page, whole: what stands in text, and what its script shows."""
    page = render("latents.html.j2", about=about, content=script_json(content), **_counts(content))
    write_whole(path, page)


def _counts(content: Mapping[str, Any]) -> dict[str, Any]:
    latents = content["latents"]
    return {
        "count": len(latents),
        "dead": sum(one["dead"] for one in latents),
        "users": len(content["users"]),
        "tradeoff": content["tradeoff"],
        "matched": any(one.get("match") is not None for one in latents),
    }
