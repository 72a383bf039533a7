"""An HTML page as a test reads it."""

import json
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "br", "input"}


class Page(HTMLParser):
    """Reads the page as a browser does: its elements, texts by element, and addresses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.plots: dict[str, Any] = {}
        self.visible = ""
        self.texts: list[str] = []
        self._plot: str | None = None
        self._id: str | None = None
        self.feed(text)
        self.close()
        for trace in (trace for plot in self.plots.values() for trace in plot["data"]):
            if "hovertext" in trace:
                trace["hovertext"] = [self.texts[place] for place in trace["hovertext"]]
        self.visible = " ".join(self.visible.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        values = dict(attrs)
        self.addresses += [values[key] or "" for key in ("src", "href") if key in values]
        self._plot, self._id = values.get("data-plot"), values.get("id")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._plot and self.open and self.open[-1] == "script":
            self.plots[self._plot] = json.loads(data)
        elif self._id == "texts" and self.open and self.open[-1] == "script":
            self.texts = json.loads(data)
        elif not self.open or self.open[-1] not in ("script", "style"):
            self.visible += f" {data}"
