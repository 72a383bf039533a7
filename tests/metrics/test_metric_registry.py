"""A metric is one class: found by its file, or in a package beside recsae, and used everywhere."""

import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from conftest import TINY
from made_states import prepare
from outside_package import installed, lay

from recsae.activations.settings import ActivationSettings
from recsae.cache import Cache
from recsae.errors import RecsaeError
from recsae.interactions.settings import DataSettings
from recsae.metrics.base import FAMILIES
from recsae.metrics.registry import METRICS, deep_metrics, directions, listed_metrics, metrics
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.report.glossary import explained
from recsae.report.model_lines import model_lines
from recsae.sae.base import SAESettings
from recsae.space import space_of
from recsae.space.file_format.schema import schema
from recsae.trial import SAETrial

SOURCE = """
from recsae.metrics.base import Metric

class FirstPlaces(Metric):
    name = "first"
    direction = "max"
    meaning = "share of users whose next item comes first"

    def compute(self, scored):
        values_RK, indices_RK = scored.code
        assert values_RK.shape == indices_RK.shape == (len(scored.states_RD), 2)
        assert scored.reconstruction_RD.shape == scored.states_RD.shape
        assert len(scored.targets_R) == len(scored.ranks_R) == len(scored.base_ranks_R)
        return (scored.ranks_R == 1).double().mean()

class Costly(Metric):
    name = "costly"
    family = "ranking"
    deep = True
    meaning = "overlap with the base"

    def compute(self, scored):
        return scored.closeness.overlap_R.mean()
"""
SPACE = {"model_name": "SASRec_SAE", "parameters": {"sae_k": 2}, "objectives": {"first": "max"}}


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[None]:
    lay(tmp_path, SOURCE, "recsae.metrics", first="FirstPlaces", costly="Costly")
    with installed(tmp_path, METRICS):
        metrics.cache_clear()
        yield
    metrics.cache_clear()


def test_each_metric_says_what_it_is() -> None:
    for name, metric in metrics().items():
        assert metric.family in FAMILIES and metric.name == name
        assert metric.meaning and "\n" not in metric.meaning
    assert set(deep_metrics()) < set(metrics()) and set(directions()) < set(metrics())


def test_metrics_are_listed_by_family_as_they_are_defined() -> None:
    families = [FAMILIES.index(metric.family) for metric in metrics().values()]
    assert families == sorted(families)
    assert [*metrics()][:4] == ["ndcg@5", "hr@5", "ndcg@10", "hr@10"]


def test_what_the_table_of_trials_shows() -> None:
    assert listed_metrics() == [
        *("share", "recovered", "kl", "overlap@10", "fvu", "fvu_code", "l0", "alive"),
        *("coherence_mean", "leak", "leak_share", "fvu_permuted", "fvu_zeroed"),
    ]


def test_declarations_load_without_torch() -> None:
    code = "from recsae.metrics.registry import metrics; metrics()\n"
    code += "import sys; assert not {'torch', 'pandas', 'ray', 'optuna'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.usefixtures("outside")
def test_one_from_outside_is_an_objective_a_constraint_and_explained() -> None:
    space = space_of({**SPACE, "constraints": {"costly": ">= 0.5"}})
    assert dict(space.objectives) == {"first": "max"}
    objectives = schema()["properties"]["objectives"]["anyOf"][0]["properties"]
    assert objectives["first"]["const"] == "max" and "costly" not in objectives
    assert explained(["first", "unheard_of"]) == {
        "first": "share of users whose next item comes first; more is better"
    }


@pytest.mark.usefixtures("outside")
def test_one_from_outside_is_measured_beside_ours(tmp_path: Path) -> None:
    base = SASRecSettings(emb_size=8, num_layers=1, num_heads=2, epochs=1)
    store, cpu = ActivationSettings(), torch.device("cpu")
    ready = prepare(DataSettings(dataset=TINY), base, store, Cache(tmp_path / "cache"), cpu)
    settings = SAESettings(sae_epochs=2, sae_k=2)
    trial = SAETrial("SASRec_SAE", settings, ready.activations, objectives=["first"])
    first, last = trial.step(), trial.step()
    assert 0 <= first["first"] <= first["hr@5"] and type(first["first"]) is float
    assert "costly" not in first and last["costly"] == last["overlap@10"]
    lines = model_lines({"metrics": {"dev": last}})
    assert [line for line in lines if "costly" in line and "ndcg@5" in line]
    assert [line for line in lines if line.split()[:2] == ["other", "first"]]


def test_without_its_package_it_is_no_metric() -> None:
    with pytest.raises(RecsaeError, match="first: no such metric"):
        space_of(SPACE)


def test_a_base_that_finds_nothing_has_no_share(ranks_of_nothing: object) -> None:
    assert math.isnan(metrics()["share"].compute(ranks_of_nothing))  # type: ignore[arg-type]
    assert math.isnan(metrics()["recovered"].compute(ranks_of_nothing))  # type: ignore[arg-type]


@pytest.fixture
def ranks_of_nothing() -> object:
    class Nothing:
        ranks_R = torch.tensor([1, 2])
        base_ranks_R = mean_ranks_R = torch.tensor([11, 12])

        def ndcg(self, ranks_R: torch.Tensor) -> float:
            return float((ranks_R <= 10).double().mean())

    return Nothing()
