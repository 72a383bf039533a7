"""What every recommender that is trained here keeps to, and what its states may depend on."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from commands import Recsae
from conftest import TINY

from recsae.cache import Cache
from recsae.recommenders.base import pretrain
from recsae.recommenders.recommender import SequenceRecommender, StoredRecommender
from recsae.recommenders.registry import architecture, base_settings
from recsae.recommenders.states import evaluate, seen_of, train_states
from recsae.sequences import Sequences
from recsae.settings import Settings, fields

CPU = torch.device("cpu")
OF_SEQUENCES = ("SASRec", "GRU4Rec")


def small(name: str, **more: Any) -> Settings:
    kind = architecture(name).Settings
    sizes = {"emb_size": 8, "num_heads": 2, "num_layers": 1, "hidden_size": 8, "max_len": 6}
    quick = {"lr": 0.02, "epochs": 12, "batch_size": 8, **more}
    known = fields(kind)
    return kind.of({key: value for key, value in {**sizes, **quick}.items() if key in known})


@pytest.mark.parametrize("name", list(base_settings()))
def test_it_learns_is_stored_and_comes_back_as_it_was(
    name: str, sequences: Sequences, tmp_path: Path
) -> None:
    base, built = pretrain(sequences, small(name), Cache(tmp_path), CPU, name=name)
    assert built and base.meta["model_name"] == name
    scores = base.meta["dev_curve"]
    assert max(scores) > max(0.3, scores[0])
    again = base.model(CPU)
    seen = seen_of(sequences, sequences.test)
    assert evaluate(again, sequences, sequences.test, seen, CPU) == base.metrics["test"]
    rows = [row for place, _ in train_states(again, sequences, CPU) for row in place.tolist()]
    assert sorted(rows) == list(range(len(sequences.train_targets())))


@pytest.mark.parametrize("name", OF_SEQUENCES)
def test_a_state_depends_on_what_came_before_alone(name: str) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = architecture(name).build(small(name), 20).eval()
        for weights in model.parameters():
            torch.nn.init.normal_(weights, std=0.5)
    assert isinstance(model, SequenceRecommender)
    items, lengths = (
        torch.tensor([[1, 2, 3, 4], [1, 2, 9, 0], [2, 1, 3, 4]]),
        torch.tensor([4, 3, 4]),
    )
    with torch.no_grad():
        found = model.hidden(items, lengths)
        alone = model.hidden(items[1:2, :3], lengths[1:2])
        last = model.last(items, lengths)
    torch.testing.assert_close(found[0, :2], found[1, :2])
    torch.testing.assert_close(found[1, :3], alone[0])
    torch.testing.assert_close(last, found[[0, 1, 2], lengths - 1])
    assert not torch.allclose(found[0, 2], found[2, 2])


def test_the_state_of_a_user_is_a_vector_and_the_mean_where_none_was_trained() -> None:
    kind = architecture("BPRMF")
    model = kind.build(small("BPRMF"), 5, n_users=3)  # type: ignore[call-arg]
    assert isinstance(model, StoredRecommender)
    model.trained_U[:2] = True  # type: ignore[index]
    found = model.states(torch.arange(3), None).detach()
    vectors = model.state_dict()["users.weight"]
    assert torch.equal(found[:2], vectors[:2])
    torch.testing.assert_close(found[2], vectors[:2].mean(0))
    assert torch.equal(model.states(torch.tensor([1]), torch.tensor([7])).detach(), found[1:2])


def test_a_base_of_user_vectors_is_explained(recsae: Recsae, tmp_path: Path) -> None:
    words = ("train", "--model_name", "SASRec_SAE", "--base_model", "BPRMF", "--dataset", TINY)
    done = recsae(*words, "--epochs", "2", "--sae_epochs", "1", "--json")
    found = json.loads(done.out)
    assert found["base"]["model_name"] == "BPRMF"
    stored = recsae("encode", found["path"], "--split", "all", "-o", tmp_path / "codes.csv")
    assert stored.code == 0
    log = tmp_path / "log.csv"
    log.write_text("user,item,time\n0,1,1\n0,2,2\nnobody,1,1\n")
    told = recsae("recommend", found["path"], "--histories", log, "--json")
    assert "no user 'nobody' in the base's data" in told.err
    assert {row["user"] for row in json.loads(told.out)["recommendations"]} == {"0"}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--num_heads", "2"), "num_heads: not a setting of GRU4Rec, but of SASRec"),
        (("--preset", "best"), "preset: expected default for GRU4Rec"),
        (("--base", "mine"), "model_name: expected it or the base 'mine'"),
    ],
)
def test_what_does_not_fit_the_base_is_a_line(
    recsae: Recsae, words: tuple[str, ...], line: str
) -> None:
    assert line in recsae("pretrain", "--base_model", "GRU4Rec", "--dataset", TINY, *words).mistake
