"""Settings of the data, and the names of the known data sets; this file loads without pandas."""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from recsae.errors import SettingError, nearest
from recsae.registry import Registry
from recsae.settings import KeyedValueError, OneOf, Settings, path_of

SYNTHETIC = "synthetic"
NAMES = (
    *("ml-100k", "ml-1m", "ml-10m", "ml-20m", "ml-25m", "ml-32m"),
    *("beauty", "toys", "sports", "yelp", "lastfm", "steam", "gowalla", "grocery"),
    SYNTHETIC,
)
READERS: Final[Registry[Any]] = Registry(
    "recsae.interactions.readers.base:Reader",
    folder="recsae.interactions.readers",
    group="recsae.readers",
    key="format",
)
"""The formats by name; readers/registry.py gives their readers."""


OF_COLUMNS = ("user_column", "item_column", "time_column", "rating_column")
OF_FILES = ("format", *OF_COLUMNS, "min_rating", "where")
"""Settings that say how a file is to be read: generated data has none of them."""


class DataSettings(Settings):
    """Which interactions, and what is done to them before anything is learnt."""

    dataset: str = SYNTHETIC
    """A file or folder, or a name (`recsae data list` shows them), or synthetic, alone or as
    synthetic:users=5000,items=2000,seed=3."""
    format: Annotated[str, OneOf(READERS.descriptions)] | None = None
    """Format of the data; recognised by content when left out."""
    user_column: str | None = None
    """Column of the user; recognised by its name when left out."""
    item_column: str | None = None
    """Column of the item; recognised by its name when left out."""
    time_column: str | None = None
    """Column of the time; recognised by its name when left out."""
    rating_column: str | None = None
    """Column that min_rating reads; recognised by its name when left out."""
    min_user: Annotated[int, Field(ge=0)] = 0
    """Keep users with at least this many events (repeated together with min_item)."""
    min_item: Annotated[int, Field(ge=0)] = 0
    """Keep items with at least this many events (repeated together with min_user)."""
    min_rating: float | None = None
    """Keep events rated at least so high."""
    where: str | None = None
    """Keep events whose column fits, e.g. "label == 1" or "type == view"."""
    order: str = "time"
    """Order of a user's events: time (ties as in the file), random:SEED (ties at random), or file
    (as they stand there)."""
    split: str | None = None
    """What is predicted: leave-one-out, given (the files' own), or time:Q, the same moment for all,
    e.g. time:0.8; left out: given if the data have a split, else leave-one-out."""
    targets: Literal["all", "new"] = "all"
    """Targets that are scored: all, or new, those that their user had not met before."""

    @model_validator(mode="after")
    def _order_is_known(self) -> Self:
        if not re.fullmatch(r"time|file|random:\d+", self.order):
            raise KeyedValueError(
                "order", f"expected time, file or random:SEED, got {self.order!r}"
            )
        return self

    @model_validator(mode="after")
    def _split_is_known(self) -> Self:
        if self.split in (None, "leave-one-out", "given"):
            return self
        found = re.fullmatch(r"time:(\d*\.\d+)", self.split)
        if not found or not 0.5 < float(found[1]) < 1:
            wanted = "expected leave-one-out, given, or time:Q with Q between 0.5 and 1"
            raise KeyedValueError("split", f"{wanted}, got {self.split!r}")
        return self


MOST_EVENTS: Final = 200_000_000
MOST_MEMBERS: Final = 100_000_000
"""What the generator may draw: some GB."""


