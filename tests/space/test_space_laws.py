"""Laws of search spaces: all valid ones survive a round trip and draw valid settings only."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from space.made_draws import by_chance

from recsae.errors import RecsaeError
from recsae.metrics.registry import directions
from recsae.space import SearchSpace, space_of, stored_space
from recsae.space.file_format.document import read_document
from recsae.space.file_format.schema import schema
from recsae.space.kinds import SAMPLERS

SCHEMA = jsonschema.Draft7Validator(schema())
ATTENTION, CONTRASTIVE = "SASRec_SAE_Attention", "SASRec_SAE_Contrastive"


def subsets(values: Sequence[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, unique=True)


@st.composite
def integer(draw: st.DrawFn, least: int, most: int) -> Any:
    """A bare integer, a value, a range or choices from least to most (two integers at least)."""
    low = draw(st.integers(least, most - 1))
    step = draw(st.integers(1, 3))
    high = low + step * draw(st.integers(1, max(1, (most - low) // step)))
    forms = [low, {"value": low}, {"choice": [low, low + 1]}, {"int": [low, low + 1], "log": True}]
    if high <= most:
        forms += [{"int": [low, high], "step": step}, {"int": [low, high]}]
    return draw(st.sampled_from(forms))


@st.composite
def number(draw: st.DrawFn, least: float, most: float) -> Any:
    """A bare number, a value, a range or choices from least to most (least above 0)."""
    low, high = sorted(draw(st.lists(st.floats(least, most), min_size=2, max_size=2, unique=True)))
    ends = {"float": [low, high], "log": draw(st.booleans())}
    return draw(st.sampled_from([low, {"value": high}, {"choice": [high, low]}, ends]))


def conditional(body: Any, when: dict[str, Any]) -> dict[str, Any]:
    return {**(body if isinstance(body, dict) else {"value": body}), "when": when}


@st.composite
def parameters_of(draw: st.DrawFn, models: list[str], width: int) -> dict[str, Any]:
    scales = draw(subsets([2, 4, 8, 16, 32]))
    everyone = {
        "sae_k": integer(1, min(min(scales) * width, 99)),
        "sae_scale_size": st.just({"choice": scales}),
        "sae_epochs": integer(2, 40),
        "sae_lr": number(1e-5, 1.0).map(
            lambda body: body | {"scale": "latents"} if "float" in str(body) else body
        ),
        "sae_auxk": number(0.001, 1.0),
        "sae_positions": st.sampled_from(["all", {"choice": ["last", "all"]}]),
    }
    names = draw(subsets([name for name in everyone if name not in ("sae_k", "sae_scale_size")]))
    found = {name: draw(everyone[name]) for name in ["sae_k", "sae_scale_size", *names]}
    if draw(st.booleans()):
        when = {"sae_scale_size": draw(st.sampled_from([scales[0], scales]))}
        found["sae_dead_window"] = conditional(draw(number(0.1, 1.0)), when)
    if ATTENTION in models:
        heads = {"choice": draw(subsets([1, 2, 4, 8]))}
        found["sae_attn_heads"] = conditional(heads, {"model_name": ATTENTION})
        when = {"sae_attn_heads": [heads["choice"][0]]}
        found["sae_attn_dropout"] = conditional(draw(number(0.01, 0.9)), when)
    if CONTRASTIVE in models:
        same = conditional({"choice": [True, False]}, {"model_name": [CONTRASTIVE]})
        found["sae_contrastive_same_item"] = same
    shuffled = draw(st.permutations(list(found)))
    return {name: believed(draw, found[name]) for name in shuffled}


def believed(draw: st.DrawFn, body: Any) -> Any:
    """The same with a prior around one of its values, if it is searched."""
    forms = [form for form in ("int", "float", "choice") if isinstance(body, dict) and form in body]
    if not forms or draw(st.booleans()):
        return body
    prior = {"around": draw(st.sampled_from(body[forms[0]]))}
    sure = draw(st.sampled_from([{}, {"sure": "low"}, {"sure": "high"}]))
    return {**body, "prior": prior | sure}


def points(parameters: dict[str, Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Lists of points that give some of what always takes part."""
    free = {
        name: st.sampled_from(
            next(body[form] for form in ("int", "float", "choice") if form in body)
        )
        for name, body in parameters.items()
        if isinstance(body, dict) and not {"value", "when"} & set(body)
    }
    several = st.fixed_dictionaries({}, optional=free).filter(bool)
    return st.lists(several, max_size=2) if free else st.just([])


