"""What each correction of the published training does: one command, one table.

The published recipe, the same with each correction alone, the default recipe without each, and the
default: each trained from several seeds on the same states and scored on dev.

    python experiments/corrections.py --dataset ml-100k [--sae_epochs 10 --sae_k 5 --seeds 3]

Finished trainings are kept in the folder (--out), so that the command goes on where it was stopped.
"""

import csv
import io
import math
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.cli.flags import settings_flags, take, take_data
from recsae.cli.output import tell_mistakes
from recsae.errors import SettingError
from recsae.files import digest, read_json, write_json, write_whole
from recsae.interactions.settings import DataSettings, check_data
from recsae.jobs.sources import Source
from recsae.machine import device_of
from recsae.progress import meter
from recsae.recommenders.base_choice import BaseChoice
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sae.base import SAESettings, Variant
from recsae.sae.recipes import RECIPES, Recipe, corrections
from recsae.sae.registry import variant
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.settings import fields
from recsae.trial import Evaluator

MEASURES = ("fvu", "ndcg@10", "dead")
SCALE = "sae_input_scale"
STUDY = {"sae_recipe", "sae_seed", SCALE}  # what the study itself sets


class Entry(NamedTuple):
    """One line of the table: a recipe, and the line that it is held against."""

    label: str
    anchor: str
    recipe: Recipe
    changes: dict[str, Any]
    """Settings that belong to the line."""


def entries(kind: Variant) -> list[Entry]:
    """Return the lines: published, with each correction; default without each, default."""
    published, right = RECIPES["reference"], RECIPES["default"]
    chosen = [name for name in corrections() if name not in _idle(kind)]
    old, new = {"sae_recipe": "reference"}, {"sae_recipe": "default"}
    return [
        Entry("reference", "reference", published, old),
        *(
            Entry(f"reference + {name}", "reference", published.changed(name), old)
            for name in chosen
        ),
        Entry("reference + input_scale", "reference", published, {**old, SCALE: "rms"}),
        Entry("default", "default", right, new),
        *(Entry(f"default - {name}", "default", right.changed(name), new) for name in chosen),
        Entry("default + input_scale", "default", right, {**new, SCALE: "rms"}),
    ]


def _idle(kind: Variant) -> set[str]:
    """Return the corrections of what the variant does not have."""
    plain = type(kind)
    idle = {"own_term"} if plain.penalty is Variant.penalty else set()
    idle |= {"dropout"} if plain.modules is Variant.modules else set()
    return idle | ({"unit_rows", "projection"} if kind.frozen_dictionary else set())


def train_one(
    entry: Entry, kind: Variant, settings: SAESettings, activations: Activations, score: Evaluator
) -> dict[str, float]:
    """Train one line from one seed (that of the settings); return its measures on dev."""
    rows = Rows(*activations.rows(settings.sae_positions))
    run = SAETrainer(
        kind, settings, rows, order_seed=settings.sae_seed, device="cpu", recipe=entry.recipe
    )
    for _ in range(settings.sae_epochs):
        run.epoch()
    metrics = score(run.model)
    return {name: float(metrics[name]) for name in MEASURES}


def study(
    kind: Variant, given: dict[str, Any], activations: Activations, seeds: int, folder: Path
) -> dict[str, list[dict[str, float]]]:
    """Train what is not in the folder yet; return, a label, the measures of each seed."""
    path, score = folder / "trainings.json", Evaluator(activations, "dev")
    known: dict[str, dict[str, float]] = read_json(path) if path.is_file() else {}
    lines = entries(kind)
    found: dict[str, list[dict[str, float]]] = {entry.label: [] for entry in lines}
    with meter("trainings", seeds * len(lines)) as progress:
        for done, (seed, entry) in enumerate((s, e) for s in range(seeds) for e in lines):
            settings = kind.Settings.of({**given, **entry.changes, "sae_seed": seed})
            about = [activations.fingerprint, kind.name, entry.recipe.__dict__, settings.values()]
            key = f"{entry.label}, seed {seed}, {digest(about)}"
            if key not in known:
                known[key] = train_one(entry, kind, settings, activations, score)
                write_json(path, known)
            found[entry.label].append(known[key])
            progress(done + 1, entry.label)
    return found


def table(lines: list[Entry], found: dict[str, list[dict[str, float]]]) -> list[dict[str, Any]]:
    """Return a row a line: mean and sd of each measure, and of its difference to the anchor."""
    rows = []
    for entry in lines:
        row: dict[str, Any] = {"training": entry.label}
        for name in MEASURES:
            mine = [run[name] for run in found[entry.label]]
            base = [run[name] for run in found[entry.anchor]]
            paired = [a - b for a, b in zip(mine, base, strict=True)]
            row |= _spread(name, mine)
            row |= _spread(f"{name} difference", [] if entry.label == entry.anchor else paired)
        rows.append(row)
    return rows


