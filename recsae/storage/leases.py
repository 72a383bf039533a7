"""Which driver may write to a run in a bucket: the one with the highest token, while it lives.

A driver makes .drivers/TOKEN.json, the next number, on the condition that it is new; it writes that
object anew every few seconds. Tokens go into the segments of the journal, so what a driver writes
that was taken for dead is told from what its successor writes. No clock but the bucket's is read.
"""

import json
import os
import socket
import time
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from recsae.errors import RecsaeError
from recsae.storage.objects import Place

FOLDER: Final = ".drivers"
_NOW: Final = f"{FOLDER}/now"
_SECONDS: Final = "RECSAE_LEASE_SECONDS"
_DEFAULT: Final = 90.0
BEATS: Final = 6
"""A driver says so often in the time of its lease that it lives."""


class TakenError(RecsaeError):
    """Another driver searches in a run, or has taken it over."""


@dataclass(frozen=True)
class Driver:
    """Who writes, or wrote, to a run."""

    token: int
    host: str
    process: int
    machine: str
    """Which boot of which machine, and which of its containers; "" if the system does not say."""
    born: str
    """When the process began, by that machine; its number alone may belong to another by now."""
    since: float
    lease: float
    """Seconds after which it counts as dead if it has said nothing."""
    own: str = ""
    """Different for any two drivers."""
    released: bool = False

    @classmethod
    def here(cls, token: int) -> "Driver":
        """Return this process."""
        return cls(
            token,
            socket.gethostname(),
            os.getpid(),
            _machine(),
            _born(os.getpid()),
            round(time.time(), 3),
            lease_seconds(),
            uuid.uuid4().hex,
        )

    def is_dead_here(self) -> bool:
        """Return True if it ran on this machine, and runs no more."""
        if not self.machine or self.machine != _machine():
            return False
        return _born(self.process) != self.born

    def __str__(self) -> str:
        """Return its name."""
        return f"process {self.process} on {self.host}"


@dataclass
class Lease:
    """The right of this process to write to a run."""

    place: Place
    driver: Driver
    successor: Driver | None = field(default=None, init=False)
    """Who has taken the run over."""

    @property
    def token(self) -> int:
        """The number that tells this driver from earlier and later ones."""
        return self.driver.token

    def check(self) -> None:
        """Raise TakenError if another driver has taken the run over."""
        newest = newest_driver(self.place)
        if newest is not None and newest.token > self.token:
            self.successor = newest
        if self.successor is not None:
            words = f"{self.successor} has taken the run over; this driver can write no more"
            raise TakenError(f"{self.place.address}: {words}")

    def renew(self) -> None:
        """Say that this driver lives; raises TakenError."""
        self.check()
        self.place.write(_name(self.token), _content(self.driver))

    def release(self) -> None:
        """Let others have the run at once."""
        told = Driver(**{**asdict(self.driver), "released": True})
        self.place.write(_name(self.token), _content(told))
        self.place.delete([_NOW])


def acquire(place: Place) -> Lease:
    """Take a run, also from a driver that is dead; raises TakenError for one that lives."""
    while True:
        newest = newest_driver(place)
        if newest is not None and not newest.released and not newest.is_dead_here():
            silent = _silent(place, newest)
            if silent < newest.lease:
                raise _taken(place, newest, silent)
        driver = Driver.here(1 if newest is None else newest.token + 1)
        if place.create(_name(driver.token), _content(driver)):
            return Lease(place, driver)
        # Somebody was faster: who that is tells the next look.


def newest_driver(place: Place) -> Driver | None:
    """Return the driver with the highest token; None before there was one."""
    names = [name for name in place.entries(f"{FOLDER}/") if name != _NOW]
    return _read(place, max(names)) if names else None


def is_driven(place: Place) -> bool:
    """Tell whether a driver lives, as far as it can be told without writing."""
    newest = newest_driver(place)
    if newest is None or newest.released or newest.is_dead_here():
        return False
    entry = place.entries(f"{FOLDER}/").get(_name(newest.token))
    return entry is not None and time.time() - entry.modified < newest.lease


def lease_seconds() -> float:
    """Return the seconds of silence after which another host may take a run over."""
    text = os.environ.get(_SECONDS)
    try:
        return float(text) if text else _DEFAULT
    except ValueError:
        raise RecsaeError(f"{_SECONDS}: expected seconds, got {text!r}") from None


def _silent(place: Place, driver: Driver) -> float:
    """Return for how long a driver has said nothing, by the clock of the place."""
    # Content of its own, that no store may take for what lies there already.
    place.write(_NOW, uuid.uuid4().hex.encode())
    entries = place.entries(f"{FOLDER}/")
    return entries[_NOW].modified - entries[_name(driver.token)].modified


def _taken(place: Place, driver: Driver, silent: float) -> TakenError:
    age = max(0.0, time.time() - driver.since)
    free = f"if it is dead, the run is free in {driver.lease - silent:.0f} s"
    words = f"{driver} is searching in this run, for {_age(age)}; wait for it, or stop it; {free}"
    return TakenError(f"{place.address}: {words}")


def _age(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def _name(token: int) -> str:
    return f"{FOLDER}/{token:06d}.json"


def _content(driver: Driver) -> bytes:
    return json.dumps(asdict(driver)).encode()


def _read(place: Place, name: str) -> Driver:
    try:
        told: Any = json.loads(place.read(name))
        return Driver(**told)
    except (ValueError, TypeError):
        raise RecsaeError(f"{place.address}/{name}: damaged: expected a driver") from None


def _machine() -> str:
    """Return what no other machine, boot or container has; "" where the system does not say."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115
    except OSError:
        return ""


def _born(process: int) -> str:
    """Return when a process of this machine began, in its own count; "" if it runs no more."""
    try:
        # After the name, which may hold anything in its parentheses; field 22 of proc(5).
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]
