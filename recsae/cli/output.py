"""What a command prints: one JSON object as its last line, or lines that a person reads."""

import json
import math
import os
import shutil
import signal
import sys
import textwrap
import threading
from collections.abc import Callable, Iterable
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
    elif sys.stdout.isatty():
        lines = wrapped(lines, shutil.get_terminal_size().columns)
    try:
        typer.echo("\n".join(lines))
    except BrokenPipeError:  # nobody reads on, as in `| head`
        drop_output()
        raise typer.Exit(1) from None


def wrapped(lines: list[str], width: int) -> list[str]:
    """Return lines that fit a terminal, broken between words alone."""
    found = []
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        parts = textwrap.wrap(
            line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
        found += parts or [line]
    return found


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


def follow(
    looks: Iterable[dict[str, Any]],
    line: Callable[[dict[str, Any]], str],
    view: Callable[[dict[str, Any]], Any],
) -> None:
    """Show what changes: in place on a terminal, else a line whenever it has changed."""
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False)
    if not console.is_terminal:
        last = ""
        for look in looks:
            if (text := line(look)) != last:
                typer.echo(last := text)
        return
    with Live(console=console, auto_refresh=False) as live:
        for look in looks:
            live.update(view(look), refresh=True)


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
