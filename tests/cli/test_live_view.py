"""What `tune` draws on a terminal while it runs."""

import os
import re
import sys
from pathlib import Path

import pytest
from conftest import TINY
from terminal import on_terminal, python, screen

from recsae.progress import meter, quiet, say, tell
from recsae.results import load_results
from recsae.space import find_space

DRAWS = """
import time
from recsae import progress
from recsae.progress import drawing, say
from rich.text import Text
progress.DRAW_SECONDS = progress.DRAW_SHARE = 0
seen = [0]
def view():
    seen[0] += 1
    return Text(f"drawn {seen[0]}\\nbelow")
with drawing(view) as draw:
    draw()
    say("a message " + "of words " * 15)
    draw()
say("the end")
"""


@pytest.mark.parametrize("columns", [80, 120])
def test_what_is_said_stands_above_what_is_drawn(columns: int) -> None:
    code, text = on_terminal(python(DRAWS), columns)
    assert code == 0 and "drawn 3" in text
    lines = [line for line in screen(text) if line]
    assert lines[-1] == "the end" and lines[0].startswith("a message of words of")
    assert " ".join(lines[:-1]).split() == ["a", "message", *["of", "words"] * 15]
    assert max(map(len, lines)) <= columns and "\x1b[?25h" in text, "the cursor is shown again"


def test_a_search_draws_itself_and_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    pressed: list[bool] = []

    def press(fd: int, text: str) -> None:
        if not pressed and "of the base's" in text:  # a trial has trained an epoch
            pressed.append(True)
            os.write(fd, b"\x03")

    space = tmp_path / "space.yaml"
    space.write_text(find_space("smoke.yaml").read_text() + "base: {epochs: 1}\n")
    where = ["--dataset", TINY, "--storage", str(tmp_path), "--workers", "1"]
    words = ["tune", str(space), "--name", "a", *where, "--trials", "60"]
    code, text = on_terminal([sys.executable, "-m", "recsae", *words], 100, press)
    assert code == 130 and pressed, text[-2000:]
    assert re.search(r"a: \d+ of 60 trials \(.*1 RUNNING\)", text) and "of about" in text
    assert "SASRec: dev NDCG@10 0." in text and "states: " in text
    assert "memory" in text and "of the base's" in text
    kept = [line for line in screen(text) if line]
    resume = f"recsae tune --resume a --storage {tmp_path}"
    assert sum(resume in line for line in " ".join(kept).split("stopping")[1:]) == 1
    assert not any("of about" in line for line in kept), "what was drawn is gone at the end"
    assert len(load_results(tmp_path / "a").trials) < 60


def test_a_terminal_is_not_blank_for_a_second() -> None:
    code = """
import time
from recsae import progress
with progress.first_line("recsae evaluate: loading"):
    time.sleep(3 * progress.SILENCE_SECONDS)
with progress.first_line("not said: something else was"):
    progress.say("reading")
    time.sleep(2 * progress.SILENCE_SECONDS)
"""
    _, text = on_terminal(python(code), 80)
    assert screen(text) == ["recsae evaluate: loading", "reading", ""]


def test_quiet_shows_no_progress_but_says_what_matters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("recsae.progress.FIRST_LINE_SECONDS", 0.0)
    for silent in (True, False):
        with quiet(silent), meter("search", 2) as told:
            told(1)
            tell("a stage")  # on a terminal alone
            say("a warning")
    assert capsys.readouterr().err.splitlines() == [
        "a warning",
        "search 1/2, about 0 s left",
        "a warning",
    ]
