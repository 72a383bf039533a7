"""The commands that use a model: encode, recommend, explain, steer, export; audit."""

from pathlib import Path
from typing import Annotated

import typer

from recsae.cli.output import Device, Json, Storage, show, show_tables

Model = Annotated[
    str, typer.Argument(metavar="RUN", help="A run, or a saved model: name, fingerprint or path.")
]
Trial = Annotated[
    int | None, typer.Option(help="Of a run with several best models: which one.", min=0)
]
K = Annotated[
    int | None, typer.Option("--sae_k", help="Keep so many latents; default: its own k.", min=1)
]
Split = Annotated[
    str,
    typer.Option(
        help="Stored histories: before the target of dev or test, or all events of a user."
    ),
]
User = Annotated[
    list[str] | None, typer.Option(help="An id of the data; may be given several times.")
]
File = Annotated[
    str | None,
    typer.Option("--histories", metavar="FILE", help="A log of any format instead of stored ones."),
]
Items = Annotated[int, typer.Option("--k", help="Items a user.", min=1)]
Seen = Annotated[bool, typer.Option("--seen", help="Rank items of the history too.")]
Out = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write .parquet or .csv.")
]


def encode(
    run: Model,
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help="Where to: .parquet or .csv.")
    ],
    split: Annotated[
        str,
        typer.Option(
            help="Stored histories: before the target of dev or test, all events of a user, or "
            "train: after each event that a training item follows."
        ),
    ] = "test",
    user: User = None,
    histories: File = None,
    trial: Trial = None,
    sae_k: K = None,
    storage: Storage = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Write the codes of users: user, row, events of the history, latent, value.

    A row an active latent.
    """
    # Loads torch, which --help does without; so below.
    from recsae.jobs.models import answers

    which = answers.Which(run, trial, sae_k, storage, device)
    whose = answers.Whose(split, user or (), histories)
    show(answers.encode(which, whose, out), json)


def recommend(
    run: Model,
    split: Split = "test",
    user: User = None,
    histories: File = None,
    k: Items = 10,
    seen: Seen = False,
    out: Out = None,
    trial: Trial = None,
    sae_k: K = None,
    storage: Storage = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Rank items for users with the autoencoder, beside the ranks that the base gives them."""
    from recsae.jobs.models import answers

    which = answers.Which(run, trial, sae_k, storage, device)
    whose = answers.Whose(split, user or (), histories)
    outcome = answers.recommend(which, whose, k, out, seen=seen)
    if json:
        return show(outcome, True)
    from recsae.cli.inference_tables import recommendation_tables

    return show_tables(*recommendation_tables(outcome))


def explain(
    run: Model,
    latent: Annotated[int | None, typer.Option(help="Tell all of one latent.")] = None,
    top: Annotated[int, typer.Option(help="Latents to show, most active first.", min=1)] = 20,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page of all latents and some users."),
    ] = None,
    user: Annotated[
        list[str] | None, typer.Option(help="For --html: these users; may be given several times.")
    ] = None,
    out: Out = None,
    trial: Trial = None,
    sae_k: K = None,
    storage: Storage = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Tell what latents do on train and dev: how often, with which items and attributes.

    Scores of concepts stand beside those of what needs no training.
    """
    from recsae.jobs.models import answers

    which = answers.Which(run, trial, sae_k, storage, device)
    outcome = answers.explain(which, latent, out, answers.Page(html, user or ()))
    if json:
        return show(outcome, True)
    from recsae.cli.inference_tables import latent_tables

    return show_tables(*latent_tables(outcome, top))


def steer(
    run: Model,
    latent: Annotated[int, typer.Option(help="The latent.")],
    by: Annotated[float, typer.Option(help="What is added to its value; none falls below 0.")],
    split: Split = "dev",
    user: User = None,
    histories: File = None,
    k: Items = 10,
    seen: Seen = False,
    out: Out = None,
    trial: Trial = None,
    sae_k: K = None,
    storage: Storage = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Tell how rankings change when a latent is raised or lowered."""
    from recsae.jobs.models import answers

    which = answers.Which(run, trial, sae_k, storage, device)
    whose = answers.Whose(split, user or (), histories)
    outcome = answers.steer(which, whose, latent, by, k, out, seen=seen)
    if json:
        return show(outcome, True)
    from recsae.cli.inference_tables import steering_tables

    return show_tables(*steering_tables(outcome))


def export(
    run: Model,
    layout: Annotated[
        str,
        typer.Option(
            "--format", help="sparsify or saelens, for that library; hub: a folder with a card."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="A new folder; default: RUN-FORMAT here."),
    ] = None,
    trial: Trial = None,
    sae_k: K = None,
    storage: Storage = None,
    json: Json = False,
) -> None:
    """Write a model for another library, or as a folder to hand on.

    (The trials of a run go to optuna-dashboard by `recsae results export`.)
    """
    from recsae.jobs.models import answers
    from recsae.jobs.models import export as jobs

    show(jobs.export(answers.Which(run, trial, sae_k, storage), layout, out), json)


def audit(
    states: Annotated[
        str,
        typer.Argument(
            metavar="STATES", help="A run, model or base, for its dev states; or a .npy file."
        ),
    ],
    model: Annotated[
        str, typer.Option(metavar="MODULE:NAME", help="What makes the autoencoder; it is called.")
    ],
    weights: Annotated[
        str | None, typer.Option(metavar="FILE", help="What it is called with.")
    ] = None,
    storage: Storage = None,
    json: Json = False,
) -> None:
    """Tell whether an autoencoder from elsewhere leaks: whether it lives by its code."""
    from recsae.jobs.models import audit as jobs

    show(jobs.audit(states, model, weights, storage=storage), json)
