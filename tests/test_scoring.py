"""Scoring on one split: the audit of every variant, and the costly measures, against slow ways."""

import math

import pytest
import torch
from conftest import TINY
from made_states import prepare
from torch import Tensor

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.interactions.settings import DataSettings
from recsae.metrics.leakage import leak_audit
from recsae.metrics.ranking import ranks
from recsae.metrics.registry import deep_metrics, directions, on_request
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sae.base import SAESettings, Variant
from recsae.sae.code import SparseCode
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variants
from recsae.sae.variants.topk import TopK
from recsae.testing.sae_cases import modes
from recsae.trial import Evaluator, SAETrial, run_trial

WIDTH = 16
BASE = SASRecSettings(emb_size=WIDTH, num_layers=1, num_heads=2, epochs=2)
SMALL = {"sae_lr": 1e-2, "sae_epochs": 3, "sae_batch_size": 64, "sae_k": 2, "sae_attn_heads": 2}
DEEP = deep_metrics()
CASES = [(name, mode) for name, kind in variants().items() for mode in modes(kind.Settings)]


@pytest.fixture(scope="module")
def activations(tmp_path_factory: pytest.TempPathFactory) -> Activations:
    cache = Cache(tmp_path_factory.mktemp("cache"))
    store = ActivationSettings(activation_views=2)
    return prepare(DataSettings(dataset=TINY), BASE, store, cache, torch.device("cpu")).activations


@pytest.fixture(scope="module")
def evaluator(activations: Activations) -> Evaluator:
    return Evaluator(activations, "dev")


def trained(activations: Activations, name: str, **settings: object) -> SAETrial:
    kind = variants()[name].Settings
    small = {key: value for key, value in SMALL.items() if key in kind.model_fields}
    trial = SAETrial(name, kind.of({**small, **settings}), activations)
    run_trial(trial, lambda epoch, metrics: None)
    return trial


@pytest.mark.parametrize(("name", "mode"), CASES, ids=lambda part: str(part))
def test_a_variant_leaks_if_it_says_so(
    activations: Activations, name: str, mode: dict[str, object]
) -> None:
    trial = trained(activations, name, **mode)
    assert trial.measured is not None
    found = trial.measured.metrics
    assert found["leak"] is variants()[name].may_leak(trial.settings)
    assert set(found) >= DEEP
    if not found["leak"]:
        assert found["leak_share"] < 1e-9 and found["leak_rank"] == 0


class Planted(Variant):
    """Adds to what the code gives."""

    Settings = SAESettings

    def refine(
        self, sae: SparseAutoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor
    ) -> Tensor:
        return linear_BD + 1e-2 * self.beside(sae, code, x_BD)

    def beside(self, sae: SparseAutoencoder, code: SparseCode, x_BD: Tensor) -> Tensor:
        return x_BD


class Attribute(Planted):
    """Adds the x that the model was shown first with this code."""

    def beside(self, sae: SparseAutoencoder, code: SparseCode, x_BD: Tensor) -> Tensor:
        known = sae.__dict__.setdefault("known", {})
        keys = [tuple(sorted(row)) for row in code.values_BK.tolist()]
        return torch.stack([known.setdefault(k, x) for k, x in zip(keys, x_BD, strict=True)])


class InItself(Attribute):
    """The same, remembered by the variant."""

    def beside(self, sae: SparseAutoencoder, code: SparseCode, x_BD: Tensor) -> Tensor:
        class Stand:
            pass

        stand = Stand()
        stand.__dict__ = self.__dict__
        return super().beside(stand, code, x_BD)  # type: ignore[arg-type]


class Buffer(Planted):
    """Adds what the buffer kept of the call before the last."""

    def beside(self, sae: SparseAutoencoder, code: SparseCode, x_BD: Tensor) -> Tensor:
        calls = [getattr(sae, name, None) for name in ("before", "last")]
        for name, rows in zip(("before", "last"), (calls[1], x_BD.clone()), strict=True):
            if rows is not None and not hasattr(sae, name):
                sae.register_buffer(name, rows, persistent=False)
            elif rows is not None:
                setattr(sae, name, rows)
        old = calls[0]
        return torch.zeros_like(x_BD) if old is None or len(old) != len(x_BD) else old


@pytest.mark.parametrize("kind", [Planted, Attribute, InItself, Buffer])
def test_a_small_leak_planted_in_a_variant_is_found(
    evaluator: Evaluator, activations: Activations, kind: type[Variant]
) -> None:
    honest = trained(activations, "SASRec_SAE").model
    model = SparseAutoencoder(kind(), honest.settings, WIDTH)
    model.load_state_dict(honest.state_dict())
    found = evaluator(model)
    assert found["leak"] and 1e-6 < found["leak_share"] < 1e-3
    assert evaluator(model) == found  # a second look finds it as it was


class Whisper(Variant):
    """Gives x itself, but so quietly that only the ranking hears it."""

    Settings = SAESettings

    def refine(
        self, sae: SparseAutoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor
    ) -> Tensor:
        return 1e-4 * x_BD


def test_a_leak_too_small_for_fvu_is_found_in_the_ranking(
    evaluator: Evaluator, activations: Activations
) -> None:
    model = SparseAutoencoder(Whisper(), trained(activations, "SASRec_SAE").settings, WIDTH)
    found = evaluator(model, deep=True)
    assert found["share"] == 1.0 and found["leak_share"] < 1e-6
    assert found["leak_rank"] > 0.5 and found["leak"]
    assert found["ndcg@10_permuted"] == pytest.approx(found["ndcg@10"])


