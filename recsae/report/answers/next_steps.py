"""The commands that follow a search, exactly as they are typed."""

import shlex
from collections.abc import Mapping
from typing import Any

from recsae.results import Columns, Results, records, settings_of, storage_root
from recsae.storage.addresses import address_of

Command = list[str]


def next_steps(results: Results, finished: bool) -> dict[str, str]:
    """Return by purpose the commands to use the best model, train it again, open and go on."""
    run = results.path.name
    place = (
        []
        if results.path.parent == storage_root(None)
        else ["--storage", address_of(results.path.parent) or results.path.parent]
    )
    where = [str(word) for word in place]
    found: dict[str, Command] = {}
    if len(results.best):
        row = records(results.best.head(1))[0]
        trial = ["--trial", str(row[Columns.TRIAL_ID])]
        found["use"] = ["recsae", "encode", run, *trial, "-o", "codes.parquet", *where]
        if retrain := _retrain(results, settings_of(row)):
            found["retrain"] = retrain
    found["open"] = ["recsae", "report", run, *where]
    more = ["--extend", *results.space.more] if finished else []
    found["go on"] = ["recsae", "tune", "--resume", run, *more, *where]
    return {purpose: shlex.join(words) for purpose, words in found.items()}


def _retrain(results: Results, settings: Mapping[str, Any]) -> Command:
    """Return the command that trains a trial again: its settings, its base, its data's order."""
    base = (results.search.get("base") or {}).get("fingerprint")
    if base is None:
        return []
    given = dict(settings)
    words = ["recsae", "train", "--model_name", str(given.pop(Columns.MODEL_NAME)), "--base", base]
    for name, value in given.items():
        words += _flag(name, value)
    return [*words, "--seed", str(results.space.search.seed)]


def _flag(name: str, value: Any) -> Command:
    """Return a flag with all digits of its value: Python's shortest that reads back the same."""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool):
        return [f"--{name}" if plain else f"--no_{name}"]
    return [f"--{name}", str(plain) if isinstance(plain, str) else repr(plain)]
