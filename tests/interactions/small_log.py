"""What the tests of reading share: a small log in the order of its times, and one call."""

from collections.abc import Callable
from pathlib import Path

from recsae.errors import RecsaeError
from recsae.interactions.datasets import load
from recsae.interactions.frame import Interactions
from recsae.interactions.settings import DataSettings

USERS = [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]
ITEMS = [10, 11, 12, 13, 11, 12, 13, 10, 13, 12, 11, 10]
DAYS = [3, 2, 1, 0] * 3  # each user's newest event first
START = 1_300_060_800  # 2011-03-14 00:00:00
TIMES = [START + 86_400 * day for day in DAYS]
ISO = [f"2011-03-{14 + day}T00:00:00" for day in DAYS]
ORDERED = {1: [13, 12, 11, 10], 2: [10, 13, 12, 11], 3: [10, 11, 12, 13]}

Row = Callable[[int, int, int, str], str]


def lines(row: Row, end: str = "\n") -> str:
    """Write an event a line."""
    return "".join(row(*event) + end for event in zip(USERS, ITEMS, TIMES, ISO, strict=True))


def read(path: Path, **values: object) -> Interactions:
    return load(DataSettings.of({"dataset": str(path), **values}))


def ordered(found: Interactions) -> dict[int, list[int]]:
    """Return each user's items in order of time; ids such as B0013 by their digits."""
    frame = found.frame.sort_values(["user", "timestamp"], kind="stable")
    return {
        _digits(found.users[user]): [_digits(found.items[item]) for item in rows["item"]]
        for user, rows in frame.groupby("user")
    }


def refused(path: Path, **values: object) -> str:
    """Return the one line of a refusal."""
    try:
        read(path, **values)
    except RecsaeError as error:
        assert "\n" not in str(error)
        return str(error)
    raise AssertionError("it was read")


def _digits(identity: object) -> int:
    return int("".join(letter for letter in str(identity) if letter.isdigit()))
