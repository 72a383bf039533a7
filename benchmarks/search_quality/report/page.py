"""The figures as text for README.md, and as one page with curves."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.search_quality.orders import TRAININGS as ORDER_TRAININGS
from benchmarks.search_quality.plan import OURS, STOCK, TRAININGS
from benchmarks.search_quality.report.chart import Line, chart, legend

TITLES = {
    "one": "One objective: NDCG@10",
    "two": "Two objectives: NDCG@10 and l0",
}
UNITS = {
    "one": "regret in NDCG@10 × 1e4",
    "two": "share of the best hypervolume that is missing, in %",
}
STYLE = """body{font:15px/1.5 sans-serif;max-width:1180px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;font-size:13px;margin:1em 0}td,th{padding:3px 9px;text-align:right;
border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}
.charts{display:flex;flex-wrap:wrap;gap:8px}.legend span{margin-right:1em;white-space:nowrap}"""

Rows = Sequence[Sequence[str]]


def markdown(found: dict[str, Any]) -> str:
    """Return all tables of figures as markdown."""
    parts = []
    for title, rows in sections(found):
        head, *body = rows
        lines = [_line(head), _line(["---"] + ["---:"] * (len(head) - 1)), *map(_line, body)]
        parts.append(f"**{title}**\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"


def page(found: dict[str, Any]) -> str:
    """Return the whole page as HTML without a script."""
    parts = [
        "<h1>How good searches are, on recorded curves</h1>",
        "<p>What was run and how it is judged: README.md beside this page's folder. Dashed lines "
        "are the budgets.</p>",
    ]
    for contest in TITLES:
        if contest in found:
            parts.append(f"<h2>{TITLES[contest]}</h2><p>{UNITS[contest]}, mean over seeds</p>")
            parts.append(_charts(found, contest))
    for title, rows in sections(found):
        parts.append(f"<h3>{html.escape(title)}</h3>{_table(rows)}")
    inside = "\n".join(parts)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Search quality</title>'
        f"<style>{STYLE}</style>\n{inside}\n</html>\n"
    )


def sections(found: dict[str, Any]) -> Iterable[tuple[str, Rows]]:
    """Yield each table of figures: its title and its rows, the head first."""
    if "orders" in found:
        title = "Recorded settings in random orders, NDCG@10 × 1e4 of the answer by other seeds"
        yield f"{title} [95 %]", _orders(found["orders"])
    for contest, title in TITLES.items():
        if contest in found:
            own = found[contest]
            yield f"{title}: {UNITS[contest]} [95 %]", _missed(found, contest)
            for rival, figures in own["against"].items():
                if figures:
                    yield f"{title}: against {rival}", _against(figures)
    if "tables" in found:
        yield from _facts(found)


def _facts(found: dict[str, Any]) -> Iterable[tuple[str, Rows]]:
    yield "The tables", _tables(found)
    yield "Score and FVU after the last epoch, recorded and simulated", _likeness(found)
    yield "The surrogate's error, each setting left out: Spearman, RMSE", _errors(found)


def _orders(own: dict[str, Any]) -> Rows:
    """Return a row for each table and budget: the first way's value, what others have more."""
    ways = list(next(iter(own.values()))["ways"])
    others = [f"{way}: more" for way in ways[1:]]
    rows = [["table, trainings", f"stopped, chosen by: {ways[0]}", *others, "best, by fresh seeds"]]
    for table, figures in own.items():
        for place, count in enumerate(ORDER_TRAININGS):
            first, *rest = figures["ways"].values()
            more = [_interval(one["more"][place]) for one in rest]
            cells = [_interval(first["value"][place]), *more, f"{figures['best']:.1f}"]
            rows.append([f"{table}, {count}", *cells])
    return rows


def _missed(found: dict[str, Any], contest: str) -> Rows:
    tables = list(found["tables"])
    budgets = [f"{table} ×{count}" for table in tables for count in TRAININGS]
    rows = [["method", *budgets, "mean rank", "trials", "model, CPU s"]]
    for name, own in found[contest]["methods"].items():
        cells = [_interval(one) for table in tables for one in own["missed"][table]]
        spent = [f"{own['trials']:.0f}", f"{own['thinking_seconds']:.1f}"]
        rows.append([name, *cells, _interval(own["rank"], 2), *spent])
    return rows