class SyntheticSettings(Settings):
    """Users who follow a few concepts that drift; every number of the generator."""

    users: Annotated[int, Field(ge=1, le=10_000_000)] = 1000
    """Number of users."""
    items: Annotated[int, Field(ge=2, le=10_000_000)] = 400
    """Number of items; one that nobody meets is not in the data."""
    concepts: Annotated[int, Field(ge=1, le=10_000)] = 8
    """Number of concepts that items belong to."""
    length: Annotated[float, Field(ge=3, le=10_000)] = 25.0
    """Mean number of events of a user; nobody has fewer than 3."""
    drift: Annotated[float, Field(ge=0, le=1)] = 0.15
    """Chance that a user turns to another of their concepts before an event."""
    noise: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Chance that an event is any item whatever."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of everything drawn."""

    @model_validator(mode="after")
    def _concepts_have_items(self) -> Self:
        if self.concepts > self.items:
            raise KeyedValueError(
                "concepts", f"expected at most the {self.items} items, got {self.concepts}"
            )
        return self

    @model_validator(mode="after")
    def _fits_in_memory(self) -> Self:
        if self.users * self.length > MOST_EVENTS:
            words = f"expected at most {MOST_EVENTS:,} events (users x length)"
            raise KeyedValueError("users", f"{words}, got {self.users * self.length:,.0f}")
        if self.items * self.concepts > MOST_MEMBERS:
            words = f"expected items x concepts of at most {MOST_MEMBERS:,}"
            raise KeyedValueError("items", f"{words}, got {self.items * self.concepts:,}")
        return self


def check_name(dataset: str) -> None:
    """Raise SettingError unless `dataset` is a known name or an existing path; opens no data."""
    if is_synthetic(dataset):
        synthetic_settings(dataset)
    elif dataset not in NAMES and not _exists(dataset):
        raise _unknown(dataset)


def _exists(dataset: str) -> bool:
    try:
        path = data_path(dataset)
        known = path.exists()
        if known and not (path.is_file() or path.is_dir()):
            raise SettingError("dataset", f"{dataset[:80]}: neither a file nor a folder")
        return known
    except OSError as error:
        raise SettingError("dataset", f"{dataset[:80]}: {error.strerror}") from None


def check_data(settings: DataSettings) -> None:
    """Raise SettingError for what can be known to be wrong before any data is opened."""
    check_name(settings.dataset)
    if is_synthetic(settings.dataset):
        for key in OF_FILES:
            if getattr(settings, key) is not None:
                wanted = f"expected a data set from a file, got {settings.dataset!r}"
                raise SettingError(key, wanted)


def is_synthetic(dataset: str) -> bool:
    """Tell whether the name asks for generated data."""
    return dataset.partition(":")[0] == SYNTHETIC


def synthetic_settings(dataset: str) -> SyntheticSettings:
    """Read `synthetic` or `synthetic:users=5000,seed=3`; raises SettingError of `dataset`."""
    _, colon, text = dataset.partition(":")
    values: dict[str, Any] = {}
    for part in text.split(",") if colon else []:
        key, equals, value = (word.strip() for word in part.partition("="))
        if not (key and equals and value) or key in values:
            again = " once" if key in values else ""
            raise SettingError("dataset", f"{dataset!r}: expected key=value{again}, got {part!r}")
        values[key] = _number(value)
    try:
        return SyntheticSettings.of(values)
    except SettingError as error:
        raise SettingError("dataset", f"{dataset!r}: {error}") from None


def data_path(dataset: str) -> Path:
    """Return the path that a data set given as a path means."""
    return path_of(dataset)


def anywhere(settings: DataSettings) -> DataSettings:
    """Return settings that mean the same data from any working directory."""
    if settings.dataset in NAMES or is_synthetic(settings.dataset):
        return settings
    return settings.model_copy(update={"dataset": str(data_path(settings.dataset).resolve())})


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _unknown(dataset: str) -> SettingError:
    hint = nearest(dataset.lower(), NAMES)
    if not hint and (len(Path(dataset).parts) > 1 or Path(dataset).suffix):
        return SettingError("dataset", f"no such file or folder: {dataset}")
    names = ", ".join(NAMES)
    return SettingError("dataset", f"expected a path or one of {names}; got {dataset!r}{hint}")
