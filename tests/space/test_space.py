"""What a space file may say, and what it means."""

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from space.made_draws import First

from recsae.errors import RecsaeError, SettingError
from recsae.space import Parameter, SearchSettings, SearchSpace, load_space, space_of

MINIMAL = """\
model_name: SASRec_SAE
parameters:
  sae_k: {int: [2, 16], log: true}
"""

FULL = """\
model_name: [SASRec_SAE, SASRec_SAE_Attention]
dataset: synthetic
data: {min_user: 5}
base: {emb_size: 32, num_heads: 2}
activations: {activation_dtype: float16}
parameters:
  sae_attn_heads: {choice: [1, 2, 4], when: {model_name: SASRec_SAE_Attention}}
  sae_k: {int: [2, 16], log: true}
  sae_lr: {float: [1e-4, 1e-2], log: true, scale: latents}
  sae_scale_size: {choice: [2, 8]}
  sae_epochs: 30
objectives: {ndcg@10: max}
search: {sampler: random, trials: 7, seed: 3, max_hours: 2}
scheduler: {name: asha, grace_epochs: 2, reduction_factor: 4}
resources: {cpus: 0.5, gpus: 0.25}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


def test_the_least_that_a_space_needs(tmp_path: Path) -> None:
    space = load_space(written(tmp_path, MINIMAL))
    assert space.models == ("SASRec_SAE",)
    assert space.dataset is None
    assert space.objectives == {"ndcg@10": "max"}
    assert (space.search.sampler, space.search.trials, space.search.max_hours) == ("tpe", 64, None)
    assert (space.scheduler.name, space.resources.gpus) == ("asha", "auto")
    assert space.width == 64
    assert space.max_epochs == 10


def test_everything_that_a_space_may_say(tmp_path: Path) -> None:
    space = load_space(written(tmp_path, FULL))
    assert space.models == ("SASRec_SAE", "SASRec_SAE_Attention")
    assert space.data_settings().min_user == 5
    assert space.width == space.base.given["emb_size"] == 32
    assert space.activations.activation_dtype == "float16"
    by_name = {parameter.name: parameter for parameter in space.parameters}
    heads, k, lr = by_name["sae_attn_heads"], by_name["sae_k"], by_name["sae_lr"]
    assert (heads.kind, heads.choices) == ("choice", (1, 2, 4))
    assert heads.when == (("model_name", ("SASRec_SAE_Attention",)),)
    assert (k.kind, k.low, k.high, k.log, k.step, k.line) == ("int", 2, 16, True, None, 8)
    assert (lr.kind, lr.low, lr.high, lr.scale) == ("float", 1e-4, 1e-2, "latents")
    assert (by_name["sae_epochs"].kind, by_name["sae_epochs"].value) == ("fixed", 30)
    assert space.max_epochs == 30
    search = SearchSettings(sampler="random", trials=7, seed=3, max_hours=2.0)
    assert space.search == search
    assert (space.scheduler.grace_epochs, space.scheduler.reduction_factor) == (2, 4)
    assert (space.resources.cpus, space.resources.gpus) == (0.5, 0.25)


def test_the_model_is_drawn_first_and_only_active_parameters_follow(tmp_path: Path) -> None:
    space = load_space(written(tmp_path, FULL))
    draw = First(model_name="SASRec_SAE")
    assert "sae_attn_heads" not in space.suggest(draw)
    assert draw.asked[0].name == "model_name"
    assert draw.asked[0].choices == ("SASRec_SAE", "SASRec_SAE_Attention")
    params = space.suggest(First(model_name="SASRec_SAE_Attention", sae_attn_heads=4))
    assert params["sae_attn_heads"] == 4
    assert params["sae_epochs"] == 30


def test_a_single_model_is_not_drawn(tmp_path: Path) -> None:
    draw = First()
    params = load_space(written(tmp_path, MINIMAL)).suggest(draw)
    assert params == {"model_name": "SASRec_SAE", "sae_k": 2}
    assert draw.asked == [Parameter("sae_k", "int", 2, 16, log=True)]


def test_scale_latents_is_worked_out_for_the_width_of_the_base(tmp_path: Path) -> None:
    space = load_space(written(tmp_path, FULL))
    wide = space.suggest(First(sae_lr=0.001, sae_scale_size=8))
    assert wide["sae_lr"] == pytest.approx(0.001 * math.sqrt(2**14 / (8 * 32)), rel=1e-12)
    unscaled = space_of({**space.resolved(), "parameters": {"sae_lr": {"float": [0.001, 0.1]}}})
    assert unscaled.suggest(First())["sae_lr"] == 0.001


def test_scale_latents_takes_the_default_scale_when_none_is_given() -> None:
    parameters = {"sae_lr": {"float": [0.001, 0.1], "scale": "latents"}}
    space = space_of({"model_name": "SASRec_SAE", "parameters": parameters})
    assert space.suggest(First())["sae_lr"] == pytest.approx(0.001 * math.sqrt(2**14 / 128))


def test_conditions_come_first_and_chain() -> None:
    space = space_of(
        {
            "model_name": "SASRec_SAE",
            "parameters": {
                "sae_auxk": {"float": [0.1, 1.0], "when": {"sae_dead_window": [0.5, 1.0]}},
                "sae_dead_window": {"choice": [0.25, 0.5, 1.0], "when": {"sae_k": 3}},
                "sae_k": {"int": [2, 4]},
            },
        }
    )
    assert [p.name for p in space.parameters] == ["sae_k", "sae_dead_window", "sae_auxk"]
    assert list(space.suggest(First(sae_k=2))) == ["model_name", "sae_k"]
    assert "sae_auxk" not in space.suggest(First(sae_k=3, sae_dead_window=0.25))
    assert "sae_auxk" in space.suggest(First(sae_k=3, sae_dead_window=0.5))


def test_settings_for_builds_the_models_own_settings(tmp_path: Path) -> None:
    space = load_space(written(tmp_path, FULL))
    params = {"model_name": "SASRec_SAE_Attention", "sae_attn_heads": 2, "sae_k": 3}
    settings = space.settings_for(params)
    assert type(settings).__name__ == "AttentionSettings"
    assert (settings.sae_k, settings.values()["sae_attn_heads"]) == (3, 2)
    with pytest.raises(SettingError, match="sae_k: expected at most 64"):
        space.settings_for({"model_name": "SASRec_SAE", "sae_k": 65})
    with pytest.raises(SettingError, match="no such setting"):
        space.settings_for({"model_name": "SASRec_SAE", "sae_attn_heads": 2})


@pytest.mark.parametrize(
    ("epochs", "most"),
    [
        (7, 7),
        ({"int": [2, 9]}, 9),
        ({"choice": [20, 5]}, 20),
        ({"value": 3, "when": {"sae_k": 2}}, 10),
    ],
)
def test_max_epochs(epochs: Any, most: int) -> None:
    parameters = {"sae_k": {"choice": [2, 3]}, "sae_epochs": epochs}
    assert space_of({"model_name": "SASRec_SAE", "parameters": parameters}).max_epochs == most


def test_several_objectives_take_any_scheduler() -> None:
    values = {
        "model_name": "SASRec_SAE",
        "parameters": {"sae_k": 3},
        "objectives": {"ndcg@10": "max", "l0": "min"},
    }
    assert space_of(values).scheduler.name == "median"
    for name in ("asha", "asha_promote", "hyperband", "one_epoch", "none"):
        assert space_of({**values, "scheduler": {"name": name}}).scheduler.name == name


def test_numbers_with_an_exponent_need_no_point(tmp_path: Path) -> None:
    text = "model_name: SASRec_SAE\nparameters: {sae_lr: {float: [1e-4, 1E-2]}, sae_auxk: 1e-3}\n"
    lr, auxk = load_space(written(tmp_path, text)).parameters
    assert (lr.low, lr.high, auxk.value) == (1e-4, 1e-2, 1e-3)


class TestOverride:
    @pytest.fixture
    def space(self, tmp_path: Path) -> SearchSpace:
        return load_space(written(tmp_path, FULL))

    def test_nothing_given_changes_nothing(self, space: SearchSpace) -> None:
        assert space.override() == space

    def test_what_is_given_replaces(self, space: SearchSpace) -> None:
        new = space.override(
            data={"dataset": "synthetic:seed=3"},
            search={"trials": 2, "seed": 9, "sampler": "tpe", "max_hours": None},
            resources={"cpus": 2},
        )
        assert (new.dataset, new.search.trials, new.search.seed) == ("synthetic:seed=3", 2, 9)
        assert (new.search.sampler, new.search.max_hours) == ("tpe", 2.0)
        assert (new.resources.cpus, new.resources.gpus) == (2.0, 0.25)
        assert space.search.trials == 7
        more = {"max_device_seconds": 60.0, "max_epochs": 9, "finalists": 4, "finalist_seeds": 2}
        new = space.override(search={**more, "stop_at_noise": True}, scheduler={"name": "median"})
        assert new.search.values().items() >= {**more, "stop_at_noise": True}.items()
        assert (new.scheduler.name, new.scheduler.grace_epochs) == ("median", 2)
        assert new.fingerprint != space.fingerprint

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"search": {"trials": 0}}, "trials: expected an integer >= 1, got 0"),
            ({"search": {"seed": -1}}, "seed: expected an integer >= 0, got -1"),
            (
                {"search": {"sampler": "tpee"}},
                "sampler: expected one of cmaes, gp, grid, nsgaii, ours, qmc, random, tpe,"
                " got 'tpee' (did you mean 'tpe'?)",
            ),
            ({"scheduler": {"name": "ahsa"}}, "scheduler: expected one of auto, asha,"),
            ({"scheduler": {"grace_epochs": 0}}, "grace_epochs: expected an integer >= 1, got 0"),
            (
                {"search": {"max_epochs": 0}},
                "max_epochs: expected an integer >= 1 or nothing, got 0",
            ),
            ({"search": {"finalists": -1}}, "finalists: expected an integer >= 0, got -1"),
            ({"search": {"max_hours": 0}}, "max_hours: expected a number > 0 or nothing, got 0"),
            (
                {"resources": {"gpus": 2}},
                "gpus: expected 0, 1, a fraction below 1, or auto, as a trial uses one device",
            ),
            ({"data": {"dataset": "ml-100"}}, "did you mean 'ml-100k'?"),
        ],
    )
    def test_a_wrong_value_is_refused(
        self, space: SearchSpace, change: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(SettingError) as caught:
            space.override(**change)
        assert message in str(caught.value)

    def test_no_data_set_at_all_is_told_late(self, tmp_path: Path) -> None:
        space = load_space(written(tmp_path, MINIMAL))
        with pytest.raises(RecsaeError, match="dataset: expected a name or path, or --dataset"):
            space.data_settings()
        assert space.override(data={"dataset": "synthetic"}).data_settings().dataset == "synthetic"


def test_fingerprint_follows_the_content_not_the_layout(tmp_path: Path) -> None:
    one = load_space(written(tmp_path, MINIMAL))
    same = load_space(written(tmp_path, "# a comment\n" + MINIMAL.replace("{int", "{  int")))
    other = load_space(written(tmp_path, MINIMAL.replace("16", "15")))
    assert one == same and one.fingerprint == same.fingerprint
    assert one != other and one.fingerprint != other.fingerprint


def test_a_space_is_read_without_torch_ray_optuna_or_pandas(tmp_path: Path) -> None:
    path = written(tmp_path, FULL)
    code = (
        "import sys; from recsae.space import load_space; "
        f"load_space({str(path)!r}).suggest; "
        "heavy = {'torch', 'ray', 'optuna', 'pandas', 'plotly'} & set(sys.modules); "
        "sys.exit(str(sorted(heavy)) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
