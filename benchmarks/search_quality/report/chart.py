"""Line charts as SVG text: small, without a script, readable in ten years."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 560, 320
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 28, 40
COLOURS = (
    *("#8c8c8c", "#b9a44c", "#6a9f58", "#a86464", "#4e79a7", "#d37295"),
    *("#e8a33d", "#59a5a5", "#9d7660", "#7b6bb0", "#3a3a3a", "#c23b22"),
)


class Line(NamedTuple):
    """One curve."""

    name: str
    points: Sequence[tuple[float, float]]
    strong: bool = False


def chart(
    title: str, lines: Sequence[Line], x_name: str, y_name: str, marks: Mapping[str, float]
) -> str:
    """Return curves over a logarithmic x; `marks` are named vertical lines."""
    xs = [math.log(x) for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    low_x, high_x, high_y = min(xs), max(xs), max(ys) * 1.03 or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log(x) - low_x) / (high_x - low_x or 1.0)
        return (
            LEFT + across * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - y / high_y * (HEIGHT - TOP - BOTTOM),
        )

    parts = [
        _text(WIDTH / 2, 16, title, "middle", 13),
        _text(WIDTH / 2, HEIGHT - 6, x_name, "middle"),
        _text(4, TOP - 6, y_name, "start"),
    ]
    for y in _ticks(high_y):
        _, height = at(math.exp(low_x), y)
        parts.append(_rule(LEFT, height, WIDTH - RIGHT, height, "#e4e4e4"))
        parts.append(_text(LEFT - 5, height + 4, f"{y:g}", "end"))
    for x in _log_ticks(math.exp(low_x), math.exp(high_x)):
        across, _ = at(x, 0)
        parts.append(_text(across, HEIGHT - BOTTOM + 14, f"{x:g}", "middle"))
    for name, x in marks.items():
        across, _ = at(x, 0)
        parts.append(_rule(across, TOP, across, HEIGHT - BOTTOM, "#999", "3 3"))
        parts.append(_text(across + 3, TOP + 9, name, "start"))
    for number, line in enumerate(lines):
        points = [at(*point) for point in line.points]
        parts.append(_curve(points, COLOURS[number % len(COLOURS)], 3 if line.strong else 1.5))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif">{"".join(parts)}</svg>'
    )


def legend(names: Sequence[str]) -> str:
    """Return the colours of lines in this order, as HTML."""
    dots = (
        f'<span><b style="color:{COLOURS[n % len(COLOURS)]}">&#9644;</b> {name}</span>'
        for n, name in enumerate(names)
    )
    return f'<p class="legend">{" ".join(dots)}</p>'


def _ticks(high: float) -> list[float]:
    step = 10 ** math.floor(math.log10(high / 4))
    step *= next(m for m in (1, 2, 5, 10) if high / (step * m) <= 6)
    return [round(step * n, 12) for n in range(int(high / step) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [m * 10.0**ten for ten in tens for m in (1, 2, 5)]
    return [tick for tick in ticks if low <= tick <= high]


def _text(x: float, y: float, text: str, anchor: str, size: int = 11) -> str:
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{safe}</text>'


def _curve(points: Sequence[tuple[float, float]], colour: str, width: float) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _rule(x: float, y: float, x2: float, y2: float, colour: str, dashes: str = "") -> str:
    return (
        f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-dasharray="{dashes}"/>'
    )
