"""Every setting of a space's sections is a flag of `tune`, and reaches the space."""

import sys
from typing import Any

import pytest
import typer

from recsae.cli.app import app, main
from recsae.cli.search import SCHEDULER, SECTIONS
from recsae.errors import RecsaeError
from recsae.jobs import search as jobs
from recsae.settings import fields
from recsae.space.space import SearchSpace

OTHER: dict[str, Any] = {
    "sampler": "random",
    "trials": 5,
    "seed": 8,
    "max_hours": 0.5,
    "max_device_seconds": 9.0,
    "max_epochs": 7,
    "stop_at_noise": True,
    "finalists": 2,
    "finalist_seeds": 4,
    "scheduler": "median",
    "grace_epochs": 2,
    "reduction_factor": 4,
    "keep": 3,
    "cpus": 0.5,
    "gpus": 0.25,
}
"""Of each flag a value that is neither its default nor that of smoke.yaml."""
SETTINGS = [
    (section, name, SCHEDULER.get(name, name))
    for section, kind in SECTIONS.items()
    for name in fields(kind)
]


def overridden(monkeypatch: pytest.MonkeyPatch, *words: str) -> SearchSpace:
    """Return the space that `tune` would search."""
    found: list[SearchSpace] = []

    def tune(space: SearchSpace, *_: Any, **__: Any) -> dict[str, Any]:
        found.append(space)
        raise RecsaeError("not searched here")

    monkeypatch.setattr(jobs, "tune", tune)
    monkeypatch.setattr(sys, "argv", ["recsae", "tune", "smoke.yaml", *words])
    with pytest.raises(SystemExit):
        main()
    return found[0]


@pytest.mark.parametrize(("section", "name", "flag"), SETTINGS)
def test_a_setting_is_a_flag_that_reaches_the_space(
    section: str, name: str, flag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = OTHER[flag]
    words = [f"--{flag}"] if value is True else [f"--{flag}", str(value)]
    plain, space = overridden(monkeypatch), overridden(monkeypatch, *words)
    assert getattr(getattr(space, section), name) == value
    assert getattr(getattr(plain, section), name) != value
    assert all(getattr(space, s) == getattr(plain, s) for s in SECTIONS if s != section)


def test_what_is_true_or_false_has_a_flag_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("--stop_at_noise", "--no_stop_at_noise")
    assert overridden(monkeypatch, *words[:1]).search.stop_at_noise
    assert not overridden(monkeypatch, *words).search.stop_at_noise


def test_a_number_or_a_word_is_taken_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    assert overridden(monkeypatch, "--gpus", "auto").resources.gpus == "auto"
    assert overridden(monkeypatch, "--gpus", "1").resources.gpus == 1.0


def test_help_tells_whose_setting_a_flag_is_and_what_it_takes() -> None:
    command = typer.main.get_command(app).commands["tune"]  # type: ignore[attr-defined]
    told = {parameter.name: parameter.help for parameter in command.params[1:]}
    assert told["grace_epochs"].startswith("scheduler: ")
    assert told["grace_epochs"].endswith("[an integer >= 1]")
    assert all(OTHER[name] in told[name] for name in ("sampler", "scheduler"))
