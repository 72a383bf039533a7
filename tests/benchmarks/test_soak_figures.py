"""What `benchmarks/soak.py` makes of its samples, and that its trials are trials."""

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for name in ("soak", "noop_trials"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_growth_is_told_of_each_half() -> None:
    from soak import summary

    early = [(n, 0.05 * n, 9000.0 + 80 * n) for n in range(1, 51)]
    late = [(n, 0.10 * n, 9000.0 + 20 * n) for n in range(51, 101)]
    found = summary([*early, *late])
    assert found["trials"] == 100 and found["driver_mb"] == pytest.approx(11.0)
    assert (found["kb_per_trial_first_half"], found["kb_per_trial"]) == pytest.approx((80, 20))
    assert found["seconds_per_trial_first_half"] == pytest.approx(0.05)
    assert found["seconds_per_trial"] == pytest.approx(0.1)


def test_own_memory_grows_with_what_is_kept() -> None:
    from soak import own_memory

    before = own_memory()
    kept = bytearray(b"x" * 50_000_000)
    assert own_memory() - before > 0.9 * len(kept) / 1024


def test_its_trials_are_trials_of_its_space(tmp_path: Path) -> None:
    from noop_trials import EPOCHS, NoopTrial, space_values

    from recsae.search.ray.trainable import Work
    from recsae.space import space_of

    space = space_of(space_values(5, "random"))
    assert (space.search.trials, space.max_epochs) == (5, EPOCHS)
    trial = NoopTrial("SASRec_SAE", {"sae_lr": 0.1}, Work(str(tmp_path), str(tmp_path), {}))
    values = []
    while not trial.done:
        values.append(trial.step()["ndcg@10"])
    assert len(values) == EPOCHS and values == sorted(values)
    trial.save(tmp_path / "model")
    assert (tmp_path / "model").is_dir()
