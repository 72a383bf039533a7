"""What a search drew, read back from its frames."""

from pathlib import Path
from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from search.past_runs import MODELS, SPACE, make_run

from recsae.results import Results, create, load_results, write_trials
from recsae.search.optuna_views.past_trials import past_trials


def test_what_was_drawn_is_read_back(tmp_path: Path) -> None:
    results, drawn = make_run(tmp_path / "a", 40)
    past = past_trials(results)
    for params, one in zip(past.params, drawn, strict=True):
        assert params == {**one, "sae_lr": pytest.approx(one["sae_lr"])}
        assert type(params["sae_k"]) is int


def test_distributions_are_those_of_the_space(tmp_path: Path) -> None:
    past = past_trials(make_run(tmp_path / "a", 40)[0])
    assert past.distributions == {
        "model_name": CategoricalDistribution(MODELS),
        "sae_k": IntDistribution(2, 16, log=True),
        "sae_scale_size": CategoricalDistribution([2, 4, 8]),
        "sae_lr": FloatDistribution(1e-4, 1e-1, log=True),
        "sae_auxk": CategoricalDistribution([0, 0.5, 1.0]),
        "sae_attn_heads": CategoricalDistribution([1, 2, 4]),
    }


def run(path: Path, parameters: dict[str, Any], values: list[Any], **more: Any) -> Results:
    create(path, {"space": {"parameters": parameters, "objectives": {"ndcg@10": "max"}}})
    rows = [
        {"trial_id": i, "state": "COMPLETE", "model_name": "m", "p": value, **more}
        for i, value in enumerate(values)
    ]
    write_trials(path, rows)
    return load_results(path)


@pytest.mark.parametrize(
    ("spec", "values", "expected"),
    [
        ({"int": [2, 8]}, [1, 9], IntDistribution(1, 9)),
        ({"int": [2, 8], "step": 2}, [2, 4], IntDistribution(2, 8, step=2)),
        ({"int": [2, 8], "step": 2}, [2, 5], IntDistribution(2, 8)),
        ({"int": [2, 8], "step": 2}, [2, 9], IntDistribution(2, 9)),
        ({"int": [2, 8], "log": True}, [0, 4], IntDistribution(0, 8)),
        ({"float": [0.1, 1.0]}, [0.05, 0.5], FloatDistribution(0.05, 1.0)),
        ({"float": [0.1, 1.0]}, [0.1 * (1 - 1e-12)], FloatDistribution(0.1, 1.0)),
        ({"choice": [1, 2]}, [3, 1], CategoricalDistribution([1, 2, 3])),
        ({"choice": ["a", 1]}, [1, "a"], CategoricalDistribution(["a", 1])),
        ({"choice": [True, False]}, [False, True], CategoricalDistribution([True, False])),
        ({"choice": [None, 1]}, [None, 1], CategoricalDistribution([None, 1])),
    ],
)
def test_a_range_holds_what_was_seen(
    tmp_path: Path, spec: Any, values: list[Any], expected: object
) -> None:
    past = past_trials(run(tmp_path / "a", {"p": spec}, values))
    assert past.distributions == {"p": expected}
    assert [params["p"] for params in past.params] == pytest.approx(values)
    for params in past.params:
        assert past.distributions["p"]._contains(
            past.distributions["p"].to_internal_repr(params["p"])
        )


def test_a_parameter_that_took_no_part_was_not_drawn(tmp_path: Path) -> None:
    parameters = {"q": {"choice": [1, 2]}, "p": {"int": [1, 4], "when": {"q": [2]}}}
    for q, drawn in ((1, False), (2, True)):
        past = past_trials(run(tmp_path / str(q), parameters, [3, 4], q=q))
        assert [("p" in params) for params in past.params] == [drawn, drawn]


def test_fixed_settings_and_seeds_are_no_parameters(tmp_path: Path) -> None:
    names = set(past_trials(make_run(tmp_path / "a", 10)[0]).distributions)
    assert names == {"model_name", *SPACE["parameters"]} - {"sae_epochs"}


def test_a_run_without_trials_has_no_parameters(tmp_path: Path) -> None:
    past = past_trials(make_run(tmp_path / "a", 0)[0])
    assert past.rows == past.params == [] and past.distributions == {}
