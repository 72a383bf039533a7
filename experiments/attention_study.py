"""What can attention that sees the code alone add to a linear decoder? One command, one table.

At equal k: the linear decoder; a linear one whose larger dictionary has as many parameters as
attention; attention over the code's active atoms, with few heads and with many; with a learned
query in place of the linear reconstruction; over the base's items; the published attention; and
attention over the code plus the user's last item. The last two see more than the code, and the
audit must say so.

    python experiments/attention_study.py --dataset ml-100k [--k 4 --k 16 --heads 4 --heads 16]

Finished trainings are kept in the folder (--out), so that the command goes on where it was stopped.
"""

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pandas as pd
import typer
from attention_decoders import LastItem, LearnedQuery, OverItems
from corrections import activations_of

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cli.flags import settings_flags, take
from recsae.cli.output import tell_mistakes
from recsae.errors import SettingError
from recsae.files import digest, read_json, write_json, write_whole
from recsae.interactions.settings import DataSettings
from recsae.progress import meter
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sae.base import SAESettings, Variant
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.sae.variants.attention import Attention, AttentionSettings
from recsae.sae.variants.topk import TopK
from recsae.trial import Evaluator

MEASURES = ("fvu", "ndcg@10", "share", "fvu_zeroed", "leak_share", "leak")
STUDY = {"sae_k", "sae_lr", "sae_seed", "sae_attn_mode", "sae_attn_heads"}
SIZES = {"sae_scale_size": 8, "sae_epochs": 9, "sae_batch_size": 1024}
LINEAR, WIDE = "linear", "linear, as many parameters"


class Line(NamedTuple):
    """One line of the table."""

    label: str
    variant: Variant
    own: dict[str, Any]
    """Settings that belong to the line."""


def lines(
    activations: Activations, scale: int, heads: list[int], leaking: bool = True
) -> list[Line]:
    """Return the lines of a table, linear ones first, those that see more than the code last."""
    width = activations.meta["width"]
    wide = scale + round((4 * width**2 + 4 * width) / (width * (2 * width + 1)))
    code = {"sae_scale_size": scale, "sae_attn_mode": "code", "sae_attn_heads": heads[0]}
    sound = [
        Line(LINEAR, TopK(), {"sae_scale_size": scale}),
        Line(WIDE, TopK(), {"sae_scale_size": wide}),
        *(
            Line(f"attention, code, {count} heads", Attention(), {**code, "sae_attn_heads": count})
            for count in heads
        ),
        Line("attention, code, learned query", LearnedQuery(), code),
        Line("attention, code over all items", OverItems(activations), code),
    ]
    if not leaking:
        return sound
    return [
        *sound,
        Line("attention, published", Attention(), {**code, "sae_attn_mode": "published"}),
        Line("attention, code and last item", LastItem(activations), code),
    ]


def train_one(
    line: Line, settings: SAESettings, activations: Activations, score: Evaluator
) -> dict[str, float]:
    """Train one line at the settings; return its measures on dev, and its number of parameters."""
    rows = Rows(*activations.rows(settings.sae_positions))
    run = SAETrainer(line.variant, settings, rows, order_seed=settings.sae_seed, device="cpu")
    for _ in range(settings.sae_epochs):
        run.epoch()
    metrics = score(run.model)
    measures = {name: float(metrics[name]) for name in MEASURES}
    return measures | {"parameters": sum(p.numel() for p in run.model.parameters())}


class Plan(NamedTuple):
    """What is trained: every line at every k, rate and seed."""

    ks: list[int]
    rates: list[float]
    seeds: int
    given: dict[str, Any]

    def settings(self, line: Line, k: int, rate: float, seed: int) -> SAESettings:
        """Return the settings of one training."""
        own = {"sae_k": k, "sae_lr": rate, "sae_seed": seed, **line.own}
        kind: type[SAESettings] = line.variant.Settings
        return kind.of({**{n: v for n, v in self.given.items() if n in kind.model_fields}, **own})

    def trainings(self, all_lines: list[Line]) -> Iterator[tuple[Line, int, float, int]]:
        """Yield each training; all lines of one seed before the next."""
        for seed in range(self.seeds):
            for k in self.ks:
                for rate in self.rates:
                    yield from ((line, k, rate, seed) for line in all_lines)


Found = dict[tuple[str, int, float], list[dict[str, float]]]


def study(plan: Plan, all_lines: list[Line], activations: Activations, folder: Path) -> Found:
    """Train what is not in the folder yet; return the measures of each seed."""
    path, score = folder / "trainings.json", Evaluator(activations, "dev")
    known: dict[str, dict[str, float]] = read_json(path) if path.is_file() else {}
    todo, found = list(plan.trainings(all_lines)), Found()
    with meter("trainings", len(todo)) as progress:
        for done, (line, k, rate, seed) in enumerate(todo):
            settings = plan.settings(line, k, rate, seed)
            about = digest(activations.fingerprint, line.label, settings.values())
            key = f"{line.label}, k {k}, rate {rate:g}, seed {seed}, {about}"
            if key not in known:
                known[key] = train_one(line, settings, activations, score)
                write_json(path, known)
            found.setdefault((line.label, k, rate), []).append(known[key])
            progress(done + 1, line.label)
    return found


