"""The shipped spaces: what each promises, that all draws are valid, and how they are found."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from space.made_draws import by_chance

from recsae.errors import RecsaeError
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sae.registry import variants
from recsae.space import SchedulerSettings, load_space
from recsae.space.file_format.schema import schema, schema_text, write_schema
from recsae.space.shipped import find_space, shipped_folder, shipped_spaces

SINGLE = {
    "sasrec_sae.yaml": "SASRec_SAE",
    "sasrec_sae_attention.yaml": "SASRec_SAE_Attention",
    "sasrec_sae_contrastive.yaml": "SASRec_SAE_Contrastive",
    "sasrec_sae_random.yaml": "SASRec_SAE_Random",
}
FULL = [*SINGLE, "all_variants.yaml"]
ALL = [*FULL, "interpretable.yaml", "pareto.yaml", "smoke.yaml"]


def test_these_are_the_shipped_spaces() -> None:
    assert shipped_spaces() == sorted(ALL)


@pytest.mark.parametrize("name", ALL)
def test_two_hundred_draws_of_a_shipped_space_are_valid(name: str) -> None:
    space = load_space(name)
    rates = []
    for seed in range(200):
        params = space.suggest(by_chance(seed))
        held = space.settings_for(params)
        assert params.items() - {("model_name", params["model_name"])} <= held.values().items()
        assert params["model_name"] in space.models
        assert held.sae_epochs == space.max_epochs
        assert held.values().get("sae_attn_mode", "code") == "code"
        rates.append(held.sae_lr)
    assert 1e-4 < min(rates) < 4e-3 and 1e-2 < max(rates) < 0.1


@pytest.mark.parametrize("name", ALL)
def test_a_shipped_space_leaves_the_base_to_its_defaults(name: str) -> None:
    assert "base" not in yaml.safe_load(find_space(name).read_text())
    assert load_space(name).base.values() == SASRecSettings().values()


@pytest.mark.parametrize("name", FULL)
def test_the_full_spaces_search_what_was_agreed(name: str) -> None:
    space = load_space(name)
    by_name = {parameter.name: parameter for parameter in space.parameters}
    k = by_name["sae_k"]
    assert (k.kind, k.low, k.high, k.log) == ("int", 2, 16, True)
    assert max(by_name["sae_scale_size"].choices) == 32
    assert by_name["sae_lr"].scale == "latents"
    assert space.objectives == {"ndcg@10": "max"}
    assert space.scheduler == SchedulerSettings(name="asha", grace_epochs=1, reduction_factor=3)
    assert space.max_epochs == 27
    assert (space.search.sampler, space.search.trials) == ("tpe", 64)


@pytest.mark.parametrize("name", SINGLE)
def test_the_space_of_one_variant(name: str) -> None:
    assert load_space(name).models == (SINGLE[name],)


def test_all_variants_searches_every_candidate_in_the_same_ranges() -> None:
    """But what is meant for several k, which a search of one k would misjudge."""
    space = load_space("all_variants.yaml")
    candidates = [
        name
        for name, kind in variants().items()
        if not kind.control and not kind.ladder(kind.Settings.of({}))
    ]
    assert sorted(space.models) == sorted(candidates)
    together = {p.name: p.written() for p in space.parameters}
    for name, model in SINGLE.items():
        alone = {p.name: p.written() for p in load_space(name).parameters}
        for setting, written in alone.items():
            other = together[setting]
            if isinstance(other, dict) and "when" in other:
                assert other.pop("when") == {"model_name": [model]}
            assert other in (written, {"value": written})


def test_pareto_trades_quality_for_sparsity() -> None:
    space = load_space("pareto.yaml")
    assert space.objectives == {"ndcg@10": "max", "l0": "min"}
    assert space.scheduler.name == "median" and space.max_epochs == 9
    assert next(p.high for p in space.parameters if p.name == "sae_k") == 64


def test_interpretable_trades_quality_for_meaning_in_the_ranges_of_pareto() -> None:
    space, other = load_space("interpretable.yaml"), load_space("pareto.yaml")
    assert space.objectives == {"ndcg@10": "max", "concept_auc": "max"}
    assert space.parameters == other.parameters and space.scheduler == other.scheduler


def test_smoke_is_small_and_touches_everything() -> None:
    space = load_space("smoke.yaml")
    assert space.search.trials >= 8
    assert space.dataset == "synthetic"
    assert space.max_epochs <= 5
    assert space.scheduler.name == "asha"
    assert len(space.models) == 3
    assert any(parameter.when for parameter in space.parameters)


class TestFinding:
    @pytest.mark.parametrize("name", ["smoke.yaml", "search_spaces/smoke.yaml"])
    def test_by_name_from_anywhere(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert find_space(name) == shipped_folder() / "smoke.yaml"
        assert load_space(name).source == name

    def test_a_file_of_ones_own_comes_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        text = "model_name: SASRec_SAE\nparameters: {sae_k: 3}\n"
        Path("smoke.yaml").write_text(text)
        assert load_space("smoke.yaml").models == ("SASRec_SAE",)

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("smok.yaml", "smok.yaml: no such search-space file (did you mean 'smoke.yaml'?)"),
            ("search_spaces/paretto.yaml", "(did you mean 'pareto.yaml'?)"),
            ("elsewhere/smoke.yaml", "elsewhere/smoke.yaml: no such search-space file"),
            ("qqqqqqqq", "qqqqqqqq: no such search-space file"),
            (".", ".: expected a search-space file, got a folder"),
        ],
    )
    def test_a_wrong_name_is_one_line(
        self, name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(RecsaeError) as caught:
            load_space(name)
        assert message in str(caught.value)

    def test_the_nearest_of_ones_own_files_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "groceries.yaml").write_text("")
        with pytest.raises(RecsaeError, match=r"did you mean .groceries[.]yaml"):
            load_space(tmp_path / "grocery.yaml")


class TestSchema:
    def test_the_shipped_schema_is_up_to_date(self) -> None:
        shipped = (shipped_folder() / "schema.json").read_text()
        assert shipped == schema_text(), "run: python -m recsae.space.file_format.schema"

    def test_it_is_a_schema_and_written_whole(self, tmp_path: Path) -> None:
        jsonschema.Draft7Validator.check_schema(schema())
        assert write_schema(tmp_path).read_text() == schema_text()

    @pytest.mark.parametrize("name", ALL)
    def test_each_shipped_space_names_and_fits_it(self, name: str) -> None:
        text = find_space(name).read_text()
        assert text.startswith("# yaml-language-server: $schema=schema.json\n")
        jsonschema.validate(yaml.safe_load(text), schema())

    @pytest.mark.parametrize(
        "change",
        [
            {"modelname": "SASRec_SAE"},
            {"model_name": "SASRec_SEA"},
            {"parameters": {"sae_kk": 3}},
            {"parameters": {"sae_k": 0}},
            {"parameters": {"sae_k": {"int": [0, 3]}}},
            {"parameters": {"sae_k": {"int": [1, 3], "scale": "latents"}}},
            {"parameters": {"sae_positions": {"choice": ["lst"]}}},
            {"objectives": {"ndcg@10": "min"}},
            {"search": {"trials": 0}},
            {"scheduler": {"name": "ahsa"}},
            {"resources": {"gpus": "many"}},
            {"data": {"dataset": "ml-100k"}},
        ],
        ids=str,
    )
    def test_it_refuses_mistakes(self, change: dict[str, Any]) -> None:
        values = {"model_name": "SASRec_SAE", "parameters": {"sae_k": 3}}
        jsonschema.validate(values, schema())
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(values | change, schema())
