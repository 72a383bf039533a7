"""What the laws of variants are tested on: a variant in each of its modes, and drawn settings.

A mode is a combination of the Literal settings that the variant declares itself, under each recipe;
all else keeps its default, made small.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, get_args, get_origin

import pytest
import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from torch import Tensor

from recsae.errors import SettingError
from recsae.sae.base import SAESettings, Variant
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variant
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.settings import fields

WIDTH, COUNT, LARGEST_INT = 8, 160, 8
LAWS = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
)
SMALL: dict[str, Any] = {
    "sae_k": 2,
    "sae_scale_size": 4,
    "sae_lr": 1e-2,
    "sae_epochs": 3,
    "sae_batch_size": 32,
    "sae_dead_window": 0.25,
}


class Case(NamedTuple):
    """A variant with settings."""

    variant: Variant
    settings: SAESettings
    device: str

    def train(self, epochs: int | None = None) -> SAETrainer:
        """Return a trainer after some epochs, by default all."""
        run = self.trainer()
        for _ in range(epochs or self.settings.sae_epochs):
            run.epoch()
        return run

    def trainer(self) -> SAETrainer:
        """Return a trainer that has not begun."""
        rows, last_N = ROWS
        views = self.variant.views(self.settings)
        if views:
            generator = torch.Generator().manual_seed(7)
            noise = torch.randn((views, COUNT, WIDTH), generator=generator)
            rows = rows._replace(view_VND=rows.x_ND + 0.3 * noise)
        chosen = rows.where(last_N) if self.settings.sae_positions == "last" else rows
        return SAETrainer(self.variant, self.settings, chosen, order_seed=0, device=self.device)


def make_rows() -> tuple[Rows, Tensor]:
    """Return states of 40 users, 4 each; few items, so that some follow several rows.

    With them: which row is the last of its user.
    """
    generator = torch.Generator().manual_seed(6)
    shapes = [(COUNT, 5), (5, WIDTH), (COUNT, WIDTH)]
    factors, loadings, noise = (torch.randn(shape, generator=generator) for shape in shapes)
    item = torch.randint(0, 6, (COUNT,), generator=generator)
    place = torch.arange(COUNT)
    return Rows(factors @ loadings + 0.3 * noise + 1, place // 4, item), place % 4 == 3


def modes(kind: type[SAESettings]) -> Iterator[dict[str, Any]]:
    """Return each combination of the choices that a variant's settings declare."""
    own = {
        name: get_args(field.annotation)
        for name, field in kind.model_fields.items()
        if get_origin(field.annotation) is Literal
        and (name == "sae_recipe" or name not in SAESettings.model_fields)
    }
    for choice in itertools.product(*own.values()):
        yield dict(zip(own, choice, strict=True))


def small(kind: type[SAESettings], mode: dict[str, Any]) -> SAESettings:
    """Return a mode's settings, made small."""
    defaults = kind.of({}).values()
    large = [n for n, v in defaults.items() if type(v) is int and v > LARGEST_INT]
    values = dict.fromkeys(large, LARGEST_INT) | SMALL | mode
    return kind.of({name: value for name, value in values.items() if name in kind.model_fields})


ROWS = make_rows()
DRAWN = {
    "sae_batch_size": st.integers(20, 200),  # with a few rows each a test would take minutes
    "sae_lr": st.floats(1e-4, 0.1),
}


def cases(names: Iterable[str], device: str = "cpu") -> dict[str, Case]:
    """Return registered variants in each of their modes, by a name for the test."""
    found = {}
    for name in names:
        kind = variant(name)
        for mode in modes(kind.Settings):
            case = Case(kind, small(kind.Settings, mode), device)
            found[" ".join([name, *map(str, mode.values())])] = case
    return found


def drawn_case(name: str, device: str) -> st.SearchStrategy[Case]:
    """Draw settings of a variant, corners included, that it accepts at WIDTH."""
    kind = variant(name).Settings
    properties = kind.model_json_schema()["properties"]
    values = {
        field: DRAWN[field] if field in DRAWN else _values(schema)
        for field, schema in properties.items()
    }
    drawn = st.fixed_dictionaries(values).map(kind.of).filter(_fits)
    return drawn.map(lambda settings: Case(variant(name), settings, device))


def _fits(settings: SAESettings) -> bool:
    try:
        settings.check_width(WIDTH)
    except SettingError:
        return False
    return True


def _values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "anyOf" in schema:
        return st.one_of([_values(part) for part in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "boolean":
        return st.booleans()
    if schema["type"] == "integer":
        low = schema.get("minimum", 0)
        return st.integers(low, min(schema.get("maximum", low + 7), low + 7))
    assert schema["type"] == "number", f"say here how to draw {schema}"
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 0.01)
    high = schema.get("maximum", schema.get("exclusiveMaximum", 2) / 2)
    return st.one_of(st.just(low), st.floats(low, high))


def weights(model: SparseAutoencoder) -> dict[str, Tensor]:
    """Return all weights by name."""
    return model.state_dict()


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    """Return True if weights are equal bit for bit, on whatever device."""
    return a.keys() == b.keys() and all(
        a[key].shape == b[key].shape and torch.equal(a[key].cpu(), b[key].cpu()) for key in a
    )


def other_rows(seed: int = 1) -> Tensor:
    """Return 50 rows that no model was trained on."""
    return 2 * torch.randn(50, WIDTH, generator=torch.Generator().manual_seed(seed))


class SAELaws:
    """What the laws of variants and of their training share: each is tested on every case."""

    names: ClassVar[Sequence[str]]
    """Registered variants."""
    device: ClassVar[str] = "cpu"

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Repeat each law for each case, each variant or each of its settings, as it asks."""
        if "case" in metafunc.fixturenames:
            found = cases(self.names, self.device)
            metafunc.parametrize("case", found.values(), ids=found.keys(), scope="class")
        elif "setting" in metafunc.fixturenames:
            pairs = [(name, s) for name in self.names for s in fields(variant(name).Settings)]
            metafunc.parametrize(("name", "setting"), pairs, ids=["-".join(pair) for pair in pairs])
        elif "name" in metafunc.fixturenames:
            metafunc.parametrize("name", self.names)

    @pytest.fixture(scope="class")
    @classmethod
    def trained(cls, case: Case) -> SparseAutoencoder:
        """A model of the case, trained once."""
        return case.train().model

    def other_rows(self, seed: int = 1) -> Tensor:
        """Return 50 rows that no model was trained on."""
        return self.here(other_rows(seed))

    def here(self, tensor: Tensor) -> Tensor:
        """Return a tensor on the device of the laws."""
        return tensor.to(self.device)
