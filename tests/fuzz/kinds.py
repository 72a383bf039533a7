"""Hostile input of each kind, and what reads it: success, or one line and exit code 2."""

import io
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import typer
import yaml
from fuzz.odd_values import ODD, damaged, mutated
from hypothesis import strategies as st
from interactions.readers.forms import FORMS
from search.toy_spaces import toy_space

from recsae.cli.app import app, main
from recsae.errors import RecsaeError
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.jobs.runs.places import Where
from recsae.results import Files
from recsae.results.file_format.search_keys import check_resumable_keys
from recsae.results.run import read_search
from recsae.sae import files as sae_files
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variants
from recsae.search.engine.budgets import Budget, seconds_before
from recsae.search.engine.director import Director
from recsae.search.engine.event_checks import checked
from recsae.search.engine.history import History
from recsae.search.journal.journal import Journal, events_of
from recsae.search.journal.segments import Position
from recsae.search.record.rows import replayed
from recsae.search.strategies import strategy_for
from recsae.space import load_space
from recsae.space.shipped import find_space, shipped_spaces

GOLDEN = Path(__file__).parents[1] / "golden" / "run_v1"
ON_RUNS: list[tuple[str, ...]] = [
    ("results", "RUN"),
    ("results", "RUN", "--json"),
    ("results", "export", "RUN"),
    ("results", "diff", str(GOLDEN), "RUN"),
    ("verify", "--no_score", "RUN"),
    ("whatif", "--orders", "0", "--scheduler", "median", "RUN"),
    ("evaluate", "RUN"),
    (),
]
"""Commands that read a run; the last: what a resume looks at first."""
SLOW_ON_RUNS = ("report", "RUN")
COLUMNS: dict[str, Callable[[int], pa.Array]] = {
    "times": lambda n: pa.array([0] * n, pa.timestamp("us")),
    "late": lambda n: pa.array([2**62] * n, pa.timestamp("us", tz="UTC")),
    "texts": lambda n: pa.array(["x"] * n),
    "bytes": lambda n: pa.array([b"\xff"] * n),
    "numbers": lambda n: pa.array(range(n), pa.int64()),
    "negative": lambda n: pa.array([-1] * n, pa.int64()),
    "large": lambda n: pa.array([2**63 - 1] * n, pa.int64()),
    "nan": lambda n: pa.array([float("nan")] * n),
    "inf": lambda n: pa.array([float("-inf")] * n),
    "nulls": pa.nulls,
    "lists": lambda n: pa.array([[1]] * n),
    "bools": lambda n: pa.array([True] * n),
}
ROLES = ("user_column", "item_column", "time_column", "rating_column")
SETTINGS: dict[str, list[Any]] = {
    "order": ["file", "time", "random:1"],
    "where": ["time > 3", "x", "user == '1'", "1 > 0"],
    "min_rating": [1.0, 1e308],
    "split": ["time:0.8", "given", "time:0.99"],
    "format": ["csv", "pairs", "sequences", "s3rec", "recbole", "jsonl", "parquet", "x"],
}
RUN = "RUN"
PLACES = ["smoke.yaml", RUN, "runs", "synthetic:users=9", "x", "", "-", "--", "."]


class FuzzError(AssertionError):
    """Something worse than one line."""


@contextmanager
def folder() -> Iterator[Path]:
    """Yield a new folder that goes with the block."""
    with tempfile.TemporaryDirectory(prefix="fuzz") as name:
        yield Path(name)


@contextmanager
def one_line() -> Iterator[None]:
    """Let the block succeed, or raise RecsaeError in one line."""
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield
    except RecsaeError as error:
        if len(str(error).splitlines()) != 1:
            raise FuzzError(f"not one line: {error!r}") from error


