"""A command on a terminal: what it wrote, and what would stand on the screen in the end."""

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Callable

_CONTROL = re.compile(r"\x1b\[[0-9;?]*([A-Za-z])")


def on_terminal(
    command: list[str], columns: int, heard: Callable[[int, str], None] = lambda fd, text: None
) -> tuple[int, str]:
    """Run a command on a terminal of so many columns; return its exit code and what it wrote.

    heard: told of the terminal's descriptor and of all text so far, whenever there is more.
    """
    child, fd = pty.fork()
    if child == 0:
        size = struct.pack("HHHH", 24, columns, 0, 0)
        fcntl.ioctl(0, termios.TIOCSWINSZ, size)
        kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        os.execvpe(command[0], command, {**kept, "TERM": "xterm-256color"})
    text = b""
    while True:
        try:
            more = os.read(fd, 65536)
        except OSError:  # as Linux says that nobody writes any more
            break
        if not more:
            break
        text += more
        heard(fd, text.decode(errors="replace"))
    os.close(fd)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), text.decode(errors="replace")


def screen(text: str) -> list[str]:
    """Return the lines that stay, as a terminal without an end shows them: rich moves the cursor
    up, to a line's start, and erases lines; colours are left out."""
    lines, row, column, at = [""], 0, 0, 0
    while at < len(text):
        if found := _CONTROL.match(text, at):
            at = found.end()
            if found[1] == "A":
                row -= int(found[0][2:-1] or 1)
            elif found[1] == "K":
                lines[row] = ""
            continue
        char, at = text[at], at + 1
        if char == "\r":
            column = 0
        elif char == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        else:
            lines[row] = lines[row][:column].ljust(column) + char + lines[row][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines]


def python(code: str) -> list[str]:
    """Return the command that runs some code in this environment's Python."""
    return [sys.executable, "-c", code]
