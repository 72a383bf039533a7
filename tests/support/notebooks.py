"""Runs a notebook's code cells as Jupyter would, without Jupyter: `python notebooks.py FILE`.

What a cell ends with is shown as a notebook shows it, by its rich representation.
"""

import ast
import json
import sys
from pathlib import Path
from typing import Any


def cells(path: Path) -> list[str]:
    """Return the code of a notebook, a text a cell."""
    book = json.loads(path.read_text())
    return ["".join(one["source"]) for one in book["cells"] if one["cell_type"] == "code"]


def run(path: Path) -> None:
    """Run the cells of a notebook in order, in one namespace; what they raise is raised."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, code in enumerate(cells(path)):
        tree = ast.parse(code)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        place = f"{path.name}[{number}]"
        exec(compile(tree, place, "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), place, "eval"), names)
            show = getattr(value, "_repr_html_", None)
            sys.stdout.write(f"Out[{number}]: {show() if show else repr(value)}\n")


if __name__ == "__main__":
    run(Path(sys.argv[1]))