def command(*words: str) -> None:
    """Run a command of recsae in this process; raise FuzzError for an end that is none."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    argv = mock.patch.object(sys, "argv", ["recsae", *words])
    with redirect_stdout(out), redirect_stderr(err), argv:
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    told = [line for line in err.getvalue().splitlines() if line.startswith("recsae: ")]
    if code not in (0, 1, 2) or (code == 2 and len(told) != 1):
        raise FuzzError(f"{words}: exit code {code} with {err.getvalue()!r}")


def spaces(data: st.DataObject) -> None:
    """Read a space file with odd values, or of damaged bytes."""
    text = find_space(data.draw(st.sampled_from(shipped_spaces()))).read_bytes()
    if data.draw(st.booleans()):
        text = data.draw(damaged(text))
    else:
        values = data.draw(mutated(yaml.safe_load(text)))
        text = yaml.safe_dump(values, allow_unicode=data.draw(st.booleans())).encode()
    with folder() as place, one_line():
        (place / "space.yaml").write_bytes(text)
        load_space(place / "space.yaml").resolved()


def readers(data: st.DataObject) -> None:
    """Read a log of some format, damaged or not, with odd settings of the data."""
    form = FORMS[data.draw(st.sampled_from([*FORMS]))]
    draw = random.Random(data.draw(st.integers(0, 2**32)))
    rows = [
        (str(user), str(draw.randint(100, 109)), str(1_300_000_000 + 86_400 * day))
        for user in range(1, 6)
        for day in draw.sample(range(40), 6)
    ]
    odd = {role: [*form.columns, "1", "2", "3", "4", "x", ""] for role in ROLES} | SETTINGS
    keys = data.draw(st.lists(st.sampled_from([*odd]), max_size=3, unique=True))
    given = {key: data.draw(st.sampled_from(odd[key])) for key in keys}
    with folder() as place:
        path = form.put(place / "log", rows)
        if data.draw(st.integers(0, 2)):
            inner = sorted(path.rglob("*")) if path.is_dir() else [path]
            one = data.draw(st.sampled_from([file for file in inner if file.is_file()]))
            one.write_bytes(data.draw(damaged(one.read_bytes())))
        with one_line():
            load(DataSettings.of({"dataset": str(path), "min_user": 1, "min_item": 1, **given}))


def run_folders(data: st.DataObject) -> None:
    """Read a run whose files have odd values or types, or damaged bytes."""
    with folder() as place:
        run = place / "run"
        shutil.copytree(GOLDEN, run)
        for _ in range(data.draw(st.integers(1, 2))):
            _hurt_run(data, run)
        words = data.draw(st.sampled_from(ON_RUNS))
        if data.draw(st.integers(0, 19)) == 19:
            words = SLOW_ON_RUNS
        if words:
            command(*(str(run) if word == RUN else word for word in words))
            return
        with one_line():
            search = read_search(run)
            check_resumable_keys(search, run)
            Where().as_before(search)


def _hurt_run(data: st.DataObject, run: Path) -> None:
    kind = data.draw(st.sampled_from(["search", "frame", "frame", "json", "bytes"]))
    inner = [file for file in sorted(run.rglob("*")) if file.is_file()]
    if kind == "search" and (run / Files.SEARCH).stat().st_size:
        values = data.draw(mutated(yaml.safe_load((GOLDEN / Files.SEARCH).read_text())))
        (run / Files.SEARCH).write_text(yaml.safe_dump(values))
    elif kind == "frame":
        name = data.draw(st.sampled_from([Files.RESULTS, Files.CURVES]))
        _hurt_frame(data, GOLDEN / name, run / name)
    elif kind == "json":
        file = data.draw(st.sampled_from([file for file in inner if file.suffix == ".json"]))
        values = data.draw(mutated(json.loads((GOLDEN / file.relative_to(run)).read_text())))
        file.write_text(json.dumps(values))
    else:
        file = data.draw(st.sampled_from(inner))
        file.write_bytes(data.draw(damaged(file.read_bytes())))


def _hurt_frame(data: st.DataObject, whole: Path, file: Path) -> None:
    table = pq.read_table(io.BytesIO(whole.read_bytes()))
    place = data.draw(st.integers(0, table.num_columns - 1))
    how = data.draw(st.sampled_from([*COLUMNS, "drop", "shorten"]))
    if how == "drop":
        table = table.remove_column(place)
    elif how == "shorten":
        table = table.slice(data.draw(st.integers(0, len(table))))
    else:
        table = table.set_column(place, table.column_names[place], COLUMNS[how](len(table)))
    pq.write_table(table, file)


def checkpoints(data: st.DataObject) -> None:
    """Open a saved autoencoder with odd settings or damaged weights."""
    kind = variants()[data.draw(st.sampled_from(sorted(variants())))]
    with folder() as place:
        model = SparseAutoencoder(kind, kind.Settings.of({"sae_k": 3}), 8)
        about = {"activations": "a" * 16, "machine": {"device": "cpu", "threads": 1}, "source": {}}
        sae_files.save(model, place / "m", about)
        settings = place / "m" / sae_files.SETTINGS
        if data.draw(st.booleans()):
            settings.write_text(json.dumps(data.draw(mutated(json.loads(settings.read_text())))))
        else:
            file = data.draw(st.sampled_from([settings, place / "m" / sae_files.WEIGHTS]))
            file.write_bytes(data.draw(damaged(file.read_bytes())))
        with mock.patch.dict(os.environ, RECSAE_CACHE=str(place / "cache")):
            command("evaluate", str(place / "m"))


def journals(data: st.DataObject) -> None:
    """Go on from a journal with odd events, or of damaged bytes."""
    scheduler = data.draw(st.sampled_from(["none", "asha", "asha_promote", "median"]))
    space = toy_space(scheduler, 3, {"trials": 3})
    with folder() as place:
        with Journal.open(place) as journal:
            journal.append({"kind": "begun", "at": 1.0})
            strategy, history = strategy_for(space), History(space.objectives)
            led = Director(strategy, history, Budget(3), journal=journal, clock=lambda: 5.0)
            while (run := led.next()) is not None:
                epochs, metrics = run.epochs + 1, {"ndcg@10": 0.1 * run.trial_id, "leak": False}
                while led.report(run.trial_id, epochs, float(epochs), metrics, "n"):
                    epochs += 1
        file = place / "journal" / "000001.jsonl"
        if data.draw(st.integers(0, 2)):
            _write_chained(file, data.draw(mutated([*events_of(place)])))
        else:
            file.write_bytes(data.draw(damaged(file.read_bytes())))
        with one_line(), Journal.open(place) as journal:
            past = list(checked(journal.past(), "journal"))
            seconds_before(past)
            Director(strategy_for(space), History(space.objectives), Budget(3)).replay(past)
            replayed(past)


def _write_chained(file: Path, events: list[Any]) -> None:
    """Write events with checksums that fit them, as a forger would."""
    content, position = Position().header(1)
    for event in events:
        line, position = position.event(event)
        content += line
    file.write_bytes(content)


def flags(data: st.DataObject) -> None:
    """Give a command odd flags; what would begin something is stopped there."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    name = data.draw(st.sampled_from(sorted(commands)))
    known = {flag for parameter in commands[name].params for flag in parameter.opts}
    options = sorted(flag for flag in known if flag.startswith("--") and flag != "--help")
    words = [name] if name != "data" else ["data", "describe"]
    for _ in range(data.draw(st.integers(0, 2))):
        words.append(data.draw(st.sampled_from(PLACES)))
    for _ in range(data.draw(st.integers(0, 3)) if options else 0):
        words.append(data.draw(st.sampled_from(options)))
        words.append(data.draw(st.sampled_from([*(str(one) for one in ODD), *PLACES])))

    def stop(*_: Any, **__: Any) -> None:
        raise RecsaeError("it would begin")

    with folder() as place, ExitStack() as patched:
        own = {"RECSAE_CACHE": str(place / "cache"), "RECSAE_STORAGE": str(place / "runs")}
        patched.enter_context(mock.patch.dict(os.environ, own))
        shutil.copytree(GOLDEN, place / RUN)  # some commands write into a run
        for begins in ("search.open_places", "sources.Source.prepare", "data.download"):
            patched.enter_context(mock.patch(f"recsae.jobs.{begins}", stop))
        command(*(str(place / RUN) if word == RUN else word for word in words))


KINDS: dict[str, Callable[[st.DataObject], None]] = {
    "spaces": spaces,
    "readers": readers,
    "run_folders": run_folders,
    "checkpoints": checkpoints,
    "journals": journals,
    "flags": flags,
}
