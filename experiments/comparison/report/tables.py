"""The outcome as tables: models and contrasts, for a terminal, CSV and Markdown; no torch, no ray.

Everything here is made of the values of comparison.json.
"""

import io
import math
from typing import Any, NamedTuple

import pandas as pd

from recsae.report.formats import NOTHING

LEAK_MARK = " (leak)"


class Column(NamedTuple):
    """A column of the table of models: its head and where its figure lies in a line."""

    head: str
    path: tuple[str, ...]
    digits: int = 4


FIGURES = (
    Column("dev NDCG@10", ("dev", "ndcg@10")),
    Column("NDCG@10", ("test", "all", "ndcg@10")),
    Column("sparse users", ("test", "sparse_users", "ndcg@10")),
    Column("cold HR@50", ("test", "cold_items", "hr@50")),
    Column("cold rank", ("test", "cold_items", "percentile"), 3),
    Column("AUC latent", ("test", "all", "auc_latent"), 3),
    Column("AUC probe", ("test", "all", "auc_probe"), 3),
    Column("FVU", ("dev", "fvu"), 3),
    Column("FVU code", ("dev", "fvu_code"), 3),
    Column("dead", ("dev", "dead"), 3),
)
PLAIN_FIGURES = (
    Column("agreement", ("agreement", "cosine_alive"), 3),
    Column("search's dev", ("curse", "search")),
    Column("fresh dev", ("curse", "fresh")),
)


def figure(line: dict[str, Any], path: tuple[str, ...]) -> Any:
    """Return what lies at a path in a line, None where there is nothing."""
    value: Any = line
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def models_table(dataset: dict[str, Any]) -> pd.DataFrame:
    """Return a data set's models as texts: mean ± standard deviation over trainings."""
    rows = []
    for line in dataset["lines"]:
        row = {"model": model_name(line), "tuned in": line["budget"] or NOTHING}
        for column in FIGURES:
            row[column.head] = _mean_and_sd(figure(line, column.path), column.digits)
        for column in PLAIN_FIGURES:
            row[column.head] = number(figure(line, column.path), column.digits)
        rows.append(row)
    return pd.DataFrame(rows)


def model_name(line: dict[str, Any]) -> str:
    """Return a line's model, with a mark if it leaks."""
    return f"{line['model']}{LEAK_MARK if line['leak'] else ''}"


def leaking_models(found: dict[str, Any]) -> set[str]:
    """Return the models that leak on any data set."""
    lines = [line for dataset in found["datasets"].values() for line in dataset["lines"]]
    return {line["model"] for line in lines if line["leak"]}


def contrasts_table(found: dict[str, Any], everything: bool = True) -> pd.DataFrame:
    """Return the contrasts as texts; `everything` False: only those that are tests."""
    leaking = leaking_models(found)
    shown = [row for row in found["contrasts"] if everything or row["in_family"]]
    return pd.DataFrame(
        [
            {
                "data": row["dataset"],
                "tuned in": row["budget"],
                "contrast": contrast_name(row, leaking),
                "group": row["group"],
                "n": f"{row['n']:,}",
                "measure": row["measure"],
                "difference": signed(row["mean"]),
                "95 % interval": f"{signed(row['low'])} … {signed(row['high'])}",
                "± users": number(row["users"]),
                "± seeds": number(row["seeds"]),
                "± bases": number(row["bases"]),
                "p Holm": number(row["p_holm"], 3),
                "verdict": row["verdict"] or NOTHING,
            }
            for row in shown
        ]
    )


def contrast_name(row: dict[str, Any], leaking: set[str]) -> str:
    """Return `variant − reference`, the variant marked if it leaks."""
    mark = LEAK_MARK if row["variant"] in leaking else ""
    return f"{row['variant']}{mark} − {row['reference']}"


def number(value: Any, digits: int = 4) -> str:
    """Return a number, or a dash for nothing."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:.{digits}f}"


def signed(value: float) -> str:
    """Return a difference with its sign."""
    return f"{value:+.4f}"


def _mean_and_sd(value: Any, digits: int) -> str:
    if value is None:
        return NOTHING
    sd = number(value["sd"], digits)
    return number(value["mean"], digits) + ("" if sd == NOTHING else f" ± {sd}")


def flat_lines(found: dict[str, Any]) -> pd.DataFrame:
    """Return every figure of every model in a long table: for further work, as numbers."""
    rows = []
    for name, dataset in found["datasets"].items():
        for line in dataset["lines"]:
            head = {"dataset": name, "model": line["model"], "budget": line["budget"]}
            head |= {"leak": line["leak"], "trainings": line["trainings"]}
            for measure, value in line["dev"].items():
                rows.append({**head, "split": "dev", "group": "all", "measure": measure, **value})
            for group, figures in line["test"].items():
                for measure, value in figures.items():
                    rows.append(
                        {**head, "split": "test", "group": group, "measure": measure, **value}
                    )
    return pd.DataFrame(rows)


def markdown(found: dict[str, Any]) -> str:
    """Return the whole outcome as a Markdown text."""
    out = io.StringIO()
    out.write("# Variants compared\n\n")
    for line in head_lines(found):
        out.write(f"{line}\n\n")
    for name, dataset in found["datasets"].items():
        out.write(f"## {name}\n\n{dataset['protocol']}\n\n")
        out.write(_markdown_table(models_table(dataset)) + "\n")
    out.write(f"## Contrasts\n\n{family_line(found)}\n\n")
    out.write(_markdown_table(contrasts_table(found)))
    return out.getvalue()


def head_lines(found: dict[str, Any]) -> list[str]:
    """Return what must be known before any figure is read."""
    lines = []
    if found["quick"]:
        lines.append("QUICK RUN: it shows that everything works, and claims nothing.")
    elif not found["final"]:
        lines.append("Too few bases or seeds for verdicts: differences are shown without them.")
    leaking = sorted(leaking_models(found))
    if leaking:
        lines.append(
            f"{', '.join(leaking)}: marked as a leak. The audit finds that the reconstruction does "
            "not come from the code alone, so its ranking figures say nothing of the code."
        )
    return [*lines, *found["words"]]


def family_line(found: dict[str, Any]) -> str:
    """Say which tests were corrected together."""
    return (
        f"One family of {found['family']} tests: "
        "all contrasts with a p value, of all data sets and both budgets of this run. "
        "± are standard errors of the mean: of users, of SAE seeds, of bases."
    )


def _markdown_table(frame: pd.DataFrame) -> str:
    rows = [list(frame.columns), ["---"] * len(frame.columns), *frame.to_numpy().tolist()]
    return "".join("| " + " | ".join(str(cell) for cell in row) + " |\n" for row in rows)
