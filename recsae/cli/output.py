"""What a command prints: one JSON object as its last line, or lines that a person reads."""

import json
import math
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from recsae.errors import RecsaeError, refusal
from recsae.progress import say

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Storage = Annotated[
    str | None, typer.Option(help="Where runs lie; default RECSAE_STORAGE, else ./runs.")
]
Device = Annotated[str | None, typer.Option(help="cpu or cuda; default: cuda if there is one.")]


def show(
    outcome: dict[str, Any], as_json: bool, words: Callable[..., list[str]] | None = None
) -> None:
    """Print the outcome: one JSON object on the last line, or lines a person reads."""
    lines = (words or outcome_lines)(outcome)
    if as_json:
        lines = [json.dumps(strict_json(outcome), allow_nan=False, default=str)]
    try:
        typer.echo("\n".join(lines))
    except BrokenPipeError:  # nobody reads on, as in `| head`
        drop_output()
        raise typer.Exit(1) from None


def open_streams() -> None:
    """Let what a closed standard output or error would have shown go nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))


def drop_output() -> None:
    """Let what standard output still holds go nowhere: Python would fail to write it at exit."""
    with suppress(OSError, ValueError):  # what a test puts in its place has no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def interrupt_on_sigterm() -> None:
    """Let a SIGTERM end a command as a Ctrl-C does, with what it has begun cleared away."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def check_working_directory() -> None:
    """Raise RecsaeError if the working directory has been deleted."""
    try:
        Path.cwd()
    except OSError:
        raise RecsaeError("the working directory is gone; go to one that is there") from None


def show_tables(*shown: Any) -> None:
    """Print what rich draws."""
    from rich.console import Console

    # Where nobody looks at a screen, as in a pipe, all columns have room.
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    for one in shown:
        console.print(one)


def tell_mistakes(command: str, run: Callable[[], None]) -> None:
    """Run; a user's mistake is one line on standard error, after the command's name, and exit 2."""
    try:
        run()
    except Exception as error:
        message = refusal(error)
        if message is None:
            raise
        say(f"{command}: " + " ".join(message.split()))
        sys.exit(2)


def strict_json(value: Any) -> Any:
    """Return the value with null for every number that JSON cannot hold."""
    if isinstance(value, dict):
        return {name: strict_json(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [strict_json(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def outcome_lines(outcome: dict[str, Any], indent: str = "") -> list[str]:
    """Return nested values as indented `name: value` lines."""
    lines = []
    for name, value in outcome.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", *outcome_lines(value, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                lines += [f"{indent}{name}:", *outcome_lines(item, indent + "  ")]
        else:
            text = f"{value:.4f}" if isinstance(value, float) else str(value)
            lines.append(f"{indent}{name}: {text}")
    return lines
