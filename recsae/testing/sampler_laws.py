"""What every sampler keeps to: its proposals are valid, and depend on events, seed and number."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pytest

from recsae.search.engine.history import History, Trial
from recsae.search.engine.new_trials import completed
from recsae.search.samplers.base import Sampler
from recsae.search.samplers.guided import GuidedSampler
from recsae.search.schedulers.base import Scheduler
from recsae.search.strategies import sampler_for, strategy_for
from recsae.space import SearchSpace, space_of
from recsae.space.kinds import SAMPLERS
from recsae.testing.searches import drawn_in, search

MODELS = ["SASRec_SAE", "SASRec_SAE_Attention"]
PARAMETERS: dict[str, Any] = {
    "sae_k": {"int": [2, 16], "log": True},
    "sae_lr": {"float": [1e-4, 1e-1], "log": True, "scale": "latents"},
    "sae_scale_size": {"choice": [2, 4, 8]},
    "sae_batch_size": {"int": [256, 1024], "step": 256},
    "sae_attn_heads": {"choice": [1, 2, 4], "when": {"model_name": "SASRec_SAE_Attention"}},
    "sae_epochs": 3,
}
EXTRAS: dict[str, Any] = {
    "points": [{"model_name": "SASRec_SAE_Attention", "sae_attn_heads": 4}, {"sae_k": 7}],
    "constraints": {"l0": "<= 9"},
    "parameters": PARAMETERS | {"sae_k": {**PARAMETERS["sae_k"], "prior": {"around": 8}}},
}


FINITE: dict[str, Any] = {
    "sae_k": {"choice": [2, 4, 8]},
    "sae_scale_size": {"choice": [2, 4]},
    "sae_attn_heads": {"choice": [1, 2], "when": {"model_name": "SASRec_SAE_Attention"}},
    "sae_epochs": 3,
}
"""Of 3 x 2 settings of one model and 3 x 2 x 2 of the other."""
SETTINGS = 18
RANGED: dict[str, Any] = {
    "sae_scale_size": {"choice": [2, 4, 8]},
    "sae_k": {"int": ["min(4, sae_scale_size)", "sae_scale_size * 4"], "log": True},
    "sae_dead_window": {"float": [0.1, 1.0]},
    "sae_auxk": {"float": ["sae_dead_window / 4", "sae_dead_window"], "prior": {"around": 0.1}},
    "sae_batch_size": [
        {"int": [256, 1024], "step": 256, "when": {"model_name": "SASRec_SAE"}},
        {"choice": [64, 96]},
    ],
    "sae_epochs": 3,
}
"""Ranges that depend on other parameters, and a parameter of two cases."""


def finite(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with many choices in place of ranges of numbers."""
    return {
        name: {"choice": np.geomspace(form["float"][0], form["float"][1], 97).tolist()}
        if isinstance(form, dict) and "float" in form
        else form
        for name, form in parameters.items()
    }


def space_with(sampler: str, seed: int = 0, trials: int = 22, **keys: Any) -> SearchSpace:
    """Return a space of every kind of parameter."""
    values = {
        "model_name": MODELS,
        "parameters": PARAMETERS,
        "scheduler": {"name": "asha_promote", "reduction_factor": 2},
        "search": {"sampler": sampler, "seed": seed, "trials": trials},
        **keys,
    }
    if SAMPLERS.says(sampler, "decides"):
        del values["scheduler"]
    if SAMPLERS.says(sampler, "finite"):
        values["parameters"] = finite(values["parameters"])
    return space_of(values)


