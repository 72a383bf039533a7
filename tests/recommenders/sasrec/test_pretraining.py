"""A base is learnt, chosen by dev, the same for the same seed, and never trained twice."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from recsae import progress
from recsae.cache import Cache
from recsae.errors import RecsaeError
from recsae.recommenders.base import Base, fingerprint, pretrain
from recsae.recommenders.sasrec.architecture import SASRecArchitecture
from recsae.recommenders.sasrec.model import SASRec
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.recommenders.states import evaluate, seen_of
from recsae.recommenders.training import early_stopping, next_item
from recsae.sequences import Sequences, Targets
from recsae.test_reads import count_test_read, reads_of_test

CPU = torch.device("cpu")
SASREC = SASRecArchitecture()


def weights_of(model: torch.nn.Module) -> torch.Tensor:
    return torch.cat([weights.flatten() for weights in model.parameters()])


def test_it_learns_what_comes_next(sequences: Sequences, tiny: SASRecSettings) -> None:
    model, curve = SASREC.train(sequences, tiny, CPU)
    assert max(curve) > 0.95
    seen = seen_of(sequences, sequences.test)
    torch.manual_seed(0)  # else an untrained model's luck would depend on the tests before
    untrained = SASRec(tiny, sequences.n_items).eval()
    scores = [
        evaluate(each, sequences, sequences.test, seen, CPU)["ndcg@10"]
        for each in (untrained, model)
    ]
    assert scores[0] < 0.5 < 0.95 < scores[1]


@pytest.mark.parametrize(
    "changed",
    [
        {"schedule": "cosine"},
        {"loss": "sampled", "negatives": 10},
        {"temperature": 0.1},
        {"schedule": "cosine", "loss": "sampled", "negatives": 20, "temperature": 0.1},
    ],
)
def test_it_learns_with_every_schedule_loss_and_score(
    changed: dict[str, Any], sequences: Sequences, tiny: SASRecSettings
) -> None:
    settings = SASRecSettings.of({**tiny.values(), "epochs": 12, **changed})
    assert max(SASREC.train(sequences, settings, CPU).curve) > 0.9


def test_the_cosine_schedule_rises_briefly_and_falls_to_nothing() -> None:
    rates = [next_item.cosine(done / 1000) for done in range(1001)]
    top = rates.index(max(rates))
    assert rates[0] == 0 and top == 1000 * next_item.WARM_UP and rates[top] == 1
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert abs(next_item.cosine((1 + next_item.WARM_UP) / 2) - 0.5) < 1e-12
    assert rates[-1] < 1e-12


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_the_rate_follows_the_schedule_over_all_epochs(
    schedule: str, sequences: Sequences, tiny: SASRecSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = []

    def note(model: Any, optimiser: torch.optim.Optimizer, *arguments: Any) -> None:
        rates.append(optimiser.param_groups[0]["lr"])

    monkeypatch.setattr(next_item, "_step", note)
    settings = {**tiny.values(), "epochs": 4, "batch_size": 30, "schedule": schedule}
    SASREC.train(sequences, SASRecSettings.of(settings), CPU)
    steps = len(rates) // 4
    due = [next_item.cosine((step + 0.5) / len(rates)) for step in range(4 * steps)]
    assert rates == pytest.approx([0.01 * (share if schedule == "cosine" else 1) for share in due])


def test_a_log_says_how_far_it_is_within_an_epoch(
    sequences: Sequences,
    tiny: SASRecSettings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(progress, "FIRST_LINE_SECONDS", 0.0)
    monkeypatch.setattr(progress, "LINE_EVERY_SECONDS", 0.0)
    SASREC.train(sequences, SASRecSettings.of({**tiny.values(), "epochs": 2}), CPU)
    lines = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"SASRec epoch 0\.\d/2, about \d+ s left", lines[0])
    assert re.fullmatch(r"SASRec epoch 1\.\d/2, about \d+ s left  dev NDCG@10 0\.\d{4}", lines[-2])
    assert re.fullmatch(r"SASRec epoch 2/2, about 0 s left  dev NDCG@10 0\.\d{4}", lines[-1])


def test_the_same_seed_gives_the_same_weights_whatever_was_drawn_before(
    sequences: Sequences, tiny: SASRecSettings
) -> None:
    short = SASRecSettings.of({**tiny.values(), "epochs": 2, "loss": "sampled"})
    other = SASRecSettings.of({**short.values(), "base_seed": 1})
    first = weights_of(SASREC.train(sequences, short, CPU).model)
    torch.rand(3)
    assert torch.equal(weights_of(SASREC.train(sequences, short, CPU).model), first)
    assert not torch.equal(weights_of(SASREC.train(sequences, other, CPU).model), first)


def test_training_leaves_the_random_numbers_of_others_alone(
    sequences: Sequences, tiny: SASRecSettings
) -> None:
    before = torch.random.get_rng_state()
    SASREC.train(sequences, SASRecSettings.of({**tiny.values(), "epochs": 1}), CPU)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize(
    ("scores", "epochs", "kept"),
    [
        ([0.1, 0.3, 0.2, 0.2, 0.9], 4, 2),
        ([0.1, 0.2, 0.1, 0.3, 0.2, 0.2], 6, 4),
        ([0.0, 0.0, 0.0, 0.0], 3, 1),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], 8, 8),
    ],
)
def test_it_stops_without_progress_and_keeps_the_best_weights(
    scores: list[float],
    epochs: int,
    kept: int,
    sequences: Sequences,
    tiny: SASRecSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Weights of epoch e are marked by a bias of e; the scores on dev are made up."""
    given = iter(scores)
    done = 0

    def one_batch(*arguments: Any) -> Iterator[tuple[float, None]]:
        nonlocal done
        done += 1
        yield float(done), None

    def mark(model: SASRec, *arguments: Any) -> None:
        torch.nn.init.constant_(model.norm.bias, done)

    monkeypatch.setattr(next_item, "_epoch", one_batch)
    monkeypatch.setattr(next_item, "_step", mark)
    monkeypatch.setattr(early_stopping, "evaluate", lambda *arguments: {"ndcg@10": next(given)})
    patient = SASRecSettings.of({**tiny.values(), "patience": 2})
    model, curve = SASREC.train(sequences, patient, CPU)
    assert (len(curve), int(model.norm.bias[0])) == (epochs, kept)


