"""A model that is meant for several k is scored at each of them, where it is scored at all."""

from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import TINY

from recsae.activations.settings import ActivationSettings
from recsae.activations.store import Activations
from recsae.cache import Cache
from recsae.errors import SettingError
from recsae.interactions.settings import DataSettings
from recsae.jobs import training
from recsae.jobs.evaluation import evaluate, score_model
from recsae.jobs.scores import AS_SEARCHED, write_outcome
from recsae.jobs.sources import Source
from recsae.metrics.ranking import ndcg
from recsae.metrics.reconstruction import fvu
from recsae.recommenders.base_choice import BaseChoice
from recsae.report.model_lines import model_lines
from recsae.results import Files
from recsae.results.frames import read_frame
from recsae.sae import files
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variant
from recsae.scoring import Evaluator
from recsae.test_reads import reads_of_test

NAME = "SASRec_SAE_Nested"
FEW = {"sae_epochs": 2, "sae_lr": 1e-2, "sae_batch_size": 64}
SETTINGS = variant(NAME).Settings.of({**FEW, "sae_k": 6, "sae_nested_min_k": 2})
SOURCE = Source(
    DataSettings(dataset=TINY),
    BaseChoice.of({"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 2}),
    ActivationSettings(),
)


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSAE_CACHE", str(tmp_path_factory.mktemp("curves")))
        yield


@pytest.fixture(scope="module")
def trained() -> dict[str, Any]:
    return training.train(NAME, SETTINGS, SOURCE, seed=0, device="cpu")


@pytest.fixture(scope="module")
def activations(trained: dict[str, Any]) -> Activations:
    return SOURCE.prepare(Cache.default(), torch.device("cpu")).activations


def test_each_k_scores_what_a_model_of_that_k_does(
    trained: dict[str, Any], activations: Activations
) -> None:
    model, _ = files.load(Path(trained["path"]))
    assert [row["k"] for row in trained["curve_of_k"]] == [2, 4, 6]
    for row in trained["curve_of_k"]:
        settings = SETTINGS.of({**SETTINGS.values(), "sae_k": row["k"]})
        smaller = SparseAutoencoder(model.variant, settings, model.width)
        smaller.load_state_dict(model.state_dict())
        for split in ("dev", "test"):
            evaluator, x = Evaluator(activations, split), activations.states(split)
            own = ndcg(evaluator.ranks(smaller), 10)
            with torch.no_grad():
                recon, values = smaller(x), smaller.encode(x).values_BK
            base = trained["base"]["metrics"][split]["ndcg@10"]
            expected = {
                "ndcg@10": own,
                "share": own / base,
                "fvu": fvu(x, recon),
                "l0": (values > 0).sum().item() / len(x),
            }
            found = {name: row[f"{split}/{name}"] for name in expected}
            assert found == pytest.approx(expected, rel=1e-6)
        assert len(row) == 1 + 2 * len(expected)


def test_at_sae_k_the_curve_has_the_figures_of_the_model(trained: dict[str, Any]) -> None:
    last = trained["curve_of_k"][-1]
    for split in ("dev", "test"):
        own = trained["metrics"][split]
        assert {name: last[f"{split}/{name}"] for name in ("ndcg@10", "share", "fvu", "l0")} == {
            name: own[name] for name in ("ndcg@10", "share", "fvu", "l0")
        }


def test_it_lies_beside_the_model_and_is_found_again(trained: dict[str, Any]) -> None:
    folder, curve = Path(trained["path"]), trained["curve_of_k"]
    assert read_frame(folder / Files.CURVE_OF_K).to_dict("records") == curve
    assert "curve_of_k" not in (folder / Files.METRICS).read_text()
    before = reads_of_test(folder)
    assert before == 1  # the curve is not one more
    found = evaluate(trained["path"], mask="history", storage=None, device="cpu")
    saved = training.evaluate_saved(NAME, SETTINGS, SOURCE, seed=0, device="cpu")
    assert found["curve_of_k"] == saved["curve_of_k"] == curve
    assert found["reproduced"] and saved["reproduced"] and reads_of_test(folder) == before + 2
    other = evaluate(trained["path"], mask="none", storage=None, device="cpu")["curve_of_k"]
    assert other != curve and read_frame(folder / Files.CURVE_OF_K).to_dict("records") == curve


@pytest.mark.parametrize("k", [4, 3], ids=["of its ladder", "between two"])
def test_a_model_is_evaluated_at_another_k(
    trained: dict[str, Any], activations: Activations, k: int
) -> None:
    found = evaluate(trained["path"], mask="history", k=k, storage=None, device="cpu")
    model, _ = files.load(Path(trained["path"]))
    own = Evaluator(activations, "dev").ranks(model.at_k(k))
    assert found["k"] == k and found["reproduced"] is None
    assert found["metrics"]["dev"]["ndcg@10"] == pytest.approx(ndcg(own, 10), rel=1e-6)
    assert found["metrics"]["dev"]["l0"] <= k
    if k == 4:
        (rung,) = (row for row in trained["curve_of_k"] if row["k"] == k)
        assert found["metrics"]["test"]["ndcg@10"] == rung["test/ndcg@10"]
    assert found["metrics"] != trained["metrics"]


def test_at_its_own_k_a_model_has_the_stored_figures(trained: dict[str, Any]) -> None:
    found = evaluate(trained["path"], mask="history", k=6, storage=None, device="cpu")
    assert found["k"] == 6 and found["reproduced"] and found["metrics"] == trained["metrics"]


def test_a_k_above_its_own_is_refused(trained: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="at most 6, for which it was trained, got 7"):
        evaluate(trained["path"], mask="history", k=7, storage=None, device="cpu")


def test_what_a_search_found_has_it_too(trained: dict[str, Any], tmp_path: Path) -> None:
    outcome = score_model(Path(trained["path"]), AS_SEARCHED, Cache.default(), None)
    write_outcome(tmp_path, outcome)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curve_of_k.parquet", Files.METRICS]
    metrics = Path(trained["path"]) / Files.METRICS
    assert (tmp_path / Files.METRICS).read_text() == metrics.read_text()


def test_a_person_reads_it_as_a_table(trained: dict[str, Any]) -> None:
    lines = model_lines(trained)
    place = lines.index("with the k largest values of each code alone:")
    table = [line.split() for line in lines[place + 1 : place + 5]]
    assert table[0][:3] == ["k", "dev/ndcg@10", "dev/share"]
    assert [line[0] for line in table[1:]] == ["2", "4", "6"]
    assert len({len(line) for line in lines[place + 1 : place + 5]}) == 1


def test_a_model_of_one_k_has_none() -> None:
    settings = variant("SASRec_SAE").Settings.of(FEW)
    outcome = training.train("SASRec_SAE", settings, SOURCE, seed=0, device="cpu")
    assert "curve_of_k" not in outcome
    assert not (Path(outcome["path"]) / Files.CURVE_OF_K).exists()
    assert not any("k largest" in line for line in model_lines(outcome))