class SamplerLaws:
    """Laws of each of `names`."""

    names: ClassVar[Sequence[str]]
    trials: ClassVar[Mapping[str, int]] = {}
    """Trials of a search of those that take long."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Repeat each law for each sampler."""
        metafunc.parametrize("name", self.names)

    def space(self, name: str, **keys: Any) -> SearchSpace:
        """Return a space of the laws."""
        return space_with(name, trials=self.trials.get(name, 22), **keys)

    def test_what_its_text_says_holds_of_the_class(self, name: str) -> None:
        kind = SAMPLERS.get(name)
        assert issubclass(kind, Sampler) and SAMPLERS.about(name).description
        for trait in ("one_objective", "learns_from_others", "stateful", "finite", "decides"):
            assert SAMPLERS.says(name, trait) == getattr(kind, trait), trait
        own = sampler_for(self.space(name)).scheduler()
        assert isinstance(own, Scheduler) if kind.decides else own is None

    def test_what_is_drawn_is_valid_and_honours_the_conditions(self, name: str) -> None:
        made = self.space(name)
        drawn = drawn_in(search(made))
        assert len(drawn) == made.search.trials
        by_name = {parameter.name: parameter for parameter in made.parameters}
        for number, values in enumerate(drawn):
            attends = values["model_name"] == "SASRec_SAE_Attention"
            assert ("sae_attn_heads" in values) == attends
            assert "sae_epochs" not in values
            assert all(by_name[n].takes(v) for n, v in values.items() if n != "model_name")
            assert json.loads(json.dumps(values)) == values
            assert completed(made, values, number).settings["sae_batch_size"] % 256 == 0
        assert {values["model_name"] for values in drawn} == set(MODELS)

    def test_the_seed_alone_decides(self, name: str) -> None:
        first = search(self.space(name), workers=3)
        assert first == search(self.space(name), workers=3)
        other = drawn_in(search(self.space(name, seed=1), workers=3))
        assert all(a != b for a, b in zip(drawn_in(first), other, strict=True))

    @pytest.mark.parametrize(("workers", "scheduler"), [(1, "asha_promote"), (3, "asha")])
    def test_a_killed_search_goes_on_as_if_it_had_not_been(
        self, name: str, workers: int, scheduler: str
    ) -> None:
        made = self.space(name, scheduler={"name": scheduler, "reduction_factor": 2}, **EXTRAS)
        whole = search(made, workers=workers)
        cuts = (20, len(whole) - 4) if name in self.trials else range(1, len(whole), 7)
        for cut in cuts:
            past = search(made, workers=workers, kill_at=cut)
            assert past == whole[:cut]
            strategy = strategy_for(made)
            assert search(made, workers=workers, past=past, strategy=strategy) == whole
            assert strategy.exact

    def test_asking_twice_changes_nothing(self, name: str) -> None:
        made = self.space(name)
        sampler, history = GuidedSampler(made, sampler_for(made)), History(made.objectives)
        for number in range(4):
            drawn = sampler.propose(history, number)
            assert sampler.propose(history, number) == drawn
            trial = Trial(number, "SASRec_SAE", drawn, drawn, 3)
            sampler.on_event(history, history.add(trial))

    def test_several_objectives(self, name: str) -> None:
        if SAMPLERS.says(name, "one_objective"):
            pytest.skip("it has one; the space says so")
        made = self.space(name, objectives={"l0": "min", "ndcg@10": "max"})
        assert len(drawn_in(search(made, workers=2))) == made.search.trials

    def test_initial_points_come_first_and_the_rest_of_them_is_drawn(self, name: str) -> None:
        first, second, third, *_ = drawn_in(search(self.space(name, **EXTRAS), kill_at=30))
        assert (first["model_name"], first["sae_attn_heads"]) == ("SASRec_SAE_Attention", 4)
        assert second["sae_k"] == 7
        assert second["sae_lr"] != third["sae_lr"] != first["sae_lr"]

    def test_a_space_without_a_choice(self, name: str) -> None:
        values = {"model_name": "SASRec_SAE", "parameters": {"sae_k": 3}}
        made = space_of(values | {"search": {"sampler": name, "trials": 3}})
        assert drawn_in(search(made)) == [{}, {}, {}]

    def small(self, name: str, **search: Any) -> SearchSpace:
        """Return a space of few settings, searched by more trials than these."""
        about = {"sampler": name, "seed": 3, "trials": 50, **search}
        return self.space(name, parameters=FINITE, search=about)

    @pytest.mark.parametrize("times", [1, 2])
    def test_each_setting_of_a_finite_space_is_tried_so_often_and_no_more(
        self, name: str, times: int
    ) -> None:
        made = self.small(name, replicates=times)
        strategy = strategy_for(made)
        drawn = drawn_in(journal := search(made, workers=3, strategy=strategy))
        counts = Counter(json.dumps(values, sort_keys=True) for values in drawn)
        assert made.grid.size == SETTINGS and made.trials == SETTINGS * times
        assert set(counts.values()) == {times} and len(counts) == SETTINGS
        seeds = [event["settings"]["sae_seed"] for event in journal if event["kind"] == "asked"]
        assert len(set(seeds)) == len(seeds)
        history = History(made.objectives)
        assert str(strategy.over(history)).startswith(f"all {SETTINGS} settings of the space")

    def test_a_finite_search_that_was_killed_goes_on_as_if_it_had_not_been(self, name: str) -> None:
        made = self.small(name)
        whole = search(made, workers=2)
        for cut in (9, len(whole) // 2, len(whole) - 3):
            past = search(made, workers=2, kill_at=cut)
            assert past == whole[:cut]
            strategy = strategy_for(made)
            assert search(made, workers=2, past=past, strategy=strategy) == whole
            assert strategy.exact

    def ranged(self, name: str) -> SearchSpace:
        """Return a space whose ranges depend on other parameters."""
        finite_ = {**RANGED, "sae_dead_window": 0.4, "sae_auxk": 0.1}
        parameters = finite_ if SAMPLERS.says(name, "finite") else RANGED
        return self.space(name, parameters=parameters, points=[{"sae_scale_size": 2, "sae_k": 8}])

    def test_ranges_that_depend_on_others_are_kept_to(self, name: str) -> None:
        made = self.ranged(name)
        drawn = drawn_in(search(made, workers=2))
        assert len(drawn) == made.search.trials
        for values in drawn:
            scale, window = values["sae_scale_size"], values.get("sae_dead_window", 0.4)
            assert min(4, scale) <= values["sae_k"] <= scale * 4
            assert window / 4 <= values.get("sae_auxk", 0.1) <= window
            plain = values["model_name"] == "SASRec_SAE"
            assert values["sae_batch_size"] in ([256, 512, 768, 1024] if plain else [64, 96])
        assert {values["model_name"] for values in drawn} == set(MODELS)

    def test_with_such_ranges_a_killed_search_goes_on_as_if_it_had_not_been(
        self, name: str
    ) -> None:
        made = self.ranged(name)
        whole = search(made, workers=2)
        for cut in (9, len(whole) // 2):
            past, strategy = search(made, workers=2, kill_at=cut), strategy_for(made)
            assert search(made, workers=2, past=past, strategy=strategy) == whole
            assert strategy.exact
