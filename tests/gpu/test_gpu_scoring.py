"""Scoring and audit of each variant on a GPU against the CPU, and a base trained there."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from gpu.quiet_cases import LOUD_CASES
from made_seen import nothing_seen

from recsae.activations.store import Activations
from recsae.inference.explained import ExplainedRecommender
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.metrics.ranking import ranks
from recsae.recommenders.sasrec.architecture import SASRecArchitecture
from recsae.recommenders.sasrec.model import SASRec
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.recommenders.states import target_states
from recsae.sae.model import SparseAutoencoder
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.scoring import Evaluator
from recsae.sequences import Sequences
from recsae.testing.sae_cases import Case

pytestmark = pytest.mark.gpu
CUDA = torch.device("cuda")


@pytest.fixture(scope="module")
def evaluators(activations: Activations) -> dict[str, Evaluator]:
    return {device: Evaluator(activations, "dev", device=device) for device in ("cpu", "cuda")}


def a_model(case: Case, activations: Activations) -> SparseAutoencoder:
    rows = Rows(*activations.rows())
    rows = rows._replace(view_VND=rows.x_ND[None] + 0.1)
    run = SAETrainer(case.variant, case.settings, rows, order_seed=0, device="cpu")
    run.epoch()
    return run.model


@pytest.mark.parametrize("case", LOUD_CASES.values(), ids=LOUD_CASES.keys())
def test_measures_and_audit_are_those_of_the_cpu(
    case: Case, activations: Activations, evaluators: dict[str, Evaluator]
) -> None:
    model = a_model(case, activations)
    expected, ranks_R = evaluators["cpu"].measure(model, deep=True)
    found, ranks_there_R = evaluators["cuda"].measure(model.to(CUDA), deep=True)
    assert (ranks_R != ranks_there_R).double().mean() < 0.02  # scores that all but tie
    exact = {"leak", "dead", "alive", "density_1pct", "density_10pct"}
    for name, value in expected.items():
        if name in exact:
            assert found[name] == pytest.approx(value, abs=1e-3), name
        else:
            assert found[name] == pytest.approx(value, rel=5e-3, abs=5e-3), name


@pytest.mark.parametrize("case", LOUD_CASES.values(), ids=LOUD_CASES.keys())
def test_measured_again_they_are_the_same(
    case: Case, activations: Activations, evaluators: dict[str, Evaluator]
) -> None:
    model = a_model(case, activations).to(CUDA)
    (one, ranks_R), (other, again_R) = (
        evaluator.measure(model, deep=True)
        for evaluator in (evaluators["cuda"], Evaluator(activations, "dev", device="cuda"))
    )
    assert torch.equal(ranks_R, again_R)
    np.testing.assert_equal(one, other)


def test_the_ranks_of_whole_numbers_are_equal() -> None:
    generator = torch.Generator().manual_seed(0)
    states, table = (
        torch.randint(-4, 5, shape, generator=generator).float() for shape in ((300, 16), (500, 16))
    )
    targets = torch.randint(0, 500, (300,), generator=generator)
    expected = ranks(states, table, targets, nothing_seen(300))
    found = ranks(states.to(CUDA), table.to(CUDA), targets.to(CUDA), nothing_seen(300))
    assert torch.equal(expected, found)


def test_ranks_are_in_whole_float32_when_torch_multiplies_in_tf32() -> None:
    generator = torch.Generator().manual_seed(0)
    states, table = (torch.randn(shape, generator=generator) for shape in ((300, 64), (5000, 64)))
    there = (states.to(CUDA), table.to(CUDA), torch.arange(300).to(CUDA), nothing_seen(300))
    expected = ranks(*there)
    matmul = torch.backends.cuda.matmul
    before, matmul.fp32_precision = matmul.fp32_precision, "tf32"
    try:
        assert torch.equal(ranks(*there), expected)
    finally:
        matmul.fp32_precision = before


@pytest.mark.parametrize("loss", ["full", "sampled"])
def test_a_base_is_trained_on_a_gpu_as_on_the_cpu(loss: str) -> None:
    data = DataSettings.of({"dataset": "synthetic:users=500,items=300"})
    sequences = Sequences.of(load(data), data)
    quiet = {"emb_size": 32, "epochs": 3, "dropout": 0.0, "loss": loss, "negatives": 10_000}
    settings = SASRecSettings.of(quiet)
    cpu, once, again = (
        SASRecArchitecture().train(sequences, settings, torch.device(d))
        for d in ("cpu", "cuda", "cuda")
    )
    assert once.curve == pytest.approx(cpu.curve, abs=0.02)
    assert once.curve == again.curve
    for name, weight in once.model.state_dict().items():
        assert torch.equal(weight, again.model.state_dict()[name]), name
    states_RD = target_states(once.model, sequences, sequences.dev, CUDA)
    here_RD = target_states(once.model.cpu(), sequences, sequences.dev, torch.device("cpu"))
    torch.testing.assert_close(states_RD.cpu(), here_RD, rtol=1e-3, atol=1e-4)


def test_codes_recommendations_and_latents_are_those_of_the_cpu(
    activations: Activations,
) -> None:
    base = SASRecSettings.of({"emb_size": 32, "num_layers": 1})
    recommender = SASRec(base, len(activations.item_table)).eval()
    case = LOUD_CASES["SASRec_SAE_Attention default code"]
    made = {
        device: ExplainedRecommender(
            a_model(case, activations),
            activations,
            partial(recommender.to, device),
            Path("here"),
            leaks=False,
            device=torch.device(device),
        )
        for device in ("cpu", "cuda")
    }
    histories = [activations.item_ids[:n].tolist() for n in (1, 7, 60)]
    for asked in ("dev", histories):
        here, there = (one.encode(asked).toarray() for one in made.values())
        assert np.mean(~np.isclose(here, there, atol=1e-3)) < 0.01
        here, there = (one.decode(one.encode(asked)) for one in made.values())
        assert np.mean(~np.isclose(here, there, atol=1e-2)) < 0.01
        for ask in ("recommend", "steer"):
            more = [{3: 2.0}] if ask == "steer" else []
            here, there = (getattr(one, ask)(asked, *more, 300) for one in made.values())
            scores = [frame.sort_values(["user", "item"]).iloc[:, -1] for frame in (here, there)]
            assert np.mean(~np.isclose(*scores, atol=1e-2)) < 0.01
    assert np.allclose(*(one.latents["density"] for one in made.values()), atol=1e-2)
