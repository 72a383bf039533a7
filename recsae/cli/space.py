"""`space` on the command line: a space file checked, shown, compared, begun, and its schema."""

from pathlib import Path
from typing import Annotated, Any

import typer

from recsae.cli.output import Json, show
from recsae.sae.registry import variants

MISTAKEN = 2
"""Exit code of `check` for a file with mistakes, as of any command that is given one."""

group = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="Check a search-space file, show what it draws, compare two, begin one.",
)

File = Annotated[str, typer.Argument(metavar="FILE", help="A space file, or a shipped one.")]
Out = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write it there, not here.")
]


def add(app: typer.Typer) -> None:
    """Give an app the command."""
    app.add_typer(group, name="space")


@group.callback(invoke_without_command=True)
def _top(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@group.command()
def check(file: File, json: Json = False) -> None:
    """Tell all mistakes of a space file at once, a line each; exit code 2 if there are any."""
    from recsae.jobs.spaces import contents

    outcome = contents.check(file)
    show(outcome, json, _mistakes)
    if not outcome["valid"]:
        raise typer.Exit(MISTAKEN)


@group.command("show")
def show_space(
    file: File,
    samples: Annotated[int, typer.Option(help="Settings to draw at random.", min=0)] = 5,
    seed: Annotated[
        int | None, typer.Option(help="Seed of these; default: that of the space.", min=0)
    ] = None,
    json: Json = False,
) -> None:
    """Show what a search will draw: ranges, conditions, how many settings, and some of them."""
    from recsae.jobs.spaces import contents
    from recsae.report.answers.spaces import space_lines

    show(contents.describe(file, samples, seed), json, space_lines)


@group.command()
def diff(
    one: Annotated[str, typer.Argument(metavar="A", help="A space file, or a shipped one.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    json: Json = False,
) -> None:
    """Tell what B says otherwise than A, and whether trials of A would be trials of B too."""
    from recsae.jobs.spaces import contents

    show(contents.compare(one, other), json, _differences)


@group.command()
def init(
    model_name: Annotated[str, typer.Argument(metavar="MODEL", help=" or ".join(variants()))],
    out: Out = None,
    json: Json = False,
) -> None:
    """Begin a space file: one that runs, with a comment on every setting of the model."""
    from recsae.jobs.spaces import drafts

    show(drafts.init(model_name, out), json, _draft)


@group.command()
def schema(
    path: Annotated[bool, typer.Option("--path", help="Where it lies, for an editor.")] = False,
    out: Out = None,
    json: Json = False,
) -> None:
    """Print the JSON schema of space files, by which an editor completes and checks them."""
    from recsae.jobs.spaces import drafts

    outcome = drafts.schema(out)
    words = _path if path or out is not None else _draft
    show(outcome, json, words)


def _mistakes(outcome: dict[str, Any]) -> list[str]:
    if outcome["valid"]:
        return [f"{outcome['path']}: no mistakes"]
    return [mistake["text"] for mistake in outcome["mistakes"]]


def _differences(outcome: dict[str, Any]) -> list[str]:
    if outcome["same"]:
        return ["no difference"]
    return [
        f"{change['key']}: {_shown(change['old'])} → {_shown(change['new'])}"
        + (" (wider)" if change["widens"] else "")
        for change in outcome["changes"]
    ]


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)


def _draft(outcome: dict[str, Any]) -> list[str]:
    if outcome["path"] is None or "model_name" not in outcome:
        return str(outcome["text"]).removesuffix("\n").split("\n")
    return [f"wrote {outcome['path']}: recsae space show {outcome['path']} tells what it draws"]


def _path(outcome: dict[str, Any]) -> list[str]:
    return [outcome["path"]]
