"""What every registered variant obeys, without being named here.

A case is a variant in one of its modes: each combination of the Literal settings that it declares.
All else keeps its default, made small.
"""

import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

import pytest
import torch
from torch import Tensor

from recsae.errors import SettingError
from recsae.metrics.latents import latent_metrics
from recsae.metrics.leakage import leak_audit
from recsae.sae.base import SAESettings, Variant
from recsae.sae.code import SparseCode
from recsae.sae.files import load, save
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variants
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer

WIDTH, COUNT, LARGEST_INT = 8, 160, 8
SMALL: dict[str, Any] = {
    "sae_k": 2,
    "sae_scale_size": 4,
    "sae_lr": 1e-2,
    "sae_epochs": 3,
    "sae_batch_size": 32,
    "sae_dead_window": 0.25,
}


class Case(NamedTuple):
    variant: Variant
    settings: SAESettings

    def train(self, epochs: int | None = None) -> SAETrainer:
        run = self.trainer()
        for _ in range(epochs or self.settings.sae_epochs):
            run.epoch()
        return run

    def trainer(self) -> SAETrainer:
        rows, last_N = ROWS
        chosen = rows.where(last_N) if self.settings.sae_positions == "last" else rows
        return SAETrainer(self.variant, self.settings, chosen, order_seed=0, device="cpu")


