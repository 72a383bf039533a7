"""`recsae space`: check, show, diff, init, schema."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from commands import Recsae, last_json

from recsae.sae.registry import variants
from recsae.space import load_space, shipped_spaces

BROKEN = """\
model_name: SASRec_SAE
parameters:
  sae_k: {int: [16, 2]}
  sae_lrr: 0.1
search: {sampler: bayes}
"""


def test_check_tells_each_mistake_on_its_line(tmp_path: Path, recsae: Recsae) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN)
    done = recsae("space", "check", path)
    assert done.code == 2
    assert [line.split(": ")[:2] for line in done.out.splitlines()] == [
        [f"{path}:3", "sae_k.int"],
        [f"{path}:4", "sae_lrr"],
        [f"{path}:5", "sampler"],
    ]
    told = last_json(recsae("space", "check", path, "--json").out)
    assert not told["valid"]
    assert [(one["line"], one["nearest"]) for one in told["mistakes"]] == [
        (3, None),
        (4, "sae_lr"),
        (5, "tpe"),
    ]


def test_check_of_a_sound_file_says_so(recsae: Recsae) -> None:
    assert recsae("space", "check", "smoke.yaml").out == "smoke.yaml: no mistakes\n"
    assert recsae("space", "check", "smoke.yaml", "--json").json["valid"]
    assert "no such search-space file" in recsae("space", "check", "none.yaml").mistake


def test_show_tells_what_a_search_draws(tmp_path: Path, recsae: Recsae) -> None:
    text = recsae("space", "show", "smoke.yaml", "--samples", 3).out
    assert "sae_attn_heads          {1, 4}, where model_name is SASRec_SAE_Attention" in text
    assert "infinitely many settings: sae_lr, sae_contrastive_weight" in text
    path = tmp_path / "finite.yaml"
    path.write_text("model_name: SASRec_SAE\nparameters: {sae_k: {int: [1, 9]}, sae_epochs: 2}\n")
    told = recsae("space", "show", path, "--json").json
    assert told["settings"] == 9
    assert [p["values"] for p in told["parameters"] if p["searched"]] == [9]
    assert recsae("space", "show", path, "--json").json["sample"] == told["sample"]
    assert recsae("space", "show", path, "--seed", 1, "--json").json["sample"] != told["sample"]


def test_diff_tells_what_another_space_says(tmp_path: Path, recsae: Recsae) -> None:
    for name, high in (("a", 8), ("b", 9)):
        space = f"model_name: SASRec_SAE\nparameters: {{sae_k: {{int: [2, {high}]}}}}\n"
        (tmp_path / name).write_text(space)
    told = recsae("space", "diff", tmp_path / "a", tmp_path / "b")
    assert told.out == "parameters.sae_k: sae_k 2 to 8 → sae_k 2 to 9 (wider)\n"
    back = recsae("space", "diff", tmp_path / "b", tmp_path / "a", "--json").json
    assert [change["widens"] for change in back["changes"]] == [False]
    assert recsae("space", "diff", "smoke.yaml", "smoke.yaml").out == "no difference\n"


@pytest.mark.parametrize("model", variants())
def test_init_begins_a_sound_space_of_every_model(
    model: str, tmp_path: Path, recsae: Recsae
) -> None:
    path = tmp_path / "mine.yaml"
    recsae("space", "init", model, "-o", path)
    space = load_space(path)
    assert space.models == (model,) and len(space.searched) >= 1
    schema = Path(path.read_text().splitlines()[0].partition("$schema=")[2])
    jsonschema.validate(yaml.safe_load(path.read_text()), json.loads(schema.read_text()))
    # What is a comment is as sound, once it is none.
    whole = path.read_text().replace("  # sae_", "  sae_")
    path.write_text(whole)
    assert len(load_space(path).parameters) > len(space.parameters)
    assert "exists already" in recsae("space", "init", model, "-o", path).mistake
    assert f"model_name: {model}" in recsae("space", "init", model).out


def test_init_of_no_model_names_the_nearest(recsae: Recsae) -> None:
    assert "did you mean 'SASRec_SAE'?" in recsae("space", "init", "SASRec_SEA").mistake


def test_the_schema_is_printed_and_travels(tmp_path: Path, recsae: Recsae) -> None:
    text = recsae("space", "schema").out
    path = Path(recsae("space", "schema", "--path").out.strip())
    assert json.loads(text) == json.loads(path.read_text())
    recsae("space", "schema", "-o", tmp_path / "mine.json")
    assert (tmp_path / "mine.json").read_text() == path.read_text()
    assert path.parent.joinpath(shipped_spaces()[0]).is_file()
