"""The journal of a run, RUN/journal/: all events of its search, in numbered segments.

An event that `append` returned from survives a kill of the driver, and a power cut. A driver that
takes a run up never writes to an old segment: it starts one of its own. Nothing is ever unpickled.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

from recsae.search.engine.events import Event
from recsae.search.journal.folders import Folder, SegmentTakenError, folder_of
from recsae.search.journal.segments import JournalError, Reader

__all__ = ["Journal", "JournalError", "events_of"]

SEGMENT_EVENTS: Final = 4000


class Journal:
    """Kept by one driver at a time; `notes` tells what an earlier one's kill had torn off.

    In a folder of this machine's file system an event is a line more: a write and a sync of the
    disk each, for somebody is answered after each. An object store (`s3://…`) cannot append: an
    event is an object of its own there, so it costs one conditional put (10–100 ms), and reading it
    back one get.
    """

    def __init__(self, folder: Folder) -> None:
        """Read what there is, see `open`."""
        self._folder = folder
        reader = Reader()
        self._files = folder.numbers()
        for _ in reader.events(folder.files(self._files)):
            pass  # only to check them all, before anybody acts on the first
        if folder.token is not None and reader.token > folder.token:
            raise JournalError(f"{folder.words}: driver {reader.token} has taken the run over")
        self.notes = reader.notes
        self._next = max(self._files, default=0) + 1
        self._position = reader.end
        self._begin()

    @classmethod
    def open(cls, run: Path | str) -> Self:
        """Take up the journal of a run, or begin it; raises JournalError if another driver has it.

        run: its folder, or its address.
        """
        folder = folder_of(run)
        folder.lock()
        try:
            while True:
                try:
                    return cls(folder)
                except SegmentTakenError:
                    if folder.token is None:
                        raise
                    # Our predecessor was not dead yet when we read; unless it is our successor.
                    folder.lock()
        except BaseException:
            folder.close()
            raise

    def past(self) -> Iterator[Event]:
        """Return the events of earlier drivers, in order."""
        return Reader().events(self._folder.files(self._files))

    def append(self, event: Event) -> None:
        """Keep an event, which JSON can hold; it is safe when this returns."""
        if not self._folder.appends:
            self._begin(event)
            return
        # After a torn line nothing may be appended: a new segment goes on from before it.
        if self._position.lines > SEGMENT_EVENTS or not self._folder.sound:
            self._begin()
        line, after = self._position.event(event)
        try:
            self._folder.append(line)
        finally:
            if self._folder.sound:  # the line is whole, though the disk may not have taken it
                self._position = after

    def close(self) -> None:
        """Let others have it."""
        self._folder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _begin(self, *first: Any) -> None:
        """Start a segment, with the events it has from the start."""
        content, position = self._position.header(self._next, self._folder.token)
        for event in first:
            line, position = position.event(event)
            content += line
        self._folder.create(self._next, content)
        self._next, self._position = self._next + 1, position


def events_of(run: Path | str) -> Iterator[Event]:
    """Return the events of a run that another process may be writing now; none without a journal.

    Raises JournalError if it is damaged.
    """
    folder = folder_of(run)
    return Reader().events(folder.files(folder.numbers()))