def _spread(name: str, values: list[float]) -> dict[str, float]:
    mean = statistics.fmean(values) if values else math.nan
    sd = statistics.stdev(values) if len(values) > 1 else math.nan
    return {name: mean, f"{name} sd": sd}


def cells(row: dict[str, Any]) -> list[str]:
    """Return the row as words: mean ± sd, and the difference with its sign."""
    words = [str(row["training"])]
    for name in MEASURES:
        words.append(_pair(row[name], row[f"{name} sd"], ".4f"))
        difference = f"{name} difference"
        words.append(_pair(row[difference], row[f"{difference} sd"], "+.4f"))
    return words


def _pair(mean: float, sd: float, form: str) -> str:
    if math.isnan(mean):
        return ""
    return f"{mean:{form}}" + ("" if math.isnan(sd) else f" ± {sd:.4f}")


HEAD = ["training", *(part for name in MEASURES for part in (name, "difference"))]


def markdown(title: str, rows: Iterable[dict[str, Any]]) -> str:
    """Return the table as Markdown."""
    body = ["| " + " | ".join(cells(row)) + " |" for row in rows]
    rule = "|" + "---|" * len(HEAD)
    return "\n".join([title, "", "| " + " | ".join(HEAD) + " |", rule, *body, ""])


def write(folder: Path, title: str, rows: list[dict[str, Any]]) -> None:
    """Write corrections.csv and corrections.md."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write_whole(folder / "corrections.csv", text.getvalue())
    write_whole(folder / "corrections.md", markdown(title, rows))


def show(title: str, rows: list[dict[str, Any]]) -> None:
    """Print the table."""
    shown = Table(title=title, title_justify="left")
    for place, name in enumerate(HEAD):
        shown.add_column(name, justify="right" if place else "left", no_wrap=True)
    for row in rows:
        shown.add_row(*cells(row), end_section=row["training"].endswith("input_scale"))
    width = None if sys.stdout.isatty() else 160
    Console(width=width).print(shown)


def activations_of(given: dict[str, Any], folder: Path | None) -> Activations:
    """Return the stored states at a folder, else those that the flags lead to."""
    if folder is not None:
        for name in given:
            raise SettingError(f"--{name}", "expected it or --activations, not both")
        return Activations.open(folder)
    data = DataSettings.of(take_data(given))
    check_data(data)
    store, base = take(given, ActivationSettings), take(given, SASRecSettings)
    source = Source(data, BaseChoice.of(base), ActivationSettings.of(store))
    return source.prepare(Cache.default(), device_of("cpu")).activations


app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
@settings_flags(DataSettings, SASRecSettings, ActivationSettings, SAESettings)
def main(
    model_name: Annotated[
        str, typer.Option("--model_name", help="The variant that is trained.")
    ] = "SASRec_SAE",
    seeds: Annotated[int, typer.Option(help="Trainings a line.", min=1)] = 3,
    out: Annotated[
        Path | None, typer.Option(help="Where it is kept; default corrections/DATASET.")
    ] = None,
    activations: Annotated[
        Path | None, typer.Option(help="A folder of stored states, in place of the data's flags.")
    ] = None,
    **flags: Any,
) -> None:
    """Show what each correction of the published training does to fvu, ndcg@10 and dead on dev."""
    given = {name: value for name, value in flags.items() if value is not None}
    kind = variant(model_name)
    if kind.closed_form:
        raise SettingError(model_name, "is not trained")
    chosen = {name: given.pop(name) for name in fields(kind.Settings) if name in given}
    for name in STUDY & set(chosen):
        raise SettingError(f"--{name}", "is what the study varies")
    kind.Settings.of(chosen)
    states = activations_of(given, activations)
    folder = out or Path("corrections") / str(states.meta["dataset"])
    found = study(kind, chosen, states, seeds, folder)
    rows = table(entries(kind), found)
    settings = kind.Settings.of(chosen)
    title = (
        f"{model_name} on {states.meta['dataset']}, dev; base ndcg@10 "
        f"{states.meta['base']['metrics']['dev']['ndcg@10']:.4f}; k {settings.sae_k}, scale "
        f"{settings.sae_scale_size}, rate {settings.sae_lr:g}, batches of "
        f"{settings.sae_batch_size}, {settings.sae_epochs} epochs; mean ± sd of {seeds} seeds; "
        "differences paired by seed"
    )
    write(folder, title, rows)
    show(title, rows)


def run() -> None:
    """Run the command; a user's mistake is one line on standard error and exit code 2."""
    tell_mistakes("corrections", app)


if __name__ == "__main__":
    run()
