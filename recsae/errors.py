"""Mistakes a user can mend, each told in one plain line."""

import difflib
import errno
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final


class RecsaeError(Exception):
    """What the user gave cannot be used; the message is one line and says how to mend it.

    The command line prints it without a traceback and exits with code 2.
    """


Place = tuple[str | int, ...]
"""The way to a value in nested ones: ("parameters", "sae_k", "int", 0)."""


class SettingError(RecsaeError):
    """One setting is wrong. `key` names it, so that a file reader can add the line it stands on.

    `place` tells where in nested settings it is; left out, it is the key.
    """

    def __init__(self, key: str, message: str, place: Place | None = None) -> None:
        self.place: Place = (key,) if place is None else place
        self.key = str(self.place[0]) if self.place else key
        self.message = message
        super().__init__(f"{self.key}: {message}")


class PausedError(RecsaeError):
    """A fault of the machine goes on; what was at work has stopped where it can go on later.

    The command line ends as after a Ctrl-C.
    """

    def __init__(self, message: str, fault: str) -> None:
        """fault: which one, as `machine_fault` tells it."""
        self.fault = fault
        super().__init__(message)


DISK: Final = "disk"
HANDLES: Final = "handles"
MEMORY: Final = "memory"
PROCESS: Final = "process"
"""A process or its node is lost, or Ray is."""
STORAGE: Final = "storage"
"""A bucket does not answer."""
UNREACHABLE: Final = errno.ENETUNREACH
"""The number of an error of a bucket that does not answer."""
_FAULTS: Final = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE), DISK),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), HANDLES),
    errno.ENOMEM: MEMORY,
    UNREACHABLE: STORAGE,
}
_FAULT_WORDS: Final = {  # libraries tell of them in errors of their own
    "No space left on device": DISK,
    "Disk quota exceeded": DISK,
    "Too many open files": HANDLES,
    "can't allocate memory": MEMORY,
    "Cannot allocate memory": MEMORY,
}


def machine_fault(error: BaseException) -> str:
    """Return which fault of the machine an error tells of; "" if it is none."""
    if isinstance(error, PausedError):
        return error.fault
    if isinstance(error, OSError) and error.errno in _FAULTS:
        return _FAULTS[error.errno]
    if isinstance(error, MemoryError):
        return MEMORY
    text = str(error)
    return next((fault for words, fault in _FAULT_WORDS.items() if words in text), "")


def refusal(error: Exception) -> str | None:
    """Return in words what is wrong: the user's mistake, no space, no rights, no memory.

    None: none of these, so a mistake of recsae's own.
    """
    if isinstance(error, RecsaeError):
        return str(error)
    if isinstance(error, OSError):
        reason = error.strerror or (error.args[0] if error.args else type(error).__name__)
        return f"{error.filename}: {reason}" if error.filename else str(reason)
    if isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and _NO_MEMORY.search(str(error))
    ):
        return f"not enough memory for such sizes: {_first_line(error)}"
    return None


_NO_MEMORY = re.compile(r"allocate memory|out of memory|calculation overflowed")  # torch's words


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


_SYNONYMS = {
    "bayes": "tpe",
    "bayesian": "tpe",
    "bo": "tpe",
    "gaussian_process": "gp",
    "sobol": "qmc",
    "evolution": "nsgaii",
    "genetic": "nsgaii",
    "nsga2": "nsgaii",
    "cma-es": "cmaes",
    "successive_halving": "asha",
    "sha": "asha",
    "bohb": "hyperband",
    "median_stopping": "median",
    "fifo": "none",
    "movielens": "ml-100k",
    "movielens-100k": "ml-100k",
    "sparsity": "l0",
    "rr": "mrr",
    "reciprocal_rank": "mrr",
    "coverage@10": "item_coverage@10",
    "catalog_coverage": "item_coverage@10",
    "catalogue_coverage": "item_coverage@10",
    "gini": "gini@10",
    "novelty": "novelty@10",
    "dead_latents": "dead",
    "dead_neurons": "dead",
}
"""What else the field calls something → its name here, whatever kind of name it is."""


def nearest(word: object, names: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)" for the name most like `word`, or "" when none is close."""
    if not isinstance(word, str):  # of a file that is damaged
        return ""
    known, small = list(names), word.lower()
    meant = _SYNONYMS.get(small) or re.sub(r"^(recall|hit|hitrate)@", "hr@", small)
    # Another name that the field has for it comes before one that is only spelt alike.
    apart = isinstance(names, Mapping) and meant in names  # it knows more than it lists
    matches = (
        [meant]
        if meant in known or apart
        else difflib.get_close_matches(word, known, 1, cutoff=0.6)
    )
    return f" (did you mean {matches[0]!r}?)" if matches else ""


_HINT: Final = re.compile(r" \(did you mean '(.*?)'\?\)")


def suggested(message: str) -> str | None:
    """Return the name that a message takes for the meant one, as `nearest` has told it."""
    found = _HINT.search(message)
    return None if found is None else found[1]


def without_hint(message: str) -> str:
    """Return a message without what `nearest` has added."""
    return _HINT.sub("", message)


def one_of(options: Sequence[Any]) -> str:
    """Return options in words: "a, b or c"."""
    words = [str(option) for option in options]
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def unexpected(word: str, options: Sequence[str]) -> str:
    """Return what to tell of a word that is none of the options."""
    return f"expected {one_of(options)}, got {word!r}{nearest(word, options)}"


def unknown_name(word: str, names: Iterable[str]) -> str:
    """Return what to tell of a word that is none of the names, with all of them."""
    known = list(names)
    return f"expected one of {', '.join(known)}, got {word!r}{nearest(word, known)}"
