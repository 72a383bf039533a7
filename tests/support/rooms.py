"""The parts of docs/architecture.md that are drawn from the code: `python tests/support/rooms.py`
writes them, and tests/test_architecture.py holds the page to them."""

import ast
import re
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
_SENTENCE = re.compile(r"\S.*?\.(?=\s|$)", re.DOTALL)


def setup() -> ConfigParser:
    """Return setup.cfg."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    return config


def sentences(file: Path) -> list[str]:
    """Return the sentences of a module's docstring, each in one line."""
    text = ast.get_docstring(ast.parse(file.read_text())) or ""
    return [" ".join(sentence.split()) for sentence in _SENTENCE.findall(text)]


def folders(top: str) -> list[Path]:
    """Return the folders of Python files in a folder of the repository, itself too, in order."""
    return sorted({file.parent for file in (ROOT / top).rglob("*.py")})


def layers() -> dict[str, list[str]]:
    """Return container → its layers, the highest first, as the import contracts have them."""
    contracts = [part for name, part in setup().items() if name.startswith("importlinter:contract")]
    return {
        part["containers"]: part["layers"].split("\n")[1:]
        for part in contracts
        if part["type"] == "layers"
    }


def drawn() -> dict[str, str]:
    """Return name → text of each part of the page that is drawn."""
    return {"rooms": _rooms(), "files": _files(), **{c: _layers(c) for c in layers()}}


def _rooms() -> str:
    """Return a line a folder: what it holds, and what it must not."""
    package = ROOT / "recsae"
    lines = []
    for folder in folders("recsae")[1:]:
        words = " ".join(sentences(folder / "__init__.py")[:2])
        parts = folder.relative_to(package).parts
        lines.append(f"{'    ' * (len(parts) - 1)}- `{parts[-1]}/`: {words}")
    return "\n".join(lines)


def _files() -> str:
    """Return a line a module beside the folders."""
    files = [file for file in sorted((ROOT / "recsae").glob("*.py")) if "__" not in file.name]
    return "\n".join(f"- `{file.name}`: {sentences(file)[0]}" for file in files)


def _layers(container: str) -> str:
    return "\n".join(["```text", *layers()[container], "```"])


def redrawn(page: str) -> str:
    """Return the page with the parts between its marks as the code has them."""
    for name, text in drawn().items():
        begin, end = f"<!-- drawn: {name} -->\n", "<!-- end -->"
        before, mark, rest = page.partition(begin)
        assert mark, f"no {begin!r} in the page"
        page = f"{before}{mark}\n{text}\n\n{end}{rest.partition(end)[2]}"
    return page


if __name__ == "__main__":
    PAGE.write_text(redrawn(PAGE.read_text()))
