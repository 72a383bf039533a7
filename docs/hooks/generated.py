"""The parts of the pages that are made of the code and of stored results when the pages are built.

A line `<!-- made: NAME -->` of a page becomes what the function of that name in PARTS returns.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import typer

from recsae.cli.app import app
from recsae.interactions.named_sets import NAMED

ROOT: Final = Path(__file__).parents[2]
MARK: Final = re.compile(r"^<!-- made: (.+) -->$", re.MULTILINE)
_SHARED: Final = ("data", "base", "states")
"""Owners of flags that several commands have: each is told once, in a table of its own."""


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page with all its marks replaced; mkdocs calls it. KeyError for an unknown mark."""
    return MARK.sub(lambda mark: PARTS[mark[1]](), markdown)


def commands() -> str:
    """Return a section a command, from the command line's own help."""
    sections = (part for name, sub in _root().commands.items() for part in _command(name, sub))
    return "\n".join(sections)


def _root() -> Any:  # typer's types know nothing of a group's commands
    return typer.main.get_command(app)


def _command(path: str, command: Any) -> Iterator[str]:
    context = command.context_class(command, info_name=path)
    subs = getattr(command, "commands", {})
    yield f"## recsae {path}\n\n{' '.join(command.help.split())}\n"
    if not subs:
        records = [record for p in command.params if (record := p.get_help_record(context))]
        own = [(name, text) for name, text in records if _owner(text) not in _SHARED]
        yield _table(("argument or flag", "meaning"), ((f"`{n}`", text) for n, text in own))
        shared = sorted({_owner(text) for _, text in records} & {*_SHARED}, key=_SHARED.index)
        links = [f"[{owner}](#flags-of-{owner})" for owner in shared]
        yield f"\nAnd the flags of {', '.join(links)}.\n" if links else ""
    for name, sub in subs.items():
        yield from _command(f"{path} {name}", sub)


def shared_flags() -> str:
    """Return a section an owner of flags that several commands share."""
    train = _root().commands["train"]
    context = train.context_class(train, info_name="train")
    records = [record for p in train.params if (record := p.get_help_record(context))]
    parts = []
    for owner in _SHARED:
        rows = [(f"`{n}`", _without_owner(text)) for n, text in records if _owner(text) == owner]
        parts.append(f"## Flags of {owner}\n\n{_table(('flag', 'meaning'), rows)}")
    return "\n".join(parts)


def _owner(text: str) -> str:
    return text.partition(": ")[0]


def _without_owner(text: str) -> str:
    return text.partition(": ")[2]


def section(name: str) -> Callable[[], str]:
    """Return what makes the table of a section of a space, from the schema."""

    def made() -> str:
        fields = _fields(name)
        rows = ((f"`{key}`", _takes(f), _default(f), f["description"]) for key, f in fields.items())
        return _table(("key", "takes", "default", "meaning"), rows)

    return made


def names(section: str, key: str) -> Callable[[], str]:
    """Return what makes the table of the names that a setting takes, from the schema."""

    def made() -> str:
        field = _fields(section)[key]
        one = next((part for part in field.get("anyOf", ()) if "enum" in part), field)
        meanings = one.get("enumDescriptions") or [""] * len(one["enum"])
        rows = ((f"`{name}`", text) for name, text in zip(one["enum"], meanings, strict=True))
        return f"{field['description']}\n\n{_table(('name', 'what'), rows)}"

    return made


def parameters() -> str:
    """Return the table of the settings that a space may search."""
    fields = _fields("parameters").items()
    rows = ((f"`{k}`", _takes(f["anyOf"][0]), f["description"]) for k, f in fields)
    return _table(("setting", "takes", "meaning"), rows)


def objectives() -> str:
    """Return the table of the metrics that may be objectives."""
    fields = _fields("objectives").items()
    rows = ((f"`{k}`", f["const"], f["description"]) for k, f in fields)
    return _table(("metric", "direction", "meaning"), rows)


def measures() -> str:
    """Return the metrics that a constraint may name, in a line."""
    return ", ".join(f"`{name}`" for name in _fields("constraints"))


def columns() -> str:
    """Return the page of the frames' columns, a heading deeper."""
    text = (ROOT / "recsae/results/README.md").read_text().partition("\n")[2]
    return re.sub(r"^#", "##", text, flags=re.MULTILINE)


def contest() -> str:
    """Return the figures of the contest of searches."""
    text = (ROOT / "benchmarks/search_quality/README.md").read_text()
    return text.partition("<!-- figures: begin -->")[2].partition("<!-- figures: end -->")[0]


def named_sets() -> str:
    """Return the table of the data sets that have a name."""
    rows = ((f"`{name}`", s.title, s.licence, f"<{s.page}>") for name, s in NAMED.items())
    return _table(("name", "what", "licence", "page of its owner"), rows)


def shipped() -> str:
    """Return the table of the shipped spaces: each file's own first words."""
    files = sorted((ROOT / "search_spaces").glob("*.yaml"))
    return _table(("file", "what"), ((f"`{f.name}`", _first_words(f)) for f in files))


def _first_words(file: Path) -> str:
    lines = file.read_text().splitlines()[1:]
    kept = [line.lstrip("# ") for line in lines[: [x[:1] == "#" for x in lines].index(False)]]
    return " ".join(kept)


def _fields(section: str) -> dict[str, Any]:
    """Return the schema of each key of a section; what is null or left out there is passed over."""
    schema = json.loads((ROOT / "search_spaces/schema.json").read_text())
    parts = schema["properties"][section].get("anyOf", [schema["properties"][section]])
    part = next(part for part in parts if "properties" in part or "$ref" in part)
    name = part.get("$ref", "").rpartition("/")[2]
    fields: dict[str, Any] = (schema["definitions"][name] if name else part)["properties"]
    return fields


def _takes(field: dict[str, Any]) -> str:
    """Return in words what a field of the schema takes."""
    if "anyOf" in field:
        return " or ".join(w for one in field["anyOf"] if (w := _takes(one)) != "null")
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{option}`" for option in field["enum"])
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {field[key]}" for key, sign in signs.items() if key in field]
    kind = field.get("type", "any")
    kinds = kind if isinstance(kind, list) else [kind]
    words = " or ".join(one for one in kinds if one != "null") or "null"
    return " ".join([words, ", ".join(bounds)]).strip()


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    return "" if default is None else f"`{json.dumps(default)}`"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    escaped = ([" ".join(cell.replace("|", "&#124;").split()) for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped) + "\n"


PARTS: Final[dict[str, Callable[[], str]]] = {
    "commands": commands,
    "shared flags": shared_flags,
    "parameters": parameters,
    "objectives": objectives,
    "measures": measures,
    "columns": columns,
    "contest": contest,
    "named sets": named_sets,
    "shipped spaces": shipped,
    **{name: section(name) for name in ("search", "scheduler", "resources", "data", "base")},
    "activations": section("activations"),
    "formats": names("data", "format"),
    "samplers": names("search", "sampler"),
    "schedulers": names("scheduler", "name"),
}