@st.composite
def spaces(draw: st.DrawFn) -> dict[str, Any]:
    """The values of a valid space file."""
    models = draw(subsets(["SASRec_SAE", ATTENTION, CONTRASTIVE]))
    width = draw(st.sampled_from([8, 32, 64]))
    space: dict[str, Any] = {
        "model_name": models[0] if len(models) == 1 else models,
        "parameters": draw(parameters_of(models, width)),
        "base": {"emb_size": width, "num_heads": draw(st.sampled_from([1, 2, 4]))},
    }
    search = {
        "sampler": st.sampled_from(SAMPLERS.names),
        "trials": st.integers(1, 10**6),
        "replicates": st.integers(1, 9),
        "seed": st.integers(0, 2**31),
        "max_device_seconds": st.none() | st.floats(1, 99),
        "max_epochs": st.none() | st.integers(1, 99),
        "stop_at_noise": st.booleans(),
        "finalists": st.integers(0, 9),
        "finalist_seeds": st.integers(1, 9),
        "decide_by": st.sampled_from(["auto", "expected", "observed"]),
        "select_by": st.sampled_from(["expected", "observed"]),
        "max_hours": st.none() | st.floats(0.01, 99) | st.integers(1, 9),
    }
    metrics = draw(subsets(list(directions())))
    optional = {
        "dataset": st.none() | st.text(min_size=1).filter(str.strip),
        "data": st.just({"min_user": 5, "order": "random:3"}) | st.none(),
        "search": st.fixed_dictionaries({}, optional=search),
        "scheduler": st.sampled_from([None, {"name": "none"}, {"reduction_factor": 2}]),
        "resources": st.sampled_from([None, {"cpus": 0.5}, {"gpus": 0.25, "cpus": 2}, {"gpus": 1}]),
        "constraints": st.sampled_from([None, {}, {"dead": "<= 0.5", "hr@10": " >=1e-2"}]),
        "points": points(space["parameters"]) | st.none(),
        "objectives": st.just({name: directions()[name] for name in metrics}) | st.none(),
    }
    space |= draw(st.fixed_dictionaries({}, optional=optional))
    forms = [form for form in space["parameters"].values() if isinstance(form, dict)]
    sampler = space.get("search", {}).get("sampler", "")
    if SAMPLERS.says(sampler, "finite") and any("float" in form for form in forms):
        del space["search"]["sampler"]
    if len(space.get("objectives") or {}) > 1:  # there is no one noise to stop at
        space.get("search", {}).pop("stop_at_noise", None)
        if SAMPLERS.says(space.get("search", {}).get("sampler", ""), "one_objective"):
            del space["search"]["sampler"]
    return space


class Quoting(yaml.SafeDumper):
    """Puts every text in quotes: our reader takes more of them for numbers than YAML 1.1 does."""


Quoting.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def as_yaml(values: dict[str, Any]) -> str:
    return yaml.dump(values, Dumper=Quoting, sort_keys=False)


def loaded(text: str) -> SearchSpace:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "space.yaml"
        path.write_text(text, encoding="utf-8")
        return space_of(read_document(path, "space.yaml").value)


@given(spaces())
@settings(max_examples=80, deadline=None)
def test_a_space_survives_being_written_and_read(values: dict[str, Any]) -> None:
    space = space_of(values)
    again = space_of(space.resolved())
    assert loaded(as_yaml(values)) == space
    assert again == space
    assert loaded(as_yaml(space.resolved())) == space
    assert as_yaml(again.resolved()) == as_yaml(space.resolved())  # 1, 1.0 and true differ
    assert again.fingerprint == space.fingerprint
    stored = stored_space(space.resolved(), space.source)
    assert stored == space
    assert as_yaml(stored.resolved()) == as_yaml(space.resolved())


@given(spaces())
@settings(max_examples=50, deadline=None)
def test_the_schema_takes_every_valid_space(values: dict[str, Any]) -> None:
    SCHEMA.validate(values)
    SCHEMA.validate(space_of(values).resolved())


KEYS = ("int", "float", "choice", "value", "log", "step", "scale", "prior", "when", "junk")
ODD = (True, 0, 2, "latents", None, [], [1, 2], [2, 2], {}, {"around": 1}, {"sae_k": [1]})


@given(spaces(), st.sampled_from(KEYS), st.sampled_from(ODD), st.data())
@settings(max_examples=150, deadline=None)
def test_what_the_schema_refuses_is_a_mistake(
    values: dict[str, Any], key: str, odd: Any, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(values["parameters"])))
    body = values["parameters"][name]
    values["parameters"][name] = {**(body if isinstance(body, dict) else {}), key: odd}
    if not SCHEMA.is_valid(values):
        with pytest.raises(RecsaeError):
            space_of(values)


@given(spaces(), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_every_draw_is_valid_and_honours_the_conditions(values: dict[str, Any], seed: int) -> None:
    space = space_of(values)
    params = space.suggest(by_chance(seed))
    held = space.settings_for(params).values()
    assert params.pop("model_name") in space.models
    assert params.items() <= held.items()
    assert held["sae_epochs"] <= space.max_epochs
    for parameter in space.parameters:
        written = values["parameters"][parameter.name]
        when = written.get("when", {}) if isinstance(written, dict) else {}
        drawn = params | {"model_name": space_model(held)}
        met = all(
            name in drawn and drawn[name] in (body if isinstance(body, list) else [body])
            for name, body in when.items()
        )
        assert (parameter.name in params) == met
        if met and parameter.kind in ("int", "float") and not parameter.scale:
            assert parameter.low <= params[parameter.name] <= parameter.high


def space_model(held: dict[str, Any]) -> str:
    """Return the model whose settings these are."""
    return {
        "sae_attn_heads" in held: ATTENTION,
        "sae_contrastive_temp" in held: CONTRASTIVE,
    }.get(True, "SASRec_SAE")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "int",
                        "float",
                        "choice",
                        "value",
                        "log",
                        "when",
                        "step",
                        "scale",
                        "prior",
                        "around",
                        "sae_k",
                        "model_name",
                    ]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from(
        [
            "sae_k",
            "sae_lr",
            "sae_positions",
            "data",
            "base",
            "objectives",
            "constraints",
            "points",
            "search",
            "scheduler",
            "resources",
            "model_name",
            "dataset",
            "parameters",
        ]
    ),
)
@settings(max_examples=300, deadline=None)
def test_any_value_anywhere_is_taken_or_one_line(value: Any, key: str) -> None:
    values = {"model_name": "SASRec_SAE", "parameters": {"sae_k": 3}}
    (values["parameters"] if key.startswith("sae_") else values)[key] = value
    try:
        space = loaded(as_yaml(values))
    except RecsaeError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert space_of(space.resolved()) == space
