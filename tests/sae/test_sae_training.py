"""The training loop: its order, its schedule, its batches, and what it leaves alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from made_rows import some_rows

from recsae.errors import SettingError
from recsae.sae.base import SAESettings
from recsae.sae.initialisation import geometric_median
from recsae.sae.optimizer import rate_share
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer, data_order
from recsae.sae.variants.contrastive import Contrastive, ContrastiveSettings
from recsae.sae.variants.topk import TopK

SMALL = {"sae_k": 2, "sae_scale_size": 4, "sae_lr": 1e-2, "sae_batch_size": 32, "sae_epochs": 3}


def trainer(rows: Rows, *, order_seed: int = 0, **settings: Any) -> SAETrainer:
    chosen = SAESettings.of(SMALL | settings)
    return SAETrainer(TopK(), chosen, rows, order_seed=order_seed, device="cpu")


def test_training_explains_more_each_epoch() -> None:
    run = trainer(some_rows())
    fvu = [run.epoch()["fvu"] for _ in range(3)]
    assert fvu[0] > fvu[1] > fvu[2]
    assert run.epochs_done == 3


def test_the_terms_add_up() -> None:
    run = trainer(some_rows(), sae_auxk=0.5, sae_dead_window=0.1)
    terms = run.epoch()
    assert set(terms) == {"loss", "fvu", "auxk", "penalty"}
    assert terms["auxk"] > 0
    total = terms["fvu"] + 0.5 * terms["auxk"] + terms["penalty"]
    assert terms["loss"] == pytest.approx(total, rel=1e-5)


def test_the_order_depends_on_its_seed_and_the_epoch_alone() -> None:
    torch.manual_seed(1)
    first = data_order(50, 3, 2)
    torch.manual_seed(2)
    assert torch.equal(first, data_order(50, 3, 2))
    assert sorted(first.tolist()) == list(range(50))
    others = [data_order(50, *pair) for pair in [(3, 1), (2, 2), (2, 3), (0, 0), (0, 1), (1, 0)]]
    orders = {tuple(order.tolist()) for order in [first, *others]}
    assert len(orders) == 7


def test_order_seed_and_trial_seed_are_told_apart() -> None:
    rows = some_rows()
    runs = [trainer(rows, order_seed=o, sae_seed=s) for o, s in [(0, 0), (1, 0), (0, 1)]]
    start = [run.model.W_dec.detach().clone() for run in runs]
    assert torch.equal(start[0], start[1]) and not torch.equal(start[0], start[2])
    for run in runs:
        run.epoch()
    assert not torch.equal(runs[0].model.W_dec, runs[1].model.W_dec)


def test_the_global_generator_is_neither_read_nor_moved() -> None:
    torch.manual_seed(11)
    before = torch.get_rng_state()
    run = trainer(some_rows())
    run.epoch()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(12)
    other = trainer(some_rows())
    other.epoch()
    assert torch.equal(run.model.W_enc, other.model.W_enc)


def test_each_epoch_draws_anew() -> None:
    chosen = ContrastiveSettings.of(SMALL)
    run = SAETrainer(Contrastive(), chosen, some_rows(), order_seed=0, device="cpu")
    states = [run.state_dict()["rng"]["cpu"]]
    for _ in range(2):
        run.epoch()
        states.append(run.state_dict()["rng"]["cpu"])
    assert len({tuple(state.tolist()) for state in states}) == 3


@pytest.mark.parametrize(
    ("count", "batch", "sizes"),
    [(200, 32, [29, 29, 29, 29, 28, 28, 28]), (33, 32, [17, 16]), (5, 32, [5]), (3, 1, [1, 1, 1])],
)
def test_batches_are_of_nearly_equal_size(
    count: int, batch: int, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trainer(some_rows(count), sae_batch_size=batch)
    seen: list[torch.Tensor] = []
    gather = run._gather

    def watched(index: torch.Tensor) -> Rows:
        seen.append(index)
        return gather(index)

    monkeypatch.setattr(run, "_gather", watched)
    run.epoch()
    assert [len(index) for index in seen] == sizes
    assert sorted(torch.cat(seen).tolist()) == list(range(count))


@pytest.mark.parametrize("x", [torch.ones(1, 8), torch.ones(70, 8), torch.zeros(5, 8)])
def test_rows_without_variance_do_no_harm(x: torch.Tensor) -> None:
    run = trainer(Rows(x), sae_batch_size=4)
    terms = [run.epoch() for _ in range(3)]
    assert all(np.isfinite(value) for epoch in terms for value in epoch.values())
    assert all(p.isfinite().all() for p in run.model.parameters())


def test_the_rate_rises_stays_and_falls() -> None:
    shares = [rate_share(step, 1000) for step in range(1000)]
    assert shares[0] == pytest.approx(0.05) and shares[19] == 1.0
    assert all(share == 1.0 for share in shares[19:801])
    assert shares[900] == pytest.approx(0.5) and 0 < shares[-1] < 0.01


@given(steps=st.integers(1, 3000), data=st.data())
def test_the_rate_is_never_zero_and_never_too_high(steps: int, data: st.DataObject) -> None:
    assert 0 < rate_share(data.draw(st.integers(0, steps - 1)), steps) <= 1


def test_the_schedule_spans_the_epochs_that_were_asked_for() -> None:
    short, long = (trainer(some_rows(), sae_epochs=epochs) for epochs in (1, 2))
    assert torch.equal(short.model.W_dec, long.model.W_dec)
    for run in (short, long):
        run.epoch()
    assert not torch.equal(short.model.W_dec, long.model.W_dec)


def test_decoder_gradients_stay_on_the_sphere(monkeypatch: pytest.MonkeyPatch) -> None:
    run = trainer(some_rows())
    along: list[float] = []

    def watched(*_: Any) -> None:
        gradient = run.model.W_dec.grad
        assert gradient is not None and gradient.any()
        along.append((gradient * run.model.W_dec).sum(1).abs().max().item())

    monkeypatch.setattr(run._descent.optimizer, "step", watched)
    run.epoch()
    assert along and max(along) < 1e-6


def test_b_dec_starts_at_the_geometric_median() -> None:
    rows = some_rows()
    assert torch.equal(trainer(rows).model.b_dec, geometric_median(rows.x_ND).float())


def test_the_geometric_median_minimises_the_sum_of_distances() -> None:
    x = some_rows().x_ND
    median = geometric_median(x)
    best = (x - median).norm(dim=1).sum()
    for step in 0.01 * torch.cat([torch.eye(8), -torch.eye(8)]):
        assert (x - (median + step)).norm(dim=1).sum() > best


def test_the_geometric_median_withstands_outliers_and_equal_points() -> None:
    x = torch.cat([torch.zeros(30, 2), torch.full((5, 2), 1e3)])
    assert geometric_median(x).norm() < 1
    assert torch.equal(geometric_median(torch.ones(4, 2)), torch.ones(2).double())


def test_fired_are_the_latents_positive_on_any_row_of_the_last_epoch() -> None:
    # With a vanishing rate the model stands still, so it can be asked again afterwards.
    run = trainer(some_rows(), sae_lr=1e-12, sae_k=1)
    run.epoch()
    code = run.model.encode(some_rows().x_ND)
    expected = torch.zeros(32, dtype=torch.bool)
    expected[code.indices_BK[code.values_BK > 0]] = True
    assert torch.equal(run.model.fired, expected)
    assert 0 < expected.sum() < 32


@pytest.mark.parametrize(("window", "expected"), [(0.5, True), (1.0, True), (1.01, False)])
def test_a_latent_is_dead_after_a_window_of_rows_without_it(window: float, expected: bool) -> None:
    run = trainer(some_rows(), sae_lr=1e-12, sae_k=1, sae_dead_window=window)
    assert (run.epoch()["auxk"] > 0) is expected


def test_rows_on_a_read_only_half_precision_map_train(tmp_path: Path) -> None:
    x = some_rows().x_ND.half().numpy()
    np.save(tmp_path / "x.npy", x)
    mapped = Rows.of(np.load(tmp_path / "x.npy", mmap_mode="r"))
    here, there = trainer(mapped), trainer(Rows(torch.from_numpy(x).float()))
    here.epoch()
    there.epoch()
    assert here.model.W_dec.dtype == torch.float32
    assert torch.equal(here.model.W_enc, there.model.W_enc)


def test_a_rate_that_diverges_is_told() -> None:
    run = trainer(Rows(some_rows().x_ND * 1e15), sae_lr=1e30)
    with pytest.raises(SettingError, match=r"sae_lr: training diverged in epoch \d; .*1e\+30"):
        for _ in range(3):
            run.epoch()


def test_a_state_is_a_copy_that_later_epochs_do_not_touch() -> None:
    run = trainer(some_rows())
    run.epoch()
    state = run.state_dict()
    kept = state["model"]["W_enc"].clone(), state["optimizer"]["state"][0]["exp_avg"].clone()
    run.epoch()
    assert torch.equal(state["model"]["W_enc"], kept[0])
    assert torch.equal(state["optimizer"]["state"][0]["exp_avg"], kept[1])