def test_a_perfect_model_is_the_base(evaluator: Evaluator, activations: Activations) -> None:
    settings = SAESettings(sae_k=2 * WIDTH, sae_scale_size=2)
    model = SparseAutoencoder(TopK(), settings, WIDTH)
    with torch.no_grad():  # a latent for each direction of each axis
        axes = torch.cat([torch.eye(WIDTH), -torch.eye(WIDTH)])
        model.W_enc.copy_(axes)
        model.W_dec.copy_(axes)
    found = evaluator(model, deep=True)
    assert found["fvu"] < 1e-12 and found["share"] == found["recovered"] == 1.0
    assert found["kl"] < 1e-9 and found["overlap@10"] == 1.0
    assert found["shrinkage"] == pytest.approx(1.0)
    assert {name: found[name] for name in evaluator.base} == evaluator.base
    assert found["coherence"] == found["coherence_mean"] == 1.0  # each atom has its negative


def test_audits_of_the_ranking_are_those_of_the_definition(
    evaluator: Evaluator, activations: Activations
) -> None:
    model = trained(activations, "SASRec_SAE_Attention", sae_attn_mode="published").model
    found = evaluator(model, deep=True)
    x, table = activations.states("dev"), activations.tensor("item_table")
    target, seen = activations.tensor("dev_target"), activations.seen("dev")

    def ndcg(state: Tensor) -> float:
        rank = ranks(state, table, target, seen).double()
        return float(((rank <= 10) / torch.log2(1 + rank)).mean())

    with torch.no_grad():
        code = model.encode(x)
        assert found["ndcg@10"] == ndcg(model(x))
        assert found["ndcg@10_code"] == ndcg(model.decode(code))
        empty = SparseCode(torch.zeros_like(code.values_BK), code.indices_BK)
        assert found["ndcg@10_zeroed"] == ndcg(model.reconstruct(empty, x))
        swapped = [
            ndcg(model.reconstruct(SparseCode(*(part[order] for part in code)), x))
            for order in leak_audit(x, model).others_PR
        ]
    assert found["ndcg@10_permuted"] == pytest.approx(sum(swapped) / 5, abs=1e-9)


def test_codes_of_others_rank_as_others_do(evaluator: Evaluator, activations: Activations) -> None:
    """The quick way, our own scores asked for other users' targets, is the slow one."""
    model = trained(activations, "SASRec_SAE").model
    quick = evaluator(model, deep=True)

    class Slow(TopK):
        def refine(
            self, sae: SparseAutoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor
        ) -> Tensor:
            return linear_BD + 1e-5 * x_BD.sign()  # makes it keep each reconstruction

    slow = SparseAutoencoder(Slow(), model.settings, WIDTH)
    slow.load_state_dict(model.state_dict())
    found = evaluator(slow, deep=True)
    for name in ("ndcg@10_permuted", "ndcg@10_zeroed", "ndcg@10_code", "kl", "overlap@10"):
        assert found[name] == pytest.approx(quick[name], abs=5e-3), name


def test_the_mean_state_recovers_nothing(evaluator: Evaluator, activations: Activations) -> None:
    mean = torch.from_numpy(activations.train_x.mean(0, dtype="float64")).float()
    model = SparseAutoencoder(TopK(), SAESettings(sae_k=1), WIDTH)
    with torch.no_grad():
        model.b_dec.copy_(mean)
        model.b_enc.fill_(-1e6)  # nothing fires
    found = evaluator(model, deep=True)
    assert found["l0"] == 0 and found["fvu"] == pytest.approx(1, abs=0.05)
    assert math.isnan(found["recovered"]) or abs(found["recovered"]) < 1e-6
    assert found["ndcg@10_zeroed"] == found["ndcg@10"]
    assert found["ndcg@10_permuted"] == pytest.approx(found["ndcg@10"], abs=1e-12)  # mean of 5
    assert not found["leak"]


def test_costly_measures_come_with_the_last_epoch_or_when_asked_for(
    activations: Activations,
) -> None:
    kind = variants()["SASRec_SAE"].Settings
    trial = SAETrial("SASRec_SAE", kind.of({"sae_epochs": 2}), activations)
    assert not DEEP & set(trial.step()) and set(trial.step()) >= DEEP
    always = SAETrial(
        "SASRec_SAE", kind.of({"sae_epochs": 2}), activations, objectives=("ndcg@10", "kl")
    )
    judged = SAETrial("SASRec_SAE", kind.of({"sae_epochs": 3}), activations, rungs=(2,))
    assert [set(judged.step()) >= DEEP for _ in range(3)] == [False, True, True]
    wanted = DEEP | set(directions())  # all that a space may ask for, but what it must name
    assert set(always.step()) >= wanted - on_request(wanted)


def test_a_model_is_compared_with_the_base_user_by_user(
    evaluator: Evaluator, activations: Activations
) -> None:
    model = trained(activations, "SASRec_SAE").model
    metrics, rank_R = evaluator.measure(model)
    assert torch.equal(rank_R, evaluator.ranks(model))
    found = evaluator.panel.compared(rank_R, evaluator.base_ranks)
    for name in ("ndcg@10", "hr@10"):
        difference = found["difference"][name]
        assert difference["mean"] == pytest.approx(metrics[name] - evaluator.base[name])
        assert difference["low"] <= difference["mean"] <= difference["high"]
        assert difference["verdict"] is None  # 80 users are too few
    everyone = found["groups"]["all"]
    assert everyone["n"] == 80 and everyone["ndcg@10"] == pytest.approx(metrics["ndcg@10"])
    assert everyone["percentile"] == pytest.approx(metrics["percentile"])
    assert everyone["base"]["hr@50"] == evaluator.base["hr@50"]
    stored = activations.meta["groups"]["dev"]["all"]
    assert {name: stored[name] for name in everyone["base"]} == everyone["base"]
