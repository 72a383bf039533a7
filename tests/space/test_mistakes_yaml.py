"""YAML that breaks the parser itself is one line, too."""

from pathlib import Path

import pytest

from recsae.errors import RecsaeError
from recsae.space.space import load_space


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
    ],
)
def test_broken_yaml_is_one_line(tmp_path: Path, text: str | bytes, expected: str) -> None:
    path = tmp_path / "space.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RecsaeError) as caught:
        load_space(path)
    assert str(caught.value).startswith(str(path)) and expected in str(caught.value)
    assert "\n" not in str(caught.value)
