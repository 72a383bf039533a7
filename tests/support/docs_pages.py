"""The documentation as its tests see it: fenced blocks, commands in the text, links, headings."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from scripts import script

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
generated = script(DOCS / "hooks/generated.py")

LANGUAGES = ("sh", "python", "yaml", "text")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PROGRAMS = ("recsae", "python", "make", "ray")


class Block(NamedTuple):
    """A fenced block."""

    language: str
    text: str
    line: int


def pages() -> list[Path]:
    """Return README.md and all pages of docs/."""
    return [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


def others() -> list[Path]:
    """Return the other pages of the repository, whose links and commands must be right too."""
    globs = ("CONTRIBUTING.md", "SECURITY.md", "*/README.md", "*/*/README.md")
    found = sorted(page for glob in globs for page in ROOT.glob(glob))
    return [page for page in found if page.relative_to(ROOT).parts[0] not in (".venv", "mutants")]


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in order."""
    text = page.read_text()
    found = _FENCE.finditer(text)
    return [Block(m[1], m[2], text.count("\n", 0, m.start()) + 1) for m in found]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text())


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of every command of a page, in blocks, tables and sentences."""
    lines = [line for b in blocks(page) if b.language == "sh" for line in b.text.splitlines()]
    for text in [*lines, *_SPAN.findall(prose(page))]:
        try:
            words = shlex.split(text.removeprefix(".venv/bin/"), comments=True)
        except ValueError:  # a part of a quoted text over several lines
            continue
        if words[:1] and words[0] in _PROGRAMS and len(words) > 1:
            yield words


def links(page: Path) -> list[str]:
    """Return the targets of a page's links and pictures, without those to other sites."""
    return [t for t in _LINK.findall(prose(page)) if not re.match(r"\w+:", t)]


def whole(page: Path) -> str:
    """Return a page with its generated parts, as the built page has it."""
    return str(generated.on_page_markdown(page.read_text()))
