"""Each mistake in a space file is one line: the file, the line, the key, what was expected."""

from pathlib import Path

import pytest
from space.mistakes.space_mistakes import MINIMAL, mistake, space_with

from recsae.errors import RecsaeError
from recsae.space import load_space, space_of
from recsae.space.kinds import SAMPLERS

MISTAKES = {
    "misspelt top key": (
        "modelname: SASRec_SAE\nparameters: {sae_k: 2}",
        "mine.yaml:1: modelname: no such key (did you mean 'model_name'?)",
    ),
    "no model": (
        "parameters: {sae_k: 2}",
        "mine.yaml: model_name: expected the name of a model, or a list of them, got nothing",
    ),
    "misspelt model": (
        MINIMAL.replace("SASRec_SAE", "SASRec_SAE_Atention"),
        "mine.yaml:1: model_name: expected one of SASRec_PCA, SASRec_SAE, SASRec_SAE_Attention,",
    ),
    "the base is not a model to search": (MINIMAL.replace("SASRec_SAE", "SASRec"), "got 'SASRec'"),
    "misspelt model in a list": (
        "model_name:\n  - SASRec_SAE\n  - SASRec_SEA\nparameters: {sae_k: 2}",
        "mine.yaml:3: model_name: expected one of",
    ),
    "a model twice": (
        "model_name: [SASRec_SAE, SASRec_SAE]\nparameters: {sae_k: 2}",
        "mine.yaml:1: model_name: expected each model once, got SASRec_SAE twice",
    ),
    "no models in the list": ("model_name: []\nparameters: {sae_k: 2}", "mine.yaml:1: model_name"),
    "a number as model": ("model_name: 3\nparameters: {sae_k: 2}", "a list of them, got 3"),
    "no parameters": ("model_name: SASRec_SAE", "mine.yaml: parameters: expected settings"),
    "empty parameters": (
        "model_name: SASRec_SAE\nparameters:",
        "mine.yaml:2: parameters: expected",
    ),
    "parameters as a list": ("model_name: SASRec_SAE\nparameters: [sae_k]", "mine.yaml:2: param"),
    "misspelt data set": (
        space_with("dataset: groccery"),
        "mine.yaml:4: dataset: expected a path or one of",
    ),
    "a number as data set": (
        space_with("dataset: 3"),
        "mine.yaml:4: dataset: expected a name or a path, got 3",
    ),
    "misspelt setting of the data": (
        space_with("data: {min_usr: 5}"),
        "mine.yaml:4: min_usr: no such setting (did you mean 'min_user'?)",
    ),
    "wrong order of the data": (
        space_with("data: {order: tim}"),
        "mine.yaml:4: order: expected time, file or random:SEED, got 'tim'",
    ),
    "data set in the wrong place": (
        space_with("data: {dataset: ml-100k}"),
        "mine.yaml:4: dataset: expected at the top of the file, not in data:",
    ),
    "misspelt setting of the base": (
        space_with("base:\n  emb_siz: 64"),
        "mine.yaml:5: emb_siz: no such setting (did you mean 'emb_size'?)",
    ),
    "heads of the base": (
        space_with("base: {num_heads: 5}"),
        "mine.yaml:4: num_heads: expected a divisor of ",
    ),
    "a checkpoint with settings": (
        space_with("base:\n  checkpoint: mine\n  emb_size: 64"),
        "mine.yaml:6: emb_size: expected it or the base 'mine', which has its settings",
    ),
    "a checkpoint with a preset": (
        space_with("base: {checkpoint: mine, preset: best}"),
        "mine.yaml:4: preset: expected it or the base 'mine', which has its settings",
    ),
    "a number as checkpoint": (
        space_with("base: {checkpoint: 3}"),
        "mine.yaml:4: checkpoint: expected a text or nothing, got 3",
    ),
    "an unknown preset": (
        space_with("base: {preset: bets}"),
        "mine.yaml:4: preset: expected one of default, best, got 'bets' (did you mean 'best'?)",
    ),
    "a wrong setting beside a preset": (
        space_with("base: {preset: best, num_heads: 0}"),
        "mine.yaml:4: num_heads: expected an integer >= 1, got 0",
    ),
    "heads beside a preset": (
        space_with("base: {preset: best, emb_size: 64, num_heads: 5}"),
        "mine.yaml:4: num_heads: expected a divisor of emb_size 64, got 5",
    ),
    "a fingerprint alone": (
        space_with("base: {fingerprint: abcdef}"),
        "mine.yaml:4: fingerprint: expected beside checkpoint, the name of a base",
    ),
    "a text as base": (space_with("base: big"), "mine.yaml:4: base: expected keys and values, got"),
    "unknown metric": (
        space_with("objectives: {ndgc@10: max}"),
        "mine.yaml:4: ndgc@10: no such metric (did you mean 'ndcg@10'?)",
    ),
    "other cut-off": (
        space_with("objectives: {ndcg@101: max}"),
        "mine.yaml:4: ndcg@101: no such metric",
    ),
    "wrong direction": (
        space_with("objectives: {ndcg@10: min}"),
        "mine.yaml:4: ndcg@10: expected max (more is better), got 'min'",
    ),
    "wrong direction of a cost": (
        space_with("objectives:\n  ndcg@10: max\n  l0: max"),
        "mine.yaml:6: l0: expected min (less is better), got 'max'",
    ),
    "misspelt sampler": (
        space_with("search: {sampler: tpee}"),
        f"mine.yaml:4: sampler: expected one of {', '.join(SAMPLERS.names)},"
        " got 'tpee' (did you mean 'tpe'?)",
    ),
    "cmaes with several objectives": (
        space_with("objectives: {ndcg@10: max, l0: min}\nsearch: {sampler: cmaes}"),
        "mine.yaml:5: sampler: expected another with several objectives, got cmaes",
    ),
    "finalists without seeds": (
        space_with("search: {finalists: 3, finalist_seeds: 0}"),
        "mine.yaml:4: finalist_seeds: expected an integer >= 1, got 0",
    ),
    "unknown metric of a constraint": (
        space_with("constraints: {ded: '<= 5'}"),
        "mine.yaml:4: ded: no such metric (did you mean 'dead'?)",
    ),
    "a bare number as constraint": (
        space_with("constraints:\n  l0: 16"),
        """mine.yaml:5: l0: expected "<= NUMBER" or ">= NUMBER", got 16""",
    ),
    "another sign in a constraint": (
        space_with("constraints: {l0: '< 16'}"),
        """mine.yaml:4: l0: expected "<= NUMBER" or ">= NUMBER", got '< 16'""",
    ),
    "an endless constraint": (space_with("constraints: {l0: '<= 1e999'}"), "got '<= 1e999'"),
    "a constraint on leaks": (
        space_with("constraints: {leak: '<= 0'}"),
        "mine.yaml:4: leak: what leaks is never allowed; it needs no constraint",
    ),
    "constraints as a list": (
        space_with("constraints: [l0]"),
        "mine.yaml:4: constraints: expected",
    ),
    "points as a mapping": (
        space_with("points: {sae_k: 3}"),
        "mine.yaml:4: points: expected a list of settings, got {'sae_k': 3}",
    ),
    "an empty point": (space_with("points:\n  - {}"), "mine.yaml:5: points: expected settings to"),
    "misspelt setting of a point": (
        space_with("points:\n  - {sae_k: 3}\n  - {sae_kk: 3}"),
        "mine.yaml:6: sae_kk: expected model_name or a parameter of this file (did you mean 'sae_k",
    ),
    "a point outside": (
        space_with("points: [{sae_k: 17}]"),
        "mine.yaml:4: sae_k: expected an integer from 2 to 16, got 17",
    ),
    "a fraction in a point": (space_with("points: [{sae_k: 2.5}]"), "from 2 to 16, got 2.5"),
    "true as a number of a point": (
        space_with("points: [{sae_k: true}]"),
        "from 2 to 16, got True",
    ),
    "a point of another model": (
        space_with("points: [{model_name: SASRec_PCA}]"),
        "mine.yaml:4: model_name: expected SASRec_SAE, got 'SASRec_PCA'",
    ),
    "a point without the condition of its setting": (
        MINIMAL + "  sae_auxk: {float: [0.1, 1], when: {sae_k: [3, 4]}}\npoints: [{sae_auxk: 0.5}]",
        "mine.yaml:5: sae_auxk: expected sae_k: 3 or 4 beside it, without which it takes no part",
    ),
    "a prior as a bare value": (
        MINIMAL.replace("log: true", "prior: 8"),
        "mine.yaml:3: sae_k.prior: expected {around: value, sure: medium}, got 8",
    ),
    "misspelt part of a prior": (
        MINIMAL.replace("log: true", "prior: {arround: 8}"),
        "mine.yaml:3: sae_k.prior.arround: expected around or sure, got 'arround' (did you mean",
    ),
    "a prior around nothing": (
        MINIMAL.replace("log: true", "prior: {sure: low}"),
        "mine.yaml:3: sae_k.prior.around: expected a value, got nothing",
    ),
    "misspelt certainty": (
        MINIMAL.replace("log: true", "prior: {around: 8, sure: hihg}"),
        "sae_k.prior.sure: expected low, medium or high, got 'hihg' (did you mean 'high'?)",
    ),
    "a prior outside": (
        MINIMAL.replace("log: true", "prior: {around: 1}"),
        "mine.yaml:3: sae_k.prior.around: expected an integer from 2 to 16, got 1",
    ),
    "a prior of a fixed value": (
        MINIMAL.replace("{int: [2, 16], log: true}", "{value: 3, prior: {around: 3}}"),
        "mine.yaml:3: sae_k.prior: expected value or when, got 'prior'",
    ),
    "no trials": (space_with("search:\n\n  trials: 0"), "mine.yaml:6: trials: expected an integer"),
    "a fraction of a trial": (
        space_with("search: {trials: 2.5}"),
        "expected an integer >= 1, got 2.5",
    ),
    "misspelt scheduler": (
        space_with("scheduler: {name: ahsa}"),
        "mine.yaml:4: name: expected one of auto, asha, asha_promote, hyperband, median, none,"
        " one_epoch, got 'ahsa' (did you mean 'asha'?)",
    ),
    "factor of one": (space_with("scheduler: {reduction_factor: 1}"), "expected an integer >= 2"),
    "nobody kept": (
        space_with("scheduler: {keep: 0}"),
        "mine.yaml:4: keep: expected an integer >= 1",
    ),
    "grace longer than a trial": (
        space_with("scheduler: {grace_epochs: 11}"),
        "mine.yaml:4: grace_epochs: expected at most sae_epochs 10, got 11",
    ),
    "misspelt resource": (
        space_with("resources: {gpu: 1}"),
        "mine.yaml:4: gpu: no such setting (did you mean 'gpus'?)",
    ),
    "no cpu": (
        space_with("resources: {cpus: 0}"),
        "mine.yaml:4: cpus: expected a number > 0, got 0",
    ),
    "one and a half gpus": (
        space_with("resources: {gpus: 1.5}"),
        "gpus: expected 0, 1, a fraction below 1, or auto, as a trial uses one device, got 1.5",
    ),
    "two gpus": (
        space_with("resources: {gpus: 2}"),
        "mine.yaml:4: gpus: expected 0, 1, a fraction below 1, or auto, as a trial uses one device",
    ),
    "misspelt auto": (
        space_with("resources: {gpus: atuo}"),
        "mine.yaml:4: gpus: expected a number >= 0 and <= 1 or auto, got 'atuo' (did you mean 'a",
    ),
    "a section as a number": (
        space_with("search: 5"),
        "mine.yaml:4: search: expected keys and value",
    ),
    "a section as a list": (space_with("resources: [1]"), "mine.yaml:4: resources: expected keys"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_one_line(tmp_path: Path, name: str) -> None:
    text, expected = MISTAKES[name]
    assert expected in mistake(tmp_path, text)


def test_the_nearest_model_is_named(tmp_path: Path) -> None:
    message = mistake(tmp_path, MINIMAL.replace("SASRec_SAE", "SASRec_SAE_Atention"))
    assert message.endswith("got 'SASRec_SAE_Atention' (did you mean 'SASRec_SAE_Attention'?)")


def test_values_from_memory_have_no_line() -> None:
    with pytest.raises(RecsaeError) as caught:
        space_of({"model_name": "SASRec_SAE", "parameters": {"sae_k": 0}}, "runs/a/search.yaml")
    assert str(caught.value) == "runs/a/search.yaml: sae_k: expected an integer >= 1, got 0"


def test_a_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"model_name: \xff\xfe\xfa\n")
    with pytest.raises(RecsaeError) as caught:
        load_space(path)
    assert "not valid YAML" in str(caught.value)
    assert "\n" not in str(caught.value)