def table(plan: Plan, all_lines: list[Line], found: Found) -> list[dict[str, Any]]:
    """Return a row a line and k, each at its best rate, with differences paired by seed."""
    rows = []
    for k in plan.ks:
        best = {line.label: _best(found, line.label, k, plan.rates) for line in all_lines}
        for line in all_lines:
            rate, runs = best[line.label]
            size = int(runs[0]["parameters"])
            row = {"k": k, "decoder": line.label, "rate": rate, "parameters": size}
            for name in ("fvu", "ndcg@10", "share"):
                row |= _spread(name, [run[name] for run in runs])
            for name, anchor in (("fvu", LINEAR), ("fvu", WIDE), ("ndcg@10", WIDE)):
                pairs = zip(runs, best[anchor][1], strict=True)
                row |= _spread(f"{name} - {anchor}", [a[name] - b[name] for a, b in pairs])
            for name in ("fvu_zeroed", "leak_share"):
                row[name] = statistics.fmean(run[name] for run in runs)
            row["leak"] = "leak" if any(run["leak"] for run in runs) else "no"
            rows.append(row)
    return rows


def _best(
    found: Found, label: str, k: int, rates: list[float]
) -> tuple[float, list[dict[str, float]]]:
    """Return the rate with the least mean fvu on dev, the same rule for every line."""
    rate = min(rates, key=lambda r: statistics.fmean(run["fvu"] for run in found[label, k, r]))
    return rate, found[label, k, rate]


def _spread(name: str, values: list[float]) -> dict[str, float]:
    sd = statistics.stdev(values) if len(values) > 1 else 0.0
    return {name: statistics.fmean(values), f"{name} sd": sd}


DIFFERENCES = (f"fvu - {LINEAR}", f"fvu - {WIDE}", f"ndcg@10 - {WIDE}")
HEAD = (
    *("k", "decoder", "parameters", "fvu", "- linear", "- as many"),
    *("ndcg@10", "- as many", "share", "fvu, no code", "leak"),
)


def cells(row: dict[str, Any]) -> list[str]:
    """Return a row as words."""
    linear, many, ndcg = (f"{row[n]:+.4f} ± {row[f'{n} sd']:.4f}" for n in DIFFERENCES)
    fvu, score = (f"{row[n]:.4f} ± {row[f'{n} sd']:.4f}" for n in ("fvu", "ndcg@10"))
    words = [str(row["k"]), row["decoder"], f"{row['parameters']:,}", fvu, linear, many, score]
    return [*words, ndcg, f"{row['share']:.3f}", f"{row['fvu_zeroed']:.3f}", row["leak"]]


def write(folder: Path, title: str, rows: list[dict[str, Any]]) -> str:
    """Write attention.csv and attention.md; return the latter's text."""
    write_whole(folder / "attention.csv", pd.DataFrame(rows).to_csv(index=False))
    body = ["| " + " | ".join(words) + " |" for words in (HEAD, *map(cells, rows))]
    body.insert(1, "|" + "---|" * len(HEAD))
    words = "\n".join([title, "", *body, ""])
    write_whole(folder / "attention.md", words)
    return words


app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
@settings_flags(DataSettings, SASRecSettings, ActivationSettings, AttentionSettings)
def main(
    k: Annotated[list[int], typer.Option(help="Active latents; may be repeated.")] = [8],  # noqa: B006
    heads: Annotated[list[int], typer.Option(help="Heads over the code.")] = [4, 16],  # noqa: B006
    rate: Annotated[list[float], typer.Option(help="Learning rates to choose from.")] = [3e-3],  # noqa: B006
    seeds: Annotated[int, typer.Option(help="Trainings a line.", min=1)] = 3,
    leaking: Annotated[bool, typer.Option(help="Train the lines that must leak, too.")] = True,
    out: Annotated[Path | None, typer.Option(help="Default: attention/DATASET.")] = None,
    activations: Annotated[
        Path | None, typer.Option(help="A folder of stored states, in place of the data's flags.")
    ] = None,
    **flags: Any,
) -> None:
    """Compare decoders that see the code alone, at equal k and equal parameters, on dev."""
    given = {name: value for name, value in flags.items() if value is not None}
    chosen: dict[str, Any] = {**SIZES, "sae_attn_dropout": 0.0} | take(given, AttentionSettings)
    for name in STUDY & set(chosen):
        raise SettingError(f"--{name}", "is what the study varies")
    states = activations_of(given, activations)
    plan = Plan(k, rate, seeds, chosen)
    all_lines = lines(states, chosen["sae_scale_size"], heads, leaking)
    folder = out or Path("attention") / str(states.meta["dataset"])
    rows = table(plan, all_lines, study(plan, all_lines, states, folder))
    title = (
        f"{states.meta['dataset']}, dev; base ndcg@10 "
        f"{states.meta['base']['metrics']['dev']['ndcg@10']:.4f}; width {states.meta['width']}, "
        f"scale {chosen['sae_scale_size']}, {chosen['sae_epochs']} epochs; mean ± sd of {seeds} "
        f"seeds; differences paired by seed"
    )
    sys.stdout.write(write(folder, title, rows))


if __name__ == "__main__":
    tell_mistakes("attention_study", app)