def make_rows() -> tuple[Rows, Tensor]:
    """States of 40 users, 4 each; few items, so that some follow several rows."""
    generator = torch.Generator().manual_seed(6)
    shapes = [(COUNT, 5), (5, WIDTH), (COUNT, WIDTH)]
    factors, loadings, noise = (torch.randn(shape, generator=generator) for shape in shapes)
    item = torch.randint(0, 6, (COUNT,), generator=generator)
    place = torch.arange(COUNT)
    return Rows(factors @ loadings + 0.3 * noise + 1, place // 4, item), place % 4 == 3


def modes(kind: type[SAESettings]) -> Iterator[dict[str, Any]]:
    own = {
        name: get_args(field.annotation)
        for name, field in kind.model_fields.items()
        if name not in SAESettings.model_fields and get_origin(field.annotation) is Literal
    }
    for choice in itertools.product(*own.values()):
        yield dict(zip(own, choice, strict=True))


def small(kind: type[SAESettings], mode: dict[str, Any]) -> SAESettings:
    defaults = kind.of({}).values()
    large = [n for n, v in defaults.items() if type(v) is int and v > LARGEST_INT]
    return kind.of(dict.fromkeys(large, LARGEST_INT) | SMALL | mode)


ROWS = make_rows()
CASES = {
    " ".join([name, *map(str, mode.values())]): Case(kind, small(kind.Settings, mode))
    for name, kind in variants().items()
    for mode in modes(kind.Settings)
}
SETTINGS = [
    (name, field) for name, kind in variants().items() for field in kind.Settings.model_fields
]


@pytest.fixture(params=CASES.values(), ids=CASES.keys(), scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    chosen: Case = request.param
    return chosen


@pytest.fixture(scope="module")
def trained(case: Case) -> SparseAutoencoder:
    return case.train().model


def other_rows(seed: int = 1) -> Tensor:
    return 2 * torch.randn(50, WIDTH, generator=torch.Generator().manual_seed(seed))


def weights(model: SparseAutoencoder) -> dict[str, Tensor]:
    return model.state_dict()


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(
        a[key].shape == b[key].shape and torch.equal(a[key], b[key]) for key in a
    )


@torch.no_grad()
def depends_on_x(model: SparseAutoencoder) -> bool:
    """Whether R(c, x) changes with x, given as an argument or remembered from encoding."""
    x, other = other_rows(1), other_rows(2)
    code = model.encode(x)
    recon = model.reconstruct(code, x)
    model.encode(other)
    return not torch.equal(recon, model.reconstruct(code, other))


def test_the_reconstruction_depends_on_x_only_if_declared(
    case: Case, trained: SparseAutoencoder
) -> None:
    declared = case.variant.may_leak(case.settings)
    assert depends_on_x(trained) is declared
    audit = leak_audit(ROWS[0].x_ND, trained.encode, trained.reconstruct, trained.decode)
    assert audit["leak"] == float(declared)
    assert (audit["leak_share"] == 0) is not declared


def test_that_law_finds_a_trace_of_x_that_is_not_declared() -> None:
    class Trace(Variant):
        def refine(
            self, sae: SparseAutoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor
        ) -> Tensor:
            return linear_BD + 2e-3 * x_BD

    model = Case(Trace(), SAESettings.of(SMALL)).train().model
    assert not model.variant.may_leak(model.settings) and depends_on_x(model)
    audit = leak_audit(ROWS[0].x_ND, model.encode, model.reconstruct, model.decode)
    assert audit["leak"] == 1.0


@torch.no_grad()
def test_codes_are_sparse_and_not_negative(case: Case, trained: SparseAutoencoder) -> None:
    code = trained.encode(other_rows())
    assert code.values_BK.shape == code.indices_BK.shape == (50, case.settings.sae_k)
    assert (code.values_BK >= 0).all() and (code.values_BK > 0).any()
    assert code.indices_BK.min() >= 0 and code.indices_BK.max() < trained.latents
    assert all(len(set(row)) == len(row) for row in code.indices_BK.tolist())
    assert 0 < latent_metrics(code.values_BK, trained.fired)["l0"] <= case.settings.sae_k


@torch.no_grad()
def test_forward_is_reconstruct_after_encode(trained: SparseAutoencoder) -> None:
    x = other_rows()
    assert torch.equal(trained(x), trained.reconstruct(trained.encode(x), x))


@torch.no_grad()
def test_dropout_is_inactive_in_evaluation(trained: SparseAutoencoder) -> None:
    assert not any(module.training for module in trained.modules())
    assert torch.equal(trained(other_rows()), trained(other_rows()))


@torch.no_grad()
def test_rows_do_not_see_each_other(trained: SparseAutoencoder) -> None:
    x = other_rows()
    torch.testing.assert_close(trained(x.flip(0)).flip(0), trained(x))
    torch.testing.assert_close(trained(x[7:8]), trained(x)[7:8])


def test_decoder_rows_have_length_one(trained: SparseAutoencoder) -> None:
    torch.testing.assert_close(trained.W_dec.norm(dim=1), torch.ones(trained.latents))


def test_training_moves_every_parameter_and_stays_finite(
    case: Case, trained: SparseAutoencoder
) -> None:
    start = dict(case.trainer().model.named_parameters())
    for name, parameter in trained.named_parameters():
        assert parameter.isfinite().all(), name
        assert not torch.equal(parameter, start[name]), name


def test_training_leaves_the_rows_alone(case: Case) -> None:
    before = ROWS[0].x_ND.clone()
    case.train(epochs=1)
    assert torch.equal(ROWS[0].x_ND, before)


@torch.no_grad()
def test_saved_and_loaded_it_is_the_same(
    case: Case, trained: SparseAutoencoder, tmp_path: Path
) -> None:
    save(trained, tmp_path / "model", {"note": 1})
    loaded, extra = load(tmp_path / "model")
    assert extra == {"note": 1} and loaded.settings == case.settings
    assert type(loaded.variant) is type(case.variant)
    assert same(weights(loaded), weights(trained))
    assert torch.equal(loaded(other_rows()), trained(other_rows()))


def test_the_same_seed_gives_the_same_weights(case: Case) -> None:
    runs = []
    for elsewhere in (1, 2):
        torch.manual_seed(elsewhere)
        runs.append(weights(case.train().model))
    assert same(*runs)


@pytest.mark.parametrize("pause", [0, 1, 2])
def test_paused_and_resumed_equals_uninterrupted(case: Case, pause: int) -> None:
    whole, first = case.trainer(), case.trainer()
    for _ in range(pause):
        first.epoch()
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    torch.manual_seed(pause)
    second = case.trainer()
    second.load_state_dict(torch.load(file, weights_only=True))
    assert second.epochs_done == pause
    resumed = [second.epoch() for _ in range(case.settings.sae_epochs - pause)]
    torch.manual_seed(99)
    terms = [whole.epoch() for _ in range(case.settings.sae_epochs)]
    assert resumed == terms[pause:]
    assert same(weights(second.model), weights(whole.model))
    ended, expected = second.state_dict(), whole.state_dict()
    for part in ("silent", "rng", "epochs_done"):
        torch.testing.assert_close(ended[part], expected[part], rtol=0, atol=0)
    moments = ended["optimizer"]["state"], expected["optimizer"]["state"]
    torch.testing.assert_close(*moments, rtol=0, atol=0)


def changed(settings: SAESettings, name: str) -> SAESettings:
    """Return the settings with one of them changed to the first other value that is accepted."""
    value, kind = getattr(settings, name), type(settings)
    annotation = kind.model_fields[name].annotation
    if get_origin(annotation) is Literal:
        others: list[Any] = list(get_args(annotation))
    elif isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int):
        others = [2 * value, value + 1, value - 1]
    else:
        assert isinstance(value, float), f"say here how to change {name}"
        others = [value / 2, value + 0.1]
    for other in (other for other in others if other != value):
        try:
            candidate = kind.of(settings.values() | {name: other})
            candidate.check_width(WIDTH)
        except SettingError:
            continue
        return candidate
    raise AssertionError(f"no other value of {name} is accepted")


@pytest.mark.parametrize(("name", "setting"), SETTINGS, ids=["-".join(pair) for pair in SETTINGS])
def test_every_declared_setting_changes_the_trained_weights(name: str, setting: str) -> None:
    """In one of the variant's modes at least; a setting without effect has no place in a space."""
    mine = [case for case in CASES.values() if case.variant.name == name]
    runs = [(case, Case(case.variant, changed(case.settings, setting))) for case in mine]
    assert any(not same(weights(a.train().model), weights(b.train().model)) for a, b in runs)


def test_the_small_training_has_dead_latents(case: Case) -> None:
    """Without them the law on settings would say nothing about AuxK."""
    run = case.trainer()
    assert max(run.epoch()["auxk"] for _ in range(case.settings.sae_epochs)) > 0


@pytest.mark.parametrize("name", variants())
def test_settings_are_named_and_explained(name: str) -> None:
    kind = variants()[name]
    assert name.startswith("SASRec_SAE") and kind.Settings.of({}).sae_k >= 1
    for field, info in kind.Settings.model_fields.items():
        assert field.startswith("sae_") and info.description, field


def test_more_active_latents_than_there_are_is_refused(case: Case) -> None:
    too_many = case.settings.latents(WIDTH) + 1
    settings = type(case.settings).of(case.settings.values() | {"sae_k": too_many})
    with pytest.raises(SettingError, match="sae_k"):
        Case(case.variant, settings).trainer()
