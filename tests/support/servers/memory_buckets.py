"""Buckets in this process's memory, which lose answers or refuse when they are told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from obstore.exceptions import GenericError
from obstore.store import MemoryStore

from recsae.storage import buckets


class Faulty:
    """A store whose next puts come through without an answer, or whose next requests fail."""

    def __init__(self) -> None:
        self._store = MemoryStore()
        self.lost = self.refused = 0

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._store, name)

        def asked(*words: Any, **keys: Any) -> Any:
            if self.refused:
                self.refused -= 1
                raise GenericError("Server returned non-2xx status code: 503 Slow Down: <x>")
            answer = ask(*words, **keys)
            if self.lost and name == "put":
                self.lost -= 1
                raise GenericError("HTTP error: operation timed out")
            return answer

        return asked


@contextmanager
def in_memory() -> Iterator[dict[str, Faulty]]:
    """Let all buckets be in memory while the block runs; they are made when they are asked for."""
    made: dict[str, Faulty] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buckets, "_opened", lambda name, keys: made.setdefault(name, Faulty()))
        patch.setattr(buckets, "_FIRST_WAIT", 0.001)
        yield made
