"""Scores of concepts in trials: measured when asked for, from train and dev, against a slow way."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import TINY

from recsae.activations.concept_rows import attribute_rows, check_needs, frequent_tags, true_rows
from recsae.activations.store import Activations
from recsae.errors import SettingError
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.metrics.registry import metrics, on_request
from recsae.sae import files
from recsae.sae.base import SAESettings
from recsae.sae.registry import variant
from recsae.sequences import Sequences
from recsae.trial import SAETrial, run_trial

ASKED = on_request(metrics())
SETTINGS = SAESettings(sae_epochs=2, sae_k=3, sae_lr=1e-2, sae_batch_size=64)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def trial(activations: Activations) -> SAETrial:
    made = SAETrial("SASRec_SAE", SETTINGS, activations, asked=ASKED)
    run_trial(made, lambda epoch, found: None)
    return made


def test_they_are_measured_only_when_asked_for(activations: Activations) -> None:
    plain = SAETrial("SASRec_SAE", SETTINGS, activations)
    assert not any(ASKED & set(plain.step()) for _ in range(2))
    as_objective = SAETrial("SASRec_SAE", SETTINGS, activations, objectives=["concept_auc"])
    assert [ASKED & set(as_objective.step()) for _ in range(2)] == [{"concept_auc"}] * 2
    as_constraint = SAETrial("SASRec_SAE", SETTINGS, activations, asked=["purity", "fvu"])
    assert [ASKED & set(as_constraint.step()) for _ in range(2)] == [set(), {"purity"}]


def test_asking_changes_no_other_figure(activations: Activations, trial: SAETrial) -> None:
    plain = SAETrial("SASRec_SAE", SETTINGS, activations)
    figures = run_trial(plain, lambda epoch, found: None)
    assert trial.measured is not None
    assert {k: v for k, v in trial.measured.metrics.items() if k not in ASKED} == {
        k: v for k, v in figures.items() if not k.startswith("train/")
    }


def dense(trial: SAETrial, states: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        values, indices = trial.model.encode(torch.from_numpy(np.array(states)))
    return torch.zeros(len(states), trial.model.latents).scatter(1, indices, values).numpy()


def auc(score_R: np.ndarray, has_R: np.ndarray) -> float:
    apart = score_R[has_R][:, None] - score_R[~has_R]
    return float(((apart > 0) + (apart == 0) / 2).mean())


def test_concept_auc_is_that_of_counting_pairs(activations: Activations, trial: SAETrial) -> None:
    known = activations.attributes
    train, dev = dense(trial, activations.train_x), dense(trial, activations.dev_x)
    found = []
    for value in known["value"].unique():
        items = known["item"][known["value"] == value]
        on_train = np.isin(activations.train_next, items)
        best = max(range(train.shape[1]), key=lambda n: auc(train[:, n], on_train))
        found.append(auc(dev[:, best], np.isin(activations.dev_target, items)))
    assert trial.measured is not None and len(found) == 4
    assert trial.measured.metrics["concept_auc"] == pytest.approx(np.mean(found))
    assert trial.measured.metrics["coverage"] == np.mean(np.array(found) >= 0.8)


def test_test_plays_no_part(activations: Activations, trial: SAETrial) -> None:
    nothing = {name: np.full_like(getattr(activations, name), -1) for name in ("test_x",)}
    items = np.array(activations.items)
    items[activations.test_position] = 0
    other = replace(activations, items=items, **nothing)
    rows, same = (attribute_rows(one, "dev", CPU) for one in (other, activations))
    assert rows is not None and same is not None
    assert (rows.scored_RC == same.scored_RC).all() and (rows.train_SC == same.train_SC).all()


def test_true_rows_are_those_that_the_items_hint_at(activations: Activations) -> None:
    """Without noise an item belongs to the concept that is followed; here a tenth is noise."""
    rows = true_rows(activations, "dev", CPU)
    assert rows is not None and set(rows.names) <= {f"concept={number}" for number in range(4)}
    assert (rows.train_SC.sum(1) <= 1).all() and len(rows.train_SC) == len(activations.train_x)
    known = activations.attributes
    belongs = set(zip(known["item"], known["value"], strict=True))
    last = np.asarray(activations.items)[activations.train_events()]
    hinted = [
        (item, rows.names[has.argmax()].partition("=")[2]) in belongs
        for item, has in zip(last.tolist(), rows.train_SC, strict=True)
    ]
    assert np.mean(hinted) > 0.85


def test_recovery_is_low_for_states_that_know_little(trial: SAETrial) -> None:
    assert trial.measured is not None
    found = trial.measured.metrics
    assert 0 < found["concept_recovery"] < 1 and -1 < found["concept_cosine"] < 1


def test_where_nothing_is_known_they_have_no_value(activations: Activations) -> None:
    bare = replace(activations, meta={**activations.meta, "dataset": "elsewhere"})
    bare.__dict__["attributes"] = activations.attributes.iloc[:0]
    trial = SAETrial("SASRec_SAE", SETTINGS, bare, objectives=["concept_auc", "concept_recovery"])
    found = trial.step()
    assert math.isnan(found["concept_auc"]) and math.isnan(found["concept_recovery"])
    assert true_rows(bare, "dev", CPU) is None


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("coverage", {"attributes": None}, "expected data with attributes of items"),
        ("concept_recovery", {"name": "mine"}, "expected synthetic data, unfiltered"),
    ],
)
def test_what_the_data_do_not_know_is_told_before_anything_is_trained(
    name: str, change: dict[str, Any], words: str
) -> None:
    settings = DataSettings(dataset=TINY)
    sequences = Sequences.of(load(settings), settings)
    check_needs(["ndcg@10", *ASKED], sequences)
    with pytest.raises(SettingError, match=f"^{name}: {words}"):
        check_needs([name], replace(sequences, **change))


def test_kinds_of_many_values_count_by_their_frequent_ones_and_titles_do_not() -> None:
    """As many brands as items, but one that half of the items share."""
    items = np.arange(1000)
    brands = np.where(items % 2, "common", items.astype(str))
    parts = [
        pd.DataFrame({"item": items, "attribute": kind, "value": values})
        for kind, values in (("brand", brands), ("title", "one"))
    ]
    next_S, dev_R = np.arange(600) % 1000, np.arange(100)
    found = frequent_tags(pd.concat(parts), 1000, next_S, dev_R)
    assert found is not None and found[0] == ("brand=common",)
    assert (found[1][:, 0] == items % 2).all()
    assert frequent_tags(parts[1], 1000, next_S, dev_R) is None


def test_filtered_data_are_not_those_that_were_generated() -> None:
    settings = DataSettings(dataset=TINY, min_user=11)
    sequences = Sequences.of(load(settings), settings)
    with pytest.raises(SettingError, match=r"^concept_cosine: expected synthetic data"):
        check_needs(["concept_cosine"], sequences)


def test_a_twin_is_trained_where_stability_is_asked_for(activations: Activations) -> None:
    """It has the neighbouring seed, is kept with the model, and goes on from a checkpoint."""
    trial = SAETrial("SASRec_SAE", SETTINGS, activations, objectives=["stability"])
    first = trial.step()
    other = SAETrial("SASRec_SAE", SETTINGS.of({**SETTINGS.values(), "sae_seed": 1}), activations)
    other.step()
    assert trial.model.twin_ND is not None and torch.equal(trial.model.twin_ND, other.model.W_dec)
    taken_up = SAETrial("SASRec_SAE", SETTINGS, activations, objectives=["stability"])
    taken_up.load_state_dict(trial.state_dict())
    last = trial.step()
    assert taken_up.step() == last != first and -1 < last["stability"] < 1


def test_a_twin_is_kept_with_the_model(activations: Activations, tmp_path: Path) -> None:
    trial = SAETrial("SASRec_SAE", SETTINGS, activations, asked=["stability"])
    found = run_trial(trial, lambda epoch, found: None)
    trial.save(tmp_path / "kept")
    model, _ = files.load(tmp_path / "kept")
    again = trial.evaluator(model, deep=True, asked=["stability"])
    assert again["stability"] == found["stability"]
    (tmp_path / "kept" / files.TWIN).unlink()
    alone, _ = files.load(tmp_path / "kept")
    assert math.isnan(trial.evaluator(alone, deep=True, asked=["stability"])["stability"])


def test_a_dictionary_without_chance_is_stable(activations: Activations) -> None:
    """Principal components are the same whatever the seed."""
    settings = variant("SASRec_PCA").Settings.of({"sae_k": 3})
    trial = SAETrial("SASRec_PCA", settings, activations, objectives=["stability"])
    assert run_trial(trial, lambda epoch, found: None)["stability"] == pytest.approx(1.0)
