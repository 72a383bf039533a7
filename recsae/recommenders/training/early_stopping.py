"""Trains any recommender until dev gets no better, and keeps the weights of its best epoch."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch

from recsae.errors import RecsaeError, SettingError
from recsae.metrics.ranking import NotFiniteError, Seen
from recsae.progress import meter
from recsae.recommenders.architecture import Trained
from recsae.recommenders.recommender import Recommender
from recsae.recommenders.states import evaluate, seen_of
from recsae.recommenders.training.settings import TrainingSettings
from recsae.sequences import Sequences

_FEWEST_TARGETS = 2
Model = TypeVar("Model", bound=Recommender)
Epoch = Callable[[int], Iterator[float]]
"""Trains the epoch of that number, a step at a time; yields the epochs done by each step."""


def trained(
    name: str,
    sequences: Sequences,
    settings: TrainingSettings,
    device: torch.device,
    build: Callable[[], Model],
    epoch_of: Callable[[Model, torch.optim.Optimizer], Epoch],
) -> Trained:
    """Return the model that `build` returns, trained; `name` is what it is called in messages.

    Raises RecsaeError with nothing to train on or to choose by, or when the weights diverge.
    """
    _check(sequences)
    with _seeded(settings.base_seed, device):
        model = build().to(device)
        optimizer = torch.optim.AdamW(model.parameters(), lr=settings.lr, fused=True)
        curve = _fit(name, model, sequences, settings, epoch_of(model, optimizer), device)
    return Trained(model.eval().requires_grad_(False), curve)


def _fit(
    name: str,
    model: Recommender,
    sequences: Sequences,
    settings: TrainingSettings,
    epoch: Epoch,
    device: torch.device,
) -> list[float]:
    seen = seen_of(sequences, sequences.dev)
    curve: list[float] = []
    with meter(f"{name} epoch", settings.epochs) as progress:
        for number in range(settings.epochs):
            note = f"dev NDCG@10 {curve[-1]:.4f}" if curve else ""
            model.train()
            for done in epoch(number):
                progress(done, note)
            score = _score(name, model.eval(), sequences, seen, device)
            progress(number + 1, f"dev NDCG@10 {score:.4f}")
            if score > max(curve, default=-1.0):
                # Its tensors are those that the next step changes.
                weights = copy.deepcopy(model.state_dict())
            curve.append(score)
            if number - curve.index(max(curve)) >= settings.patience:
                break
    model.load_state_dict(weights)
    return curve


def _score(
    name: str, model: Recommender, sequences: Sequences, seen: Seen, device: torch.device
) -> float:
    try:
        return evaluate(model, sequences, sequences.dev, seen, device)["ndcg@10"]
    except NotFiniteError:
        raise SettingError("lr", f"{name} diverged: its scores are not finite; lower it") from None


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Let torch draw from `seed` in the block, and as if nothing had been drawn after it."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _check(sequences: Sequences) -> None:
    if not sequences.train_rows().length.any():
        raise RecsaeError(
            f"{sequences.name}: nothing to train on: expected a user with 2 or more training items"
        )
    # One state alone has no spread, and nothing to exchange codes with.
    for split, targets in (("dev", sequences.dev), ("test", sequences.test)):
        if len(targets.user) < _FEWEST_TARGETS:
            message = f"expected at least {_FEWEST_TARGETS} users with a {split} target"
            raise RecsaeError(f"{sequences.name}: {message}, found {len(targets.user)}")
