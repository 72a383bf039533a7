"""The commands that make models: pretrain, train, import."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from recsae.activations.settings import ActivationSettings
from recsae.cli.flags import positive_or_auto, refuse_rest, settings_flags, take, take_data
from recsae.cli.output import Device, Json, show
from recsae.errors import SettingError, unknown_name
from recsae.interactions.settings import DataSettings, check_data
from recsae.recommenders.base_choice import BaseChoice
from recsae.recommenders.counts import BASELINES
from recsae.recommenders.registry import SASREC, base_settings
from recsae.sae.registry import variant, variants
from recsae.settings import Settings

MODELS = [*base_settings(), *variants(), *BASELINES]
SHARED: tuple[type[Settings], ...] = (
    DataSettings,
    *base_settings().values(),
    ActivationSettings,
)
DATA_FORMAT = {"format": "data_format"}
"""In `import`, where --format is that of the checkpoint."""

Seed = Annotated[
    int | None,
    typer.Option(help="Of a base: its base_seed. Of an autoencoder: data order.", min=0),
]
Preset = Annotated[
    str | None,
    typer.Option(
        help="base: what its settings follow where no flag says more: default, the published ones, "
        "or best, chosen by rule from the size of the data."
    ),
]
BaseFlag = Annotated[
    str | None,
    typer.Option("--base", help="Take this base, by name, fingerprint or folder, and its data."),
]

BaseModel = Annotated[
    str | None,
    typer.Option(
        "--base_model", help=f"The recommender to explain: {' or '.join(base_settings())}."
    ),
]


@settings_flags(*SHARED)
def pretrain(
    base_model: BaseModel = None,
    seed: Seed = None,
    preset: Preset = None,
    base: BaseFlag = None,
    device: Device = None,
    json: Json = False,
    **flags: Any,
) -> None:
    """Train the shared base, or find it in the cache, and store its states."""
    given = _Given.of(flags, base_model, preset, base)
    show(_train_base(given, seed, device), json, _in_lines)


@settings_flags(*SHARED, *(kind.Settings for kind in variants().values()))
def train(
    model_name: Annotated[str, typer.Option("--model_name", help=" or ".join(MODELS))],
    sae_train: Annotated[
        int,
        typer.Option("--sae_train", min=0, max=1, help="0: evaluate the saved model instead."),
    ] = 1,
    base_model: BaseModel = None,
    seed: Seed = None,
    preset: Preset = None,
    base: BaseFlag = None,
    device: Device = None,
    json: Json = False,
    **flags: Any,
) -> None:
    """Train one model and report it on dev and test."""
    if model_name not in MODELS:
        raise SettingError("--model_name", unknown_name(model_name, MODELS))
    if model_name in base_settings():
        if base_model not in (None, model_name):
            message = f"expected it or --model_name {model_name}, which is a base"
            raise SettingError("--base_model", message)
        # Else a base that is given by name could not be trained as what it is.
        base_model = model_name if base is None and model_name != SASREC else base_model
    given = _Given.of(flags, base_model, preset, base)
    if not sae_train and model_name not in variants():
        raise SettingError(
            "--sae_train", f"not a setting of {model_name}; `evaluate` scores a base"
        )
    if model_name in BASELINES:
        if seed is not None:
            raise SettingError("--seed", f"not a setting of {model_name}, which draws nothing")
        return show(_score_baseline(model_name, given, device), json, _in_lines)
    if model_name in base_settings():
        return show(_train_base(given, seed, device), json, _in_lines)
    outcome = _train_sae(model_name, given, seed, device, training=bool(sae_train))
    return show(outcome, json, _in_lines)


Checkpoint = Annotated[
    str, typer.Argument(metavar="FILE", help="A checkpoint; its code never runs.")
]
NewName = Annotated[str, typer.Option(help="What it is called from now on.")]
FileFormat = Annotated[
    str, typer.Option("--format", help="rechorus: its checkpoint; states: arrays.")
]
NumHeads = Annotated[
    int | None,
    typer.Option("--num_heads", help="Attention heads; default: as the file's name says.", min=1),
]
MaxLen = Annotated[
    str, typer.Option("--max_len", help="Most recent items it sees; auto: as many as it can.")
]
Dropout = Annotated[
    float | None, typer.Option(help="Of its training, for views by dropout; default 0.2.")
]
SAEK = Annotated[
    int | None,
    typer.Option(
        "--sae_k", help="Active latents of its autoencoder; default: as the file's name says."
    ),
]
SAEHeads = Annotated[
    int | None,
    typer.Option(
        "--sae_attn_heads",
        help="Heads of its attention, if it has any; default: as the file's name says.",
        min=1,
    ),
]
BaseOfSAE = Annotated[
    str | None, typer.Option("--base", help="The base of an autoencoder that comes alone.")
]


@settings_flags(DataSettings, renamed=DATA_FORMAT)
def import_(
    file: Checkpoint,
    name: NewName,
    file_format: FileFormat = "rechorus",
    num_heads: NumHeads = None,
    max_len: MaxLen = "auto",
    dropout: Dropout = None,
    sae_k: SAEK = None,
    sae_attn_heads: SAEHeads = None,
    base: BaseOfSAE = None,
    device: Device = None,
    json: Json = False,
    **flags: Any,
) -> None:
    """Make a SASRec of ReChorus, or an autoencoder of RecSAE, a model like any other."""
    if file_format == "states":
        given = {"num_heads": num_heads, "dropout": dropout, "sae_k": sae_k, "base": base, **flags}
        given |= {"sae_attn_heads": sae_attn_heads, "max_len": None if max_len == "auto" else 1}
        for flag, value in given.items():
            if value is not None:
                raise SettingError(f"--{flag}", "not with --format states, which say all")
        from recsae.jobs.models.own_states import import_states

        show(import_states(file, name, device=device), json, _in_lines)
        return
    longest = positive_or_auto("--max_len", max_len)
    data = take_data(flags, DATA_FORMAT)
    # Loads torch: mistakes in flags are told before, --help does without.
    from recsae.jobs.import_models import import_file
    from recsae.jobs.import_names import Wanted

    wanted = Wanted(name, file_format, num_heads, longest, dropout, sae_k, sae_attn_heads, base)
    show(import_file(file, wanted, data, device=device), json, _in_short)


def _in_short(outcome: dict[str, Any]) -> list[str]:
    """Return an import's outcome as lines, with a count of the keys that were left out."""
    left = outcome["ignored"]
    words = f"{len(left)} keys that no score depends on ({left[0]}, …)" if left else "nothing"
    return _in_lines({**outcome, "ignored": words})