def _against(own: dict[str, Any]) -> Rows:
    """Return a column for each method: its share of the rival's time, and what it misses more."""
    rows = [["table and budget", *(f"{method}: time; misses more" for method in own)]]
    rows.append(["all, mean", *map(_time_and_more, own.values())])
    for place in next(iter(own.values()))["each"]:
        rows.append([place, *(_time_and_more(one["each"][place]) for one in own.values())])
    return rows


def _time_and_more(one: dict[str, Any]) -> str:
    return f"{_interval(one['time_ratio'], 2)}; {_interval(one['missed_more'])}"


def _tables(found: dict[str, Any]) -> Rows:
    head = ["table", "settings, of them with fresh seeds", "seeds", "budgets, s"]
    told = "NDCG@10 recorded: least, median, most"
    rows = [[*head, told, "best by the surrogate", "seed noise × 1e4"]]
    for name, own in found["tables"].items():
        rows.append(
            [
                name,
                f"{own['settings']}, {own['fresh']}",
                str(own["seeds"]),
                _join(own["budgets"], 0),
                _join(own["recorded"], 4),
                f"{own['best']:.4f}",
                f"{own['seed_noise']:.1f}",
            ]
        )
    return rows


def _likeness(found: dict[str, Any]) -> Rows:
    """Return a row for each table: recorded, and simulated."""
    titles = {
        "noise_correlation": "correlation of the noise of score and FVU",
        "noise": "noise of the score × 1e4",
        "means": "rank correlation of means",
        "better": "in the better half",
        "left": "deviation from a line in log FVU × 1e4",
    }
    rows = [["table", *(f"{title}: recorded, simulated" for title in titles.values())]]
    for name, own in found["tables"].items():
        pairs = [[own["likeness"][k][key] for k in ("recorded", "simulated")] for key in titles]
        big = [key in ("noise", "left") for key in titles]
        cells = [
            _join((value * (1e4 if large else 1) for value in pair), 1 if large else 2)
            for pair, large in zip(pairs, big, strict=True)
        ]
        rows.append([name, *cells])
    return rows


def _errors(found: dict[str, Any]) -> Rows:
    """Return a row for each table and epoch: Spearman and RMSE of each way to predict."""
    first = next(iter(found["tables"].values()))["errors"]
    ways = list(dict.fromkeys(one["way"] for one in first))
    rows = [["table", "of", *ways, "noise of a seed", "of the means", "spread"]]
    for name, own in found["tables"].items():
        cells: dict[tuple[str, int], dict[str, Any]] = {}
        for one in own["errors"]:
            cells.setdefault((one["what"], one["epoch"]), {})[one["way"]] = one
        for (what, epoch), by_way in cells.items():
            ndcg = what == "ndcg@10"
            title = f"NDCG@10 × 1e4, epoch {epoch}" if ndcg else "log seconds of a training"
            scale, digits = (1e4, 1) if ndcg else (1.0, 2)
            texts = [
                f"{by_way[way]['spearman']:.2f}, {by_way[way]['rmse'] * scale:.{digits}f}"
                for way in ways
            ]
            known = by_way[ways[0]]
            noise = [known[key] for key in ("seed_noise", "mean_noise", "spread")]
            rows.append([name, title, *texts, *(f"{one * scale:.{digits}f}" for one in noise)])
    return rows


def _charts(found: dict[str, Any], contest: str) -> str:
    own = found[contest]["curves"]
    names = list(next(iter(own.values())))
    drawn = []
    for table, methods in own.items():
        lines = [
            Line(n, list(zip(m["at"], m["missed"], strict=True)), n in (OURS, STOCK))
            for n, m in methods.items()
        ]
        marks = dict(zip(map(str, TRAININGS), found["tables"][table]["budgets"], strict=True))
        drawn.append(chart(table, lines, "simulated seconds", "", marks))
    return f'{legend(names)}<div class="charts">{"".join(drawn)}</div>'


def _table(rows: Rows) -> str:
    head, *body = ([html.escape(cell) for cell in row] for row in rows)
    cells = "".join(f"<th>{cell}</th>" for cell in head)
    lines = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in body)
    return f"<table><tr>{cells}</tr>{lines}</table>"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _interval(figures: Sequence[float], digits: int = 1) -> str:
    value, low, high = (f"{figure:.{digits}f}" for figure in figures)
    return f"{value} [{low}, {high}]"


def _join(figures: Iterable[float], digits: int) -> str:
    return ", ".join(f"{figure:.{digits}f}" for figure in figures)
