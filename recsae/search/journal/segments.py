"""The lines of a journal: each bears a running number and a checksum chained to the line before.

    {"sum":"…","n":0,"header":{"segment":2,"after":[1,4001],"last":"…","host":…,"process":…}}
    {"sum":"…","n":4000,"event":{"kind":"asked",…}}

A segment is a header and events. The header says after which segment, and which line of it, this
one goes on: what a kill tore off there stays on disk, and counts no more. Everything is plain JSON
(with NaN and Infinity, as Python writes them), in ASCII; numbers come back bit for bit.
"""

import json
import os
import re
import socket
import sys
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from recsae.errors import RecsaeError
from recsae.search.engine.events import Event

_LINE: Final = re.compile(rb'\{"sum":"([0-9a-f]{16})",("n":(\d+),"(header|event)":(.*))\}', re.S)


class JournalError(RecsaeError):
    """A journal is damaged, or somebody else writes it; names the file and, if any, the line."""


class Position(NamedTuple):
    """A place in a journal, after some line of it."""

    segment: int = 0
    """0: before the first one."""
    lines: int = 0
    """Lines of that segment, its header included."""
    events: int = 0
    """Events in all segments so far."""
    last: str = "0" * 16
    """Checksum of the last line."""

    def header(self, segment: int, token: int | None = None) -> tuple[bytes, "Position"]:
        """Return the first line of a segment that goes on from here, and the place after it.

        token: of the driver, where drivers are told by that.
        """
        text = {
            "segment": segment,
            "after": [self.segment, self.lines],
            "last": self.last,
            "host": socket.gethostname(),
            "process": os.getpid(),
            **({} if token is None else {"token": token}),
        }
        line, checksum = _line(self.last, self.events, "header", text)
        return line, Position(segment, 1, self.events, checksum)

    def event(self, event: Event) -> tuple[bytes, "Position"]:
        """Return the line of the next event, and the place after it."""
        line, checksum = _line(self.last, self.events, "event", event)
        return line, Position(self.segment, self.lines + 1, self.events + 1, checksum)


class Segment(NamedTuple):
    """A segment as it lies on disk, with the header checked, its events not yet."""

    number: int
    file: str
    header: dict[str, Any]
    start: Position
    """The place after the header."""
    lines: list[bytes]
    """The whole lines, the header first."""
    torn: bool
    """True if the beginning of a line follows."""

    @property
    def token(self) -> int:
        """The number of its driver; 0 where a lock of the file system told them apart."""
        return int(self.header.get("token", 0))

    @property
    def writer(self) -> str:
        """Who wrote it."""
        return f"process {self.header['process']} on {self.header['host']}"