def _in_lines(outcome: dict[str, Any]) -> list[str]:
    from recsae.report.model_lines import (
        model_lines,  # loads what draws pages, which takes a second
    )

    return model_lines(outcome)


@dataclass
class _Given:
    """What the flags say, sorted by whose setting it is; `rest` are those of the model."""

    data: dict[str, Any]
    base: dict[str, Any]
    store: ActivationSettings
    rest: dict[str, Any]

    @classmethod
    def of(
        cls, flags: dict[str, Any], base_model: str | None, preset: str | None, base: str | None
    ) -> "_Given":
        given = {name: value for name, value in flags.items() if value is not None}
        about = {"model_name": base_model, "preset": preset, "checkpoint": base}
        chosen = {name: value for name, value in about.items() if value is not None}
        data = take_data(given)
        if base is None:
            check_data(DataSettings.of(data))
        for kind in base_settings().values():
            chosen |= take(given, kind)
        return cls(data, chosen, ActivationSettings.of(take(given, ActivationSettings)), given)

    def source(self, choice: BaseChoice) -> Any:
        from recsae.cache import Cache
        from recsae.jobs.sources import source_of

        return source_of(self.data, choice, self.store, Cache.default())


def _train_base(given: _Given, seed: int | None, device: str | None) -> dict[str, Any]:
    if seed is not None and given.base.setdefault("base_seed", seed) != seed:
        raise SettingError("--seed", "expected it or --base_seed, which it means for a base")
    refuse_rest(given.rest, given.base.get("model_name", SASREC))
    choice = BaseChoice.of(given.base)
    # Loads torch, see `import_`.
    from recsae.jobs import training as jobs

    return jobs.pretrain(given.source(choice), device=device)


def _train_sae(
    model_name: str, given: _Given, seed: int | None, device: str | None, *, training: bool
) -> dict[str, Any]:
    kind = variant(model_name).Settings
    settings = kind.of(take(given.rest, kind))
    refuse_rest(given.rest, model_name)
    choice = BaseChoice.of(given.base)
    if choice.width is not None:
        settings.check_width(choice.width)
    from recsae.jobs import training as jobs

    job = jobs.train if training else jobs.evaluate_saved
    return job(model_name, settings, given.source(choice), seed=seed or 0, device=device)


def _score_baseline(name: str, given: _Given, device: str | None) -> dict[str, Any]:
    for flag in (*given.base, *given.rest):
        known = {"checkpoint": "base"}.get(flag, flag)
        raise SettingError(f"--{known}", f"not a setting of {name}, which learns counts alone")
    from recsae.jobs import baselines as jobs

    return jobs.score(name, DataSettings.of(given.data), device=device)
