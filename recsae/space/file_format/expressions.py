"""An end of a range that depends on other parameters: `sae_scale_size * 8`.

The grammar is numbers, names of parameters, + - * / and brackets, min(a, b, …), max(a, b, …).
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

GRAMMAR: Final = "numbers, names of parameters, + - * / ( ) min max"
LONGEST: Final = 200
"""Characters of an expression."""

Ends = tuple[float, float]

_OPERATORS: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_CALLS: Final[dict[str, Callable[..., float]]] = {"min": min, "max": max}
_NAME: Final = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Expression:
    """A checked text of the grammar, with at least one name in it."""

    text: str

    @classmethod
    def of(cls, text: str) -> "Expression":
        """Return the expression of a text; ValueError if it is none."""
        try:
            tree = ast.parse(text.strip(), mode="eval").body if len(text) <= LONGEST else None
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            tree = None
        if tree is None or not _known(tree):
            raise ValueError(f"expected {GRAMMAR}, got {text!r}")
        return cls(" ".join(text.split()))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The parameters in it, each once, in order."""
        nodes = [node for node in ast.walk(self._tree) if isinstance(node, ast.Name)]
        found = sorted((n.col_offset, n.id) for n in nodes if n.id not in _CALLS)
        return tuple(dict.fromkeys(name for _, name in found))

    @cached_property
    def _tree(self) -> ast.expr:
        return ast.parse(self.text, mode="eval").body

    def value(self, values: Mapping[str, Any]) -> float:
        """Return its value where the parameters have these; raises ZeroDivisionError."""
        return self.ends({name: (values[name], values[name]) for name in self.names})[0]

    def ends(self, ends: Mapping[str, Ends]) -> Ends:
        """Return numbers between which it lies where the parameters lie between these.

        By interval arithmetic: a parameter that is in it twice may make them too far apart. Raises
        ZeroDivisionError where it may divide by 0.
        """
        return _ends(self._tree, ends)


def is_expression(text: str) -> bool:
    """Return True for a text that has a name in it, so that it can be nothing else."""
    return _NAME.search(text) is not None


def _known(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        value = node.value
        return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return node.id not in _CALLS
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub | ast.UAdd) and _known(node.operand)
    if isinstance(node, ast.BinOp):
        return type(node.op) in _OPERATORS and _known(node.left) and _known(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return node.func.id in _CALLS and len(node.args) > 1 and all(map(_known, node.args))
    return False


def _ends(node: ast.expr, ends: Mapping[str, Ends]) -> Ends:
    if isinstance(node, ast.Constant):
        return node.value, node.value  # type: ignore[return-value]
    if isinstance(node, ast.Name):
        return ends[node.id]
    if isinstance(node, ast.UnaryOp):
        low, high = _ends(node.operand, ends)
        return (-high, -low) if isinstance(node.op, ast.USub) else (low, high)
    if isinstance(node, ast.BinOp):
        one, other = _ends(node.left, ends), _ends(node.right, ends)
        if isinstance(node.op, ast.Div) and other[0] <= 0 <= other[1]:
            raise ZeroDivisionError
        found = [_OPERATORS[type(node.op)](a, b) for a in one for b in other]
        return min(found), max(found)
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    lows, highs = zip(*(_ends(argument, ends) for argument in node.args), strict=True)
    call = _CALLS[node.func.id]
    return call(lows), call(highs)
