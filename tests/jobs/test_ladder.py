"""The ladder of a trial: each k as the model cut to it is scored, and what the journal keeps."""

import json
from typing import Any

import pytest

from recsae.sae.registry import variant
from recsae.search.engine.reports import Report
from recsae.trial import SAETrial, run_trial

GIVEN = {"sae_k": 6, "sae_nested_min_k": 2, "sae_epochs": 2, "sae_scale_size": 2}
TWO = ("ndcg@10", "l0")


def test_the_last_epoch_of_several_objectives_has_it(activations: Any) -> None:
    settings = variant("SASRec_SAE_Nested").Settings.of(GIVEN)
    trial = SAETrial("SASRec_SAE_Nested", settings, activations, objectives=TWO)
    trial.step()
    assert trial.ladder == []
    last = run_trial(trial, lambda epoch, metrics: None)
    curve = trial.evaluator.curve_of_k(trial.model)
    assert [row["k"] for row in trial.ladder] == [2, 4, 6]
    for row in trial.ladder:
        assert {name: row[name] for name in curve[2]} == pytest.approx(curve[int(row["k"])])
    assert all(last[name] == trial.ladder[-1][name] for name in curve[2])


@pytest.mark.parametrize("model, objectives", [("SASRec_SAE", TWO), ("SASRec_SAE_Nested", TWO[:1])])
def test_others_have_none(activations: Any, model: str, objectives: tuple[str, ...]) -> None:
    given = {"sae_k": 6, "sae_epochs": 1, "sae_scale_size": 2}
    trial = SAETrial(model, variant(model).Settings.of(given), activations, objectives=objectives)
    trial.step()
    assert trial.ladder == []


def test_a_report_keeps_it_and_one_without_is_stored_as_ever() -> None:
    told = Report(3, 1.5, {"l0": 2.0}, ladder=({"k": 1, "l0": 1.0}, {"k": 2, "l0": 2.0}))
    assert Report.unpacked(json.loads(json.dumps(told.packed(done=True)))) == told
    assert Report.of(json.loads(json.dumps(told.values()))) == told
    assert set(told._replace(ladder=()).values()) == {"epochs", "seconds", "metrics"}
