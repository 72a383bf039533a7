"""Every setting of a space's sections is a flag of `tune`, and reaches the space."""

from collections.abc import Callable
from typing import Any

import pytest
import typer
from commands import Recsae

from recsae.cli.app import app
from recsae.cli.flags import flag_type
from recsae.cli.search import SCHEDULER, SECTIONS
from recsae.errors import RecsaeError
from recsae.jobs import search as jobs
from recsae.settings import fields
from recsae.space import SearchSpace

WORDS = {"sampler": "random", "scheduler": "median"} | dict.fromkeys(
    ("decide_by", "select_by"), "observed"
)
"""Of each flag that takes a word one that is not in smoke.yaml."""
SETTINGS = [
    (section, name, SCHEDULER.get(name, name))
    for section, kind in SECTIONS.items()
    for name in fields(kind)
]


@pytest.fixture
def overridden(monkeypatch: pytest.MonkeyPatch, recsae: Recsae) -> Callable[..., SearchSpace]:
    """Return a function of flags that returns the space that `tune` would search."""
    found: list[SearchSpace] = []

    def tune(space: SearchSpace, *_: Any, **__: Any) -> dict[str, Any]:
        found.append(space)
        raise RecsaeError("not searched here")

    def space_of(*words: str) -> SearchSpace:
        assert "not searched here" in recsae("tune", "smoke.yaml", *words).mistake
        return found[-1]

    monkeypatch.setattr(jobs, "tune", tune)
    return space_of


def other_than(value: Any, flag: str, kind: Any) -> Any:
    """Return another value of a flag than `value`, which is that of smoke.yaml."""
    if kind is bool:
        return not value
    if kind is str:
        return WORDS[flag]
    if kind is int:
        return 2 if value is None else value + 1
    return value / 2 if isinstance(value, float) else 0.25


@pytest.mark.parametrize(("section", "name", "flag"), SETTINGS)
def test_a_setting_is_a_flag_that_reaches_the_space(
    section: str, name: str, flag: str, overridden: Callable[..., SearchSpace]
) -> None:
    plain = overridden()
    before = getattr(getattr(plain, section), name)
    value = other_than(before, flag, flag_type(fields(SECTIONS[section])[name].annotation))
    words = [f"--{flag}"] if value is True else [f"--{flag}", str(value)]
    space = overridden(*words)
    assert getattr(getattr(space, section), name) == value != before
    assert all(getattr(space, s) == getattr(plain, s) for s in SECTIONS if s != section)


def test_what_is_true_or_false_has_a_flag_for_each(overridden: Callable[..., SearchSpace]) -> None:
    words = ("--stop_at_noise", "--no_stop_at_noise")
    assert overridden(*words[:1]).search.stop_at_noise
    assert not overridden(*words).search.stop_at_noise


def test_a_number_or_a_word_is_taken_as_such(overridden: Callable[..., SearchSpace]) -> None:
    assert overridden("--gpus", "auto").resources.gpus == "auto"
    assert overridden("--gpus", "1").resources.gpus == 1.0


def test_help_tells_whose_setting_a_flag_is_and_what_it_takes() -> None:
    command = typer.main.get_command(app).commands["tune"]  # type: ignore[attr-defined]
    helps = {parameter.name: parameter.help for parameter in command.params[1:]}
    assert helps["grace_epochs"].startswith("scheduler: ")
    assert helps["grace_epochs"].endswith("[an integer >= 1]")
    assert all(word in helps[name] for name, word in WORDS.items())
