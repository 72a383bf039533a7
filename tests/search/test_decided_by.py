"""A search that decides by expected values: what differs, and that a kill changes nothing."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsae.search.engine.events import Event
from recsae.search.strategies import strategy_for
from recsae.space import SearchSpace, space_of
from recsae.space.stored import stored_space
from recsae.testing.searches import drawn_in, made_metrics, search


def space(decides: str = "expected", **search: Any) -> SearchSpace:
    return space_of(
        {
            "model_name": ["SASRec_SAE", "SASRec_SAE_Attention"],
            "base": {"emb_size": 16},
            "parameters": {
                "sae_k": {"int": [2, 16]},
                "sae_lr": {"float": [1e-4, 1e-1], "log": True},
                "sae_epochs": 4,
            },
            "objectives": {"ndcg@10": "max"},
            "search": {"trials": 30, "decide_by": decides, **search},
            "scheduler": {"name": "asha", "reduction_factor": 2},
        }
    )


def lucky(trial_id: int, settings: dict[str, Any], epoch: int) -> dict[str, Any] | None:
    """Return made metrics whose score has a luck of its own in each epoch."""
    made = made_metrics(trial_id, settings, epoch)
    luck = np.random.default_rng([trial_id, epoch]).normal(0, 0.02)
    return None if made is None else {**made, "ndcg@10": made["ndcg@10"] + luck}


def found(made: SearchSpace, **keys: Any) -> list[Event]:
    return search(made, curve=lucky, **keys)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_killed_search_goes_on_as_if_it_had_not_been(workers: int) -> None:
    whole = found(space(), workers=workers)
    told = [at for at, event in enumerate(whole) if event.get("expected")]
    assert len(told) > 10
    # Before, at and after a decision that rests on an expected value, and in the middle.
    for cut in (told[0], told[0] + 1, len(whole) // 2, told[-1] + 1):
        past = found(space(), workers=workers, kill_at=cut)
        assert past == whole[:cut]
        strategy = strategy_for(space())
        assert found(space(), workers=workers, past=past, strategy=strategy) == whole
        assert strategy.exact


def test_rungs_and_sampler_go_by_it_or_by_what_was_observed() -> None:
    expected, observed = found(space()), found(space("observed"))
    assert any("expected" in event for event in expected)
    assert not any("expected" in event for event in observed)
    assert drawn_in(expected) != drawn_in(observed)
    same: dict[str, Any] = {"sampler": "random", "trials": 80}
    decided = [
        [(e["trial_id"], e["epochs"], e["decided"]) for e in one if e["kind"] == "reported"]
        for one in (found(space(**same)), found(space("observed", **same)))
    ]
    assert decided[0] != decided[1]


@pytest.mark.parametrize(("decides", "one", "two"), [("auto", 1, 0), ("expected", 1, 1)])
def test_several_objectives_are_decided_by_what_was_observed_unless_it_is_said(
    decides: str, one: bool, two: bool
) -> None:
    made = space(decides)
    several = replace(made, objectives={"ndcg@10": "max", "l0": "min"})
    told = [any("expected" in event for event in found(each)) for each in (made, several)]
    assert told == [one, two]


def test_a_journal_that_knows_of_none_goes_on_by_what_was_observed() -> None:
    stored = space("observed").resolved()
    del stored["search"]["decide_by"]
    old = stored_space(stored, "search.yaml")
    assert old.search.decide_by == "observed"
    whole = found(space("observed"))
    assert found(old, past=whole[:60]) == whole