def test_a_base_is_trained_once_and_scores_as_it_was_stored(
    sequences: Sequences, tiny: SASRecSettings, tmp_path: Path
) -> None:
    cache = Cache(tmp_path)
    base, built = pretrain(sequences, tiny, cache, CPU)
    again, built_again = pretrain(sequences, tiny, cache, CPU)
    assert (built, built_again) == (True, False)
    assert again == base == Base.open(base.path)
    assert base.path == tmp_path / "bases" / base.fingerprint
    model = base.model(CPU)
    for name in ("dev", "test"):
        targets = sequences.targets(name)
        scores = evaluate(model, sequences, targets, seen_of(sequences, targets), CPU)
        assert scores == base.metrics[name]
    assert base.metrics["dev"]["ndcg@10"] == max(base.meta["dev_curve"])
    assert base.meta["settings"] == tiny.values()
    assert base.meta["protocol"] == sequences.protocol(cutoffs=(5, 10, 20))
    assert not model.training and not any(part.requires_grad for part in model.parameters())


def test_readings_of_test_are_counted(
    sequences: Sequences, tiny: SASRecSettings, tmp_path: Path
) -> None:
    base, _ = pretrain(sequences, tiny, Cache(tmp_path), CPU)
    assert reads_of_test(base.path) == 1
    pretrain(sequences, tiny, Cache(tmp_path), CPU)
    assert reads_of_test(base.path) == 1
    assert count_test_read(base.path) == reads_of_test(base.path) == 2
    assert reads_of_test(tmp_path) == 0


ASK = """
import sys, torch
from pathlib import Path
from recsae.cache import Cache
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.recommenders.base import pretrain
from recsae.recommenders.sasrec.model import SASRec
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sequences import Sequences
sequences = Sequences.of(load(DataSettings(dataset="synthetic:users=40,items=20,length=8")))
settings = SASRecSettings(emb_size=8, num_heads=2, epochs=2)
print("ready", flush=True)
sys.stdin.readline()
base, built = pretrain(sequences, settings, Cache(Path(sys.argv[1])), torch.device("cpu"))
print(built, base.fingerprint)
"""


def test_two_processes_that_ask_at_once_train_one_base(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ASK, str(tmp_path)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as one, subprocess.Popen(command, **pipes) as two:
        for process in (one, two):
            assert process.stdout.readline() == "ready\n"
        for process in (one, two):
            process.stdin.write("\n")
            process.stdin.flush()
        answers = [process.communicate()[0].split() for process in (one, two)]
    assert sorted(answer[0] for answer in answers) == ["False", "True"]
    assert answers[0][1] == answers[1][1]


@pytest.mark.parametrize("name", list(SASRecSettings.model_fields))
def test_every_setting_makes_another_base(name: str, sequences: Sequences) -> None:
    settings = SASRecSettings()
    value = settings.values()[name]
    words = {"schedule": "cosine", "loss": "sampled"}
    other = words.get(name) or (value + 0.1 if isinstance(value, float) else value * 2 or 1)
    changed = SASRecSettings.of({**settings.values(), name: other})
    assert fingerprint(sequences, changed) != fingerprint(sequences, settings)


def test_the_data_and_its_order_make_another_base_and_its_name_does_not(
    sequences: Sequences,
) -> None:
    settings = SASRecSettings()
    plain = fingerprint(sequences, settings)
    assert fingerprint(replace(sequences, name="other", filtered="other"), settings) == plain
    swapped = sequences.items.copy()
    swapped[:2] = swapped[1::-1]
    fewer = Targets(*(part[1:] for part in sequences.dev))
    for changed in ({"items": swapped}, {"dev": fewer}, {"n_items": 13}):
        assert fingerprint(replace(sequences, **changed), settings) != plain


def test_nothing_to_train_on_is_said_in_a_line(sequences: Sequences, tiny: SASRecSettings) -> None:
    short = replace(sequences, train_lengths=np.ones_like(sequences.train_lengths))
    with pytest.raises(RecsaeError, match="ring: nothing to train on"):
        SASREC.train(short, tiny, CPU)
    without = replace(sequences, dev=Targets(*(part[:0] for part in sequences.dev)))
    with pytest.raises(
        RecsaeError, match="ring: expected at least 2 users with a dev target, found 0"
    ):
        SASREC.train(without, tiny, CPU)


def test_a_base_that_diverges_is_said_in_a_line(
    sequences: Sequences, tiny: SASRecSettings, tmp_path: Path
) -> None:
    wild = SASRecSettings.of({**tiny.values(), "lr": 1e38})
    with pytest.raises(RecsaeError, match="lr: SASRec diverged"):
        pretrain(sequences, wild, Cache(tmp_path), CPU)
    assert not any((tmp_path / "bases").iterdir())
