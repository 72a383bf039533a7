"""One small log in every format: what the tests of broken and of damaged files write."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

Event = tuple[str, str, str]
"""User, item and time, as text."""


class Form(NamedTuple):
    """A format: its files, and what its columns and rows are called in messages."""

    write: Callable[[Sequence[Event]], dict[str, bytes]]
    """Events → file name → content."""
    columns: tuple[str, str, str] = ("user", "item", "time")
    first: int | None = 2
    """The line of the first event; None where a row has no line."""
    pack: Callable[[str, bytes], tuple[str, bytes]] = lambda name, data: (name, data)

    def put(self, folder: Path, events: Sequence[Event]) -> Path:
        """Write the files; return the path to read."""
        folder.mkdir(exist_ok=True)
        for name, data in self.write(events).items():
            packed, content = self.pack(name, data)
            (folder / packed).write_bytes(content)
        files = [*folder.iterdir()]
        return files[0] if len(files) == 1 else folder

    def place(self, path: Path, row: int) -> str:
        """Return where a message says that an event stands."""
        if self.first is None:
            return f"{path}: row {row + 1}"
        inside = "/log.csv" if path.suffix == ".zip" else ""
        return f"{path}{inside}:{row + self.first}"


def _table(name: str, head: str, delimiter: str, line: str = "{0}{d}{1}{d}{2}") -> Form:
    def write(events: Sequence[Event]) -> dict[str, bytes]:
        rows = "".join(line.format(*event, d=delimiter) + "\n" for event in events)
        return {name: (head + rows).encode()}

    columns = ("user", "item", "time") if head else ("1", "2", "4")
    return Form(write, columns, 2 if head else 1)


def _quoted(name: str, dialect: str) -> Form:
    """A table whose cells are quoted where they must be; Excel's own ends its lines with CRLF."""

    def write(events: Sequence[Event]) -> dict[str, bytes]:
        to = io.StringIO()
        csv.writer(to, dialect).writerows([("user", "item", "time"), *events])
        return {name: to.getvalue().encode("utf-8-sig" if dialect == "excel-tab" else "utf-8")}

    return Form(write)


def _jsonl(events: Sequence[Event]) -> dict[str, bytes]:
    rows = [json.dumps({"user": u, "item": i, "time": t}) for u, i, t in events]
    return {"log.jsonl": "\n".join(rows).encode()}


def _json_list(events: Sequence[Event]) -> dict[str, bytes]:
    return {
        "log.json": json.dumps([{"user": u, "item": i, "time": t} for u, i, t in events]).encode()
    }


def _parquet(events: Sequence[Event]) -> dict[str, bytes]:
    to = io.BytesIO()
    pd.DataFrame(events, columns=["user", "item", "time"]).to_parquet(to)
    return {"log.parquet": to.getvalue()}


def split(events: Sequence[Event]) -> dict[str, list[Event]]:
    """Part each user's events in order of time: the last for test, the one before for dev."""
    ordered = sorted(
        events, key=lambda event: (event[0], int(event[2]) if event[2].isdigit() else 0)
    )
    parts: dict[str, list[Event]] = {"train": [], "dev": [], "test": []}
    for n, event in enumerate(ordered):
        later = sum(other[0] == event[0] for other in ordered[n + 1 :])
        parts[("test", "dev")[later] if later < 2 else "train"].append(event)
    return parts


def _rechorus(events: Sequence[Event]) -> dict[str, bytes]:
    return {
        f"{part}.csv": (
            "user_id\titem_id\ttime\n" + "".join("\t".join(e) + "\n" for e in rows)
        ).encode()
        for part, rows in split(events).items()
    }


def _sequences(events: Sequence[Event]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for user, item, _ in sorted(events, key=lambda event: int(event[2])):
        found.setdefault(user, []).append(item)
    return found


def _s3rec(events: Sequence[Event]) -> dict[str, bytes]:
    rows = sorted(_sequences(events).items(), key=lambda row: int(row[0]))
    return {"log.txt": "".join(f"{user} {' '.join(items)}\n" for user, items in rows).encode()}


def _pairs(events: Sequence[Event]) -> dict[str, bytes]:
    rows = [(user, item) for user, items in _sequences(events).items() for item in items]
    return {"log.txt": "".join(f"{user} {item}\n" for user, item in rows).encode()}


def _prefixes(events: Sequence[Event]) -> dict[str, bytes]:
    head = "user_id:token\titem_id_list:token_seq\titem_id:token\n"
    parts: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for user, items in _sequences(events).items():
        rows = [f"{user}\t{' '.join(items[:n])}\t{items[n]}\n" for n in range(1, len(items))]
        parts["test"].append(rows[-1])
        parts["valid"].append(rows[-2])
        parts["train"] += rows[-3::-1]
    return {f"log.{part}.inter": (head + "".join(rows)).encode() for part, rows in parts.items()}


def _zip(name: str, data: bytes) -> tuple[str, bytes]:
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), data)
    return "log.zip", to.getvalue()


CSV = _table("log.csv", "user,item,time\n", ",")
RECBOLE = _table("log.inter", "user:token\titem:token\ttime:float\n", "\t")
TABLES: dict[str, Form] = {
    "csv": CSV,
    "semicolon": _table("log.csv", "user;item;time\n", ";"),
    "tab": _table("log.tsv", "user\titem\ttime\n", "\t"),
    "windows.tsv": _quoted("log.tsv", "excel-tab"),
    "pipe": _table("log.txt", "user|item|time\n", "|"),
    "spaces": _table("log.txt", "user item time\n", " "),
    "u.data": _table("u.data", "", "\t", "{0}{d}{1}{d}3{d}{2}"),
    "ratings.dat": _table("ratings.dat", "", "::", "{0}{d}{1}{d}3{d}{2}"),
    "recbole": RECBOLE,
    "jsonl": Form(_jsonl, first=1),
    "json-list": Form(_json_list, first=None),
    "parquet": Form(_parquet, first=None),
    "csv.gz": CSV._replace(pack=lambda name, data: (f"{name}.gz", gzip.compress(data, mtime=0))),
    "csv.zst": CSV._replace(
        pack=lambda name, data: (f"{name}.zst", pa.compress(data, codec="zstd", asbytes=True))
    ),
    "csv.zip": CSV._replace(pack=_zip),
    "utf-16": CSV._replace(pack=lambda name, data: (name, data.decode().encode("utf-16"))),
}
"""Formats with an event a row in one file."""
FORMS: dict[str, Form] = {
    **TABLES,
    "quoted.csv": _quoted("log.csv", "excel"),
    "rechorus": Form(_rechorus, ("user_id", "item_id", "time")),
    "s3rec": Form(_s3rec),
    "pairs": Form(_pairs),
    "prefixes": Form(_prefixes, ("user_id", "item_id", "time")),
}
