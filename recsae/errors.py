"""Mistakes a user can mend, each told in one plain line."""

import difflib
from collections.abc import Iterable


class RecsaeError(Exception):
    """What the user gave cannot be used; the message is one line and says how to mend it.

    The command line prints it without a traceback and exits with code 2.
    """


class SettingError(RecsaeError):
    """One setting is wrong. `key` names it, so that a file reader can add the line it stands on."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}: {message}")
        self.key = key
        self.message = message


def nearest(word: str, names: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)" for the name most like `word`, or "" when none is close."""
    matches = difflib.get_close_matches(word, list(names), n=1, cutoff=0.6)
    return f" (did you mean {matches[0]!r}?)" if matches else ""
