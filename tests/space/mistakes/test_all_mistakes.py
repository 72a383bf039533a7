"""All mistakes of a file at once: what is told of it alone is told, and nothing false."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from space.mistakes import test_mistakes_yaml, test_space_mistakes
from space.mistakes.space_mistakes import mistake

from recsae.errors import RecsaeError
from recsae.space import shipped_spaces
from recsae.space.files.mistakes import space_mistakes

TABLES = test_space_mistakes.MISTAKES | test_mistakes_yaml.MISTAKES

MANY = """\
model_name: [SASRec_SEA, SASRec_SAE_Attention]
dataset: synthetic
parametrs:
  sae_k: {int: [16, 2], log: true}
  sae_scal_size: {choice: [2, 4, 4]}
  sae_lr: {float: [1.0e-4, 1.0e-2], scale: width}
  sae_attn_heads: {choice: [1, 2], when: {sae_k: 4, model: SASRec_SAE_Attention}}
  sae_epochs: 0
  emb_size: 64
  sae_auxk: {float: [0.1, .inf]}
objectives: {ndgc@10: max, l0: max}
constraints: {dead: "< 0.5"}
points: [{}, {sae_m: 3}]
search: {sampler: bayes, trials: 0}
search: {trials: 2}
"""
FOUND = [
    (1, "model_name"),
    (3, "parametrs"),
    (4, "sae_k.int"),
    (5, "sae_scal_size"),
    (5, "sae_scal_size.choice"),
    (6, "sae_lr.scale"),
    (7, "sae_attn_heads.when.model"),
    (8, "sae_epochs"),
    (9, "emb_size"),
    (10, "sae_auxk.float"),
    (11, "l0"),
    (11, "ndgc@10"),
    (12, "dead"),
    (13, "points"),
    (13, "sae_m"),
    (14, "sampler"),
    (14, "trials"),
    (15, "search"),
]


def mistakes(folder: Path, text: str) -> list[tuple[int, str]]:
    path = folder / "mine.yaml"
    path.write_text(text)
    return sorted((error.line, error.key) for error in space_mistakes(path))


@pytest.mark.parametrize("name", TABLES)
def test_what_a_search_tells_is_the_only_mistake_of_a_file_with_one(
    tmp_path: Path, name: str
) -> None:
    told = mistake(tmp_path, TABLES[name][0])
    found = [
        str(e).replace(str(tmp_path), "").lstrip("/")
        for e in space_mistakes(tmp_path / "mine.yaml")
    ]
    assert told in found


def test_every_mistake_is_told_once(tmp_path: Path) -> None:
    assert mistakes(tmp_path, MANY) == FOUND


def test_what_follows_from_a_mistake_is_not_told(tmp_path: Path) -> None:
    text = "model_name: SASRec_SAE\nparameters:\n  sae_k: {int: [9, 2]}\n"
    text += "  sae_scale_size: {choice: [2, 4], when: {sae_k: 3}}\npoints: [{sae_k: 4}]\n"
    assert mistakes(tmp_path, text) == [(3, "sae_k.int")]
    text = "model_name: Nothing\nparameters: {sae_attn_heads: 2, sae_attn_mode: cod}\n"
    assert mistakes(tmp_path, text) == [(1, "model_name"), (2, "sae_attn_mode")]


def test_sections_that_forbid_each_other_are_told_beside_others(tmp_path: Path) -> None:
    text = "model_name: SASRec_SAE\nparameters: {sae_k: 0}\nobjectives: {ndcg@10: max, l0: min}\n"
    text += "search: {sampler: cmaes}\n"
    assert mistakes(tmp_path, text) == [(2, "sae_k"), (4, "sampler")]


def test_a_sound_file_has_none() -> None:
    assert [space_mistakes(name) for name in shipped_spaces()] == [[] for _ in shipped_spaces()]


def test_no_file_is_a_mistake_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(RecsaeError, match="no such search-space file"):
        space_mistakes(tmp_path / "none.yaml")


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_is_cut_out_or_doubled_is_told(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(MANY) - 1))
    length = data.draw(st.integers(1, 20))
    times = data.draw(st.sampled_from([0, 2]))
    text = MANY[:place] + MANY[place : place + length] * times + MANY[place + length :]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mine.yaml"
        path.write_text(text)
        found = [str(error) for error in space_mistakes(path)]
    assert found and len(found) == len(set(found))
    assert not any("\n" in line for line in found)
