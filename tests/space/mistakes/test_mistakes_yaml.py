"""YAML that breaks the parser itself is one line, too."""

from pathlib import Path

import pytest
from space.mistakes.space_mistakes import MINIMAL, mistake, space_with

from recsae.errors import RecsaeError
from recsae.space import load_space

MISTAKES = {
    "a key twice": (
        space_with("search: {trials: 2}\nsearch: {trials: 3}"),
        "mine.yaml:5: search: given twice, first on line 4",
    ),
    "a parameter twice": (MINIMAL + "  sae_k: 3\n", "mine.yaml:4: sae_k: given twice"),
    "a number as key": (space_with("3: 4"), "mine.yaml:4: expected a name before the colon, got 3"),
    "a list as key": (space_with("[a]: 4"), "mine.yaml:4: expected a name before the colon, got a"),
    "an empty file": ("", "mine.yaml:1: expected a search space, got an empty file"),
    "only comments": ("# nothing\n", "mine.yaml:1: expected a search space, got an empty file"),
    "a list": ("- SASRec_SAE\n", "mine.yaml:1: expected keys and values, such as model_name: …"),
    "a text": ("\nSASRec_SAE\n", "mine.yaml:2: expected keys and values, such as model_name: …"),
    "an open bracket": (space_with("search: {trials: 2"), "mine.yaml:5: not valid YAML: "),
    "a tab": (space_with("search:\n\ttrials: 2"), "mine.yaml:5: not valid YAML: "),
    "wrong indentation": (MINIMAL + " sae_auxk: 1\n", "mine.yaml:4: not valid YAML: "),
    "an unknown anchor": (space_with("search: *this"), "mine.yaml:4: not valid YAML: "),
    "two documents": (MINIMAL + "---\n" + MINIMAL, "mine.yaml:4: not valid YAML: "),
    "an object of Python": (
        space_with("dataset: !!python/object:os.system {}"),
        "mine.yaml:4: dataset: expected a name or a path, got {}",
    ),
    "a tagged value": (
        space_with("dataset: !!python/name:os.sep"),
        "mine.yaml:4: not valid YAML: ",
    ),
    "an alias of itself": (space_with("data: &a {format: *a}"), "mine.yaml:4: nested too deeply"),
    "a control character": (MINIMAL + "# \x01\n", "mine.yaml: not valid YAML: "),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_one_line(tmp_path: Path, name: str) -> None:
    text, expected = MISTAKES[name]
    assert expected in mistake(tmp_path, text)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
"""Aliases of aliases: 9^9 values."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model_name: " + "[" * 3000, "nested too deeply"),
        ("model_name: " + "{a: " * 3000 + "1" + "}" * 3000, "nested too deeply"),
        ("model_name: x\nsearch: {trials: !!int abc}", ":2: trials: not valid YAML"),
        ("model_name: x\nsearch: {trials: " + "9" * 5000 + "}", ":2: trials: not valid YAML"),
        ("model_name: x\nsearch: {trials: 9223372036854775808}", ":2: trials: expected a number"),
        ("<<: {a: 1}", ":1: not valid YAML"),
        ("\tmodel_name: x", ":1: not valid YAML"),
        (bytes(range(256)), "not valid YAML"),
        ("a: &a [*a]", "nested too deeply"),
        (BOMB, ":5: expected at most 20,000 values, aliases written out"),
        (BOMB.replace("[", "{<<: [").replace("]", "]}"), ":5: expected at most 20,000 values"),
        ("model_name: " + "[x," * 50 + "]" * 50, ":1: nested too deeply"),
        ("? " * 3000, ":1: nested too deeply"),
        ("a: 1\n" * 300_000, "expected at most 500,000 bytes"),
        ("model_name: x\nsearch: {trials: !!bool 3}", ":2: trials: not valid YAML"),
        ("model_name: x\nsearch: {trials: !!timestamp x}", ":2: trials: not valid YAML"),
        ("model_name: x\nsearch: {trials: !!binary YQ==}", ":2: trials: expected a plain value"),
        ("model_name: x\nsearch: {!!bool x: 1}", ":2: not valid YAML"),
        ("model_name: x\nsearch: {!!float '': 1}", ":2: not valid YAML"),
    ],
)
def test_broken_yaml_is_one_line(tmp_path: Path, text: str | bytes, expected: str) -> None:
    path = tmp_path / "space.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RecsaeError) as caught:
        load_space(path)
    assert str(caught.value).startswith(str(path)) and expected in str(caught.value)
    assert "\n" not in str(caught.value)
