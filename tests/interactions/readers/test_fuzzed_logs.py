"""Damaged and rewritten logs of every format: a right reading, or one line; never an absurd one.

`make fuzz-data` makes 1,000 files a format, the tests of every day a few. An oracle in pandas knows
what a rewritten file holds. A damaged byte may change the rows that it stands in, and no others,
unless a line says what was assumed.
"""

import gzip
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from interactions.readers.forms import FORMS, Event, Form

from recsae.errors import RecsaeError
from recsae.interactions.datasets import load
from recsae.interactions.frame import Interactions
from recsae.interactions.settings import DataSettings

FEW, MANY = 30, 1000
START = 1_300_000_000
LINES = ("csv", "semicolon", "tab", "pipe", "u.data", "ratings.dat", "recbole")
NO_LINES = [FORMS[name] for name in ("parquet", "csv.zst", "csv.gz")]  # a byte is many cells
LONGEST = 8  # events of a user
ASSUMED = re.compile(
    r"read as|no line of names|mixes|no column of times|looks like|not '|taken for"
)


def events_of(draw: random.Random) -> list[Event]:
    """Draw a log of a few users, items and days; no event twice, none of a user at one time."""
    events = []
    for user in range(1, draw.randint(3, 6)):
        for time in draw.sample(range(50), draw.randint(4, LONGEST)):
            events.append((str(user), str(draw.randint(100, 112)), str(START + 86_400 * time)))
    draw.shuffle(events)
    return events


def sequences(found: Interactions) -> dict[str, list[str]]:
    frame = found.frame.sort_values(["user", "timestamp"], kind="stable")
    items = found.items[frame["item"]].astype(str)
    return pd.Series(items).groupby(found.users[frame["user"]].astype(str)).apply(list).to_dict()


def oracle(events: list[Event]) -> dict[str, list[str]]:
    """Say in pandas what the log holds."""
    frame = pd.DataFrame(events, columns=["user", "item", "time"]).astype({"time": "int64"})
    frame = frame.drop_duplicates().sort_values("time", kind="stable")
    kept = frame[frame.groupby("user")["item"].transform("size") >= 3]
    return kept.groupby("user")["item"].apply(list).to_dict()


Rewrite = Callable[[random.Random, bytes], bytes]


def blank_lines(draw: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    lines.insert(draw.randint(1, len(lines)), b"")
    return b"\n".join(lines)


def twice(draw: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join([*lines, draw.choice(lines[1:])])


def iso(draw: random.Random, data: bytes) -> bytes:
    form = draw.choice(["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S+00:00"])
    return re.sub(
        rb"13\d{8}", lambda m: pd.Timestamp(int(m[0]), unit="s").strftime(form).encode(), data
    )


REWRITES: dict[str, Rewrite] = {
    "as it is": lambda draw, data: data,
    "CRLF": lambda draw, data: data.replace(b"\n", b"\r\n"),
    "BOM": lambda draw, data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda draw, data: data.decode().encode("utf-16"),
    "no last end of line": lambda draw, data: data.removesuffix(b"\n"),
    "blank lines": blank_lines,
    "an event twice": twice,
    "gz": lambda draw, data: gzip.compress(data),
    "zst": lambda draw, data: pa.compress(data, codec="zstd", asbytes=True),
    "milliseconds": lambda draw, data: re.sub(rb"(13\d{8})", rb"\g<1>000", data),
    "dates": iso,
    "floats": lambda draw, data: re.sub(
        rb"\b(1[01]\d)\b", rb"\1.0", data, count=draw.randint(1, 9)
    ),
    "spaces": lambda draw, data: re.sub(
        rb"\b(1[01]\d)\b", rb" \1 ", data, count=draw.randint(1, 9)
    ),
}


PACKED = ("BOM", "UTF-16", "gz", "zst")


def damaged(draw: random.Random, data: bytes) -> bytes:
    """Change a few bytes in one place: remove, put, repeat, cut."""
    start = draw.randrange(len(data))
    removed = draw.choice([0, 1, 1, 2, 5])
    put = draw.choice(
        [
            b"",
            b"\n",
            b"\t",
            b",",
            b'"',
            b" ",
            b"-",
            b".",
            b"0",
            b"x",
            b"\0",
            b"\xff",
            b"::",
            b"NA",
            b"1e9",
        ]
    )
    if draw.random() < 0.1:
        return data[:start]
    return data[:start] + put + data[start + removed :]


def read(path: Path) -> Interactions | str:
    try:
        return load(DataSettings(dataset=str(path)))
    except RecsaeError as error:
        assert "\n" not in str(error) and len(str(error)) < 1000, str(error)
        return str(error)


def rewritten(form: Form, draw: random.Random, folder: Path) -> None:
    events = events_of(draw)
    names = [draw.choice([name for name in REWRITES if name not in PACKED])]
    names += [draw.choice(PACKED)] * draw.randint(0, 1)
    path = form.put(folder, events)
    data = path.read_bytes()
    for name in names:
        data = REWRITES[name](draw, data)
    path.write_bytes(data)
    found = read(path)
    assert isinstance(found, Interactions), (names, found)
    assert sequences(found) == oracle(events), names


def hurt(form: Form, draw: random.Random, folder: Path, notes: Callable[[], str]) -> None:
    events = events_of(draw)
    path = form.put(folder, events)
    file = draw.choice(sorted(path.iterdir())) if path.is_dir() else path
    file.write_bytes(damaged(draw, file.read_bytes()))
    notes()
    found = read(path)
    if isinstance(found, str):
        return
    users = len({user for user, _, _ in events})
    most = 3 + 2 * users + LONGEST * (form is FORMS["prefixes"])
    assert found.n_events <= len(events) + most  # lines of numbers may be taken for sequences
    if ASSUMED.search(notes()) or form in NO_LINES:
        return
    true = Counter((user, item) for user, item, _ in events)
    back = Counter(
        (str(found.users[user]), str(found.items[item]))
        for user, item in found.frame[["user", "item"]].to_numpy()
    )
    most = LONGEST if form is FORMS["prefixes"] else 2  # a prefix with another user is another's
    assert (back - true).total() <= most, (file.read_bytes(), back - true)


def check(form: str, count: int, folder: Path, notes: Callable[[], str]) -> None:
    for seed in range(count):
        draw = random.Random(f"{form}-{seed}")
        here = folder / str(seed)
        if form in LINES and seed % 3 == 0:
            rewritten(FORMS[form], draw, here)
        else:
            hurt(FORMS[form], draw, here, notes)


@pytest.fixture
def notes(capsys) -> Callable[[], str]:
    return lambda: capsys.readouterr().err


@pytest.mark.parametrize("form", [*FORMS])
def test_some_files(form, tmp_path, notes):
    check(form, FEW, tmp_path, notes)


@pytest.mark.fuzz
@pytest.mark.parametrize("form", [*FORMS])
def test_many_files(form, tmp_path, notes):
    check(form, MANY, tmp_path, notes)