class Reader:
    """Reads segments one after the other, and checks all of them."""

    def __init__(self) -> None:
        self.end = Position()
        """Where a new segment goes on, once all events were read."""
        self.token = 0
        """The highest token of a driver so far."""
        self.notes: list[str] = []
        """What was dropped."""

    def events(self, files: Iterable[tuple[int, str, bytes]]) -> Iterator[Event]:
        """Return the events of (number, file, content) in order; raises JournalError."""
        open_segment: Segment | None = None
        torn: str | None = None
        for number, file, content in files:
            segment = parsed(number, file, content)
            # Only the last file counts: what was torn before it is outside of `after`.
            torn = file if segment is None or segment.torn else None
            if segment is None:
                continue  # killed before its header was whole
            if segment.header["after"][0] != self.end.segment:
                wanted = "{:06d}.jsonl".format(*segment.header["after"])
                raise JournalError(f"{file}:1: goes on after {wanted}, which has no whole header")
            if segment.token < self.token:
                words = f"of driver {segment.token}, after a segment of driver {self.token}"
                raise JournalError(f"{file}:1: {words}, which had taken the run over")
            self.token = segment.token
            yield from self._counted(open_segment, segment)
            open_segment, self.end = segment, segment.start
        yield from self._counted(open_segment, None)
        if torn is not None:
            self.notes.append(f"{torn}: its last line is torn, as a kill leaves it: dropped")

    def _counted(self, segment: Segment | None, then: Segment | None) -> Iterator[Event]:
        """Return a segment's events, as many as the next one counts (all, if it is the last)."""
        lines = segment.lines if segment is not None else []
        if then is not None:
            self._check_length(segment, then)
        for count, line in enumerate(lines[1:], 2):
            assert segment is not None
            where = f"{segment.file}:{count}"
            checksum, number, event = _read(where, "event", line, self.end.last)
            if number != self.end.events:
                raise JournalError(f"{where}: expected event {self.end.events}, got {number}")
            self.end = Position(segment.number, count, number + 1, checksum)
            yield event
        if then is not None and (self.end.last, self.end.events) != (
            then.header["last"],
            then.start.events,
        ):
            raise JournalError(f"{then.file}:1: goes on from other events than those before it")

    @staticmethod
    def _check_length(segment: Segment | None, then: Segment) -> None:
        here, counted = (segment.lines if segment else []), then.header["after"][1]
        if len(here) != counted:
            file = segment.file if segment else then.file
            place = f"{file}:{min(len(here), counted) + 1}"
            raise JournalError(f"{place}: has {len(here)} lines, but {then.file} counts {counted}")


def parsed(number: int, file: str, content: bytes) -> Segment | None:
    """Return a segment of a file's content; None if it has no whole line; raises JournalError."""
    # Whatever follows the last newline was torn off.
    *lines, rest = content.split(b"\n")
    if not lines:
        return None
    where = f"{file}:1"
    found = _LINE.fullmatch(lines[0])
    try:
        last = json.loads(found[5])["last"] if found is not None else ""
    except (ValueError, TypeError, KeyError):
        last = ""
    checksum, events, header = _read(where, "header", lines[0], last)
    if not _is_header(header):
        raise JournalError(f"{where}: damaged: expected segment, after, last, host and process")
    if header["segment"] != number:
        raise JournalError(f"{where}: expected segment {number}, got {header['segment']}")
    return Segment(
        number, file, header, Position(number, 1, events, checksum), lines, torn=bool(rest)
    )


def _is_header(header: Any) -> bool:
    kinds = {"segment": int, "last": str, "host": str, "process": int, "after": list}
    if not isinstance(header, dict) or any(type(header.get(k)) is not v for k, v in kinds.items()):
        return False
    if type(header.get("token", 0)) is not int:
        return False
    return len(header["after"]) == 2 and all(type(one) is int for one in header["after"])


def _line(last: str, number: int, kind: str, value: Any) -> tuple[bytes, str]:
    # Python writes the shortest decimal that reads back as the same float.
    text = json.dumps(value, separators=(",", ":"))
    body = f'"n":{number},"{kind}":{text}'.encode("ascii")
    checksum = _checksum(last, body)
    return b'{"sum":"%s",%s}\n' % (checksum.encode(), body), checksum


def _read(where: str, kind: str, line: bytes, last: str) -> tuple[str, int, dict[str, Any]]:
    """Return checksum, number and value of a line that follows the one with the checksum `last`."""
    found = _LINE.fullmatch(line)
    if found is None or found[4].decode() != kind:
        raise JournalError(f"{where}: damaged: expected a line of a journal with its {kind}")
    checksum = found[1].decode()
    if _checksum(last, found[2]) != checksum:
        raise JournalError(f"{where}: damaged: its checksum does not fit")
    return checksum, int(found[3]), json.loads(found[5], object_pairs_hook=_shared)


def _shared(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a dict whose keys are shared: a search keeps the same ones thousands of times."""
    return {sys.intern(name): value for name, value in pairs}


def _checksum(last: str, body: bytes) -> str:
    return blake2b(last.encode() + body, digest_size=8).hexdigest()
