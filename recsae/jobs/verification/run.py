"""`verify RUN`: whether a run is what its search left, by its journal, and by scoring it again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recsae.errors import RecsaeError
from recsae.jobs.verification.frames import frame_differences
from recsae.jobs.verification.seal import digests
from recsae.results import Columns, Files, Results, find_run, load_results, storage_root
from recsae.search.engine import events
from recsae.search.engine.event_checks import checked
from recsae.search.engine.events import Event
from recsae.search.journal.folders import FOLDER as JOURNAL
from recsae.search.journal.folders import folder_of
from recsae.search.journal.segments import Reader
from recsae.search.record.rows import replayed
from recsae.search.versions import versions
from recsae.storage.copies import publish
from recsae.storage.entries import cache_of
from recsae.test_reads import TEST_READS, is_as_noted, reads_of_test

_CLOSE: Final = 1e-4
"""Another machine adds in another order; a score that somebody edited differs by more."""
_SHOWN: Final = 5


@dataclass(frozen=True)
class Check:
    """What one check has found: `sound` is None where there is nothing to check."""

    name: str
    sound: bool | None
    says: str


def verify(run: str, *, storage: str | None, score: bool = True) -> dict[str, Any]:
    """Return each check of a run, whether all are passed, and what a reviewer should know.

    `score`: also score and audit the best models again, which reads test once more.
    """
    path = find_run(run, storage_root(storage))
    found = [*file_checks(path)]
    if score and all(check.sound is not False for check in found):
        found += score_checks(path)
    results = _results(path)
    search = {} if results is None else results.search
    return {
        "run": path.name,
        "sound": all(check.sound is not False for check in found),
        "head": _Chain.of(path).head,
        "checks": [vars(check) for check in found],
        "data": (search.get("activations") or {}).get("fingerprint"),
        "versions": {"run": search.get("versions"), "here": versions()},
        "path": str(path),
    }


def file_checks(path: Path) -> Iterator[Check]:
    """Check the journal, the frames against it, the seal and the counts; scores nothing."""
    chain = _Chain.of(path)
    yield chain.check
    results = _results(path)
    if results is None:
        yield Check("frames", False, _why_not_read(path))
    elif chain.check.sound:
        yield _frames(results, chain.past)
    yield _seal(path, chain)
    yield _readings(path)


@dataclass(frozen=True)
class _Chain:
    """A run's journal as far as it is sound."""

    check: Check
    past: tuple[Event, ...] = ()
    head: str | None = None
    """The checksum of the last line, on which all before it depend."""

    @classmethod
    def of(cls, path: Path) -> "_Chain":
        folder, reader = folder_of(path), Reader()
        try:
            numbers = folder.numbers()
            if not numbers:
                return cls(Check(JOURNAL, None, "no chain: this run has no journal"))
            past = tuple(checked(reader.events(folder.files(numbers)), path / JOURNAL))
        except (RecsaeError, ValueError) as error:
            return cls(Check(JOURNAL, False, str(error)))
        head = reader.end.last
        if reader.notes:
            return cls(Check(JOURNAL, False, reader.notes[-1]), past, head)
        return cls(Check(JOURNAL, True, f"{len(past):,} events, chained to {head}"), past, head)


def _results(path: Path) -> Results | None:
    try:
        return load_results(path)
    except RecsaeError:
        return None


def _why_not_read(path: Path) -> str:
    try:
        load_results(path)
    except RecsaeError as error:
        return str(error)
    return ""


def _frames(results: Results, past: tuple[Event, ...]) -> Check:
    """Rebuild the frames from the journal and compare."""
    found = frame_differences(results, replayed(past))
    if found:
        more = f"; {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        return Check("frames", False, "; ".join(found[:_SHOWN]) + more)
    rows = f"{len(results.trials):,} trials and {len(results.curves):,} reports"
    return Check("frames", True, f"{rows} are those of the journal")


def _seal(path: Path, chain: _Chain) -> Check:
    """Compare the files with their digests in the journal's last event."""
    last = chain.past[-1] if chain.past else {}
    if chain.check.sound is None:
        return Check("files", None, "no journal tells what they were")
    if last.get("kind") != events.SEALED:
        return Check("files", None, "not sealed: the run has not ended, or an older recsae did it")
    was, now = last["files"], digests(path)
    changed = [f"{name}: changed" for name in was if name in now and was[name] != now[name]]
    gone = [f"{name}: missing" for name in was if name not in now]
    new = [f"{name}: was not there" for name in now if name not in was]
    wrong = [*changed, *gone, *new]
    if wrong:
        return Check("files", False, "; ".join(wrong[:_SHOWN]))
    return Check("files", True, f"{len(now)} files are as they were when the run ended")


def _readings(path: Path) -> Check:
    """Name every reading of test, of the run and of each of its models."""
    places = [path, *sorted(file.parent for file in path.glob(f"*/*/{TEST_READS}"))]
    names = {
        place: place.name if place == path else str(place.relative_to(path)) for place in places
    }
    try:
        wrong = [names[place] for place in places if not is_as_noted(place)]
        told = [f"{names[place]} {reads_of_test(place)}" for place in places]
    except RecsaeError as error:
        return Check("readings of test", False, str(error))
    if wrong:
        return Check("readings of test", False, f"{wrong[0]}/{TEST_READS}: changed")
    return Check("readings of test", True, ", ".join(told))


def score_checks(path: Path) -> Iterator[Check]:
    """Score and audit each best model again, on the states it was trained on."""
    from recsae.jobs.evaluation import score_run

    results = load_results(path)
    if results.best.empty:
        yield Check("best", None, "no trial may be best")
        return
    try:
        outcomes = score_run(path, cache_of(path.parent))
        publish(path)
    except RecsaeError as error:
        # Its data, or the base as this machine trains it, need not be those of the run.
        damaged = str(path) in str(error)
        yield Check("best", False if damaged else None, f"not scored: {error}")
        return
    for outcome in outcomes:
        yield _best(results, outcome)


def _best(results: Results, outcome: dict[str, Any]) -> Check:
    number = int(outcome[Columns.TRIAL_ID])
    name, metrics = f"best trial {number}", outcome["metrics"]
    if metrics["dev"].get("leak"):
        return Check(name, False, "it leaks: its code is not all that its answer depends on")
    stored = results.scores(number)
    for split in ("dev", "test"):
        for metric, value in (stored.get(split) or {}).items():
            now = metrics[split].get(metric, value)
            if not _close(value, now):
                file = f"{Files.BEST}/{number}/{Files.METRICS}"
                return Check(name, False, f"{file}: {split} {metric}: {value}, but scores {now}")
    how = "to the last digit" if outcome["reproduced"] else f"to {_CLOSE:g}"
    return Check(name, True, f"scores the same {how}, and does not leak")


def _close(stored: Any, now: Any) -> bool:
    if stored is None or now is None or stored != stored or now != now:
        return (stored is None or stored != stored) == (now is None or now != now)
    return bool(abs(stored - now) <= _CLOSE * max(1.0, abs(stored)))
