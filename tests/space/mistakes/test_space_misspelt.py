"""A misspelt key, and any other content, is told in one line with its place and nearest name."""

import difflib
import re
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from recsae.errors import RecsaeError
from recsae.settings import fields
from recsae.space import load_space
from recsae.space.file_format.space_file import SpaceFile

KEYS = list(fields(SpaceFile))

TEMPLATE = """\
model_name: [SASRec_SAE, SASRec_SAE_Attention]
dataset: synthetic

data:
  min_user: 5
  order: time
base:
  emb_size: 64
  num_layers: 2
  # a comment between
  dropout: 0.1
parameters:
  sae_k:
    int: [2, 16]
    log: true
  sae_scale_size: {choice: [2, 4]}
  sae_batch_size:
    choice:
      - 256
      - 512
  sae_lr:
    float: [1e-4, 1e-2]
    scale: latents
  sae_attn_mode:
    value: code
    when:
      model_name: SASRec_SAE_Attention
  sae_epochs: 3
objectives:
  share: max
search:
  sampler: tpe
  trials: 3
  max_hours: 1
scheduler:
  name: asha
  grace_epochs: 1
resources:
  cpus: 1
"""

# The line of each key and the key.
PLACES = [
    (i, match[1])
    for i, line in enumerate(TEMPLATE.splitlines())
    if (match := re.match(r"\s*([a-z_]+):", line))
]


def complaint(content: bytes) -> str:
    """Return what loading a file of this content complains of, one line; "" when it is valid."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "space.yaml"
        path.write_bytes(content)
        try:
            load_space(path)
        except RecsaeError as error:
            assert len(str(error).splitlines()) == 1
            return str(error).removeprefix(f"{folder}/")
        return ""


def test_the_template_itself_is_valid() -> None:
    assert complaint(TEMPLATE.encode()) == ""
    assert len(PLACES) == 35


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place[0]}-{place[1]}")
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_a_misspelt_key_is_told_with_its_line(place: tuple[int, str], data: st.DataObject) -> None:
    number, key = place
    at = data.draw(st.integers(0, len(key) - 1))
    double = data.draw(st.booleans())
    word = key[:at] + (key[at] * 2 if double else "") + key[at + 1 :]
    lines = TEMPLATE.splitlines()
    lines[number] = lines[number].replace(f"{key}:", f"{word}:", 1)
    message = complaint("\n".join(lines).encode())
    assert message.startswith(f"space.yaml:{number + 1}: ")
    hint = re.search(r"did you mean '(.+)'\?", message)
    assert hint is not None
    assert likeness(word, hint[1]) >= likeness(word, key)  # "pus" is as near to gpus as to cpus


def likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, other, one).ratio()


@given(st.text(min_size=1).filter(lambda word: word not in KEYS))
@settings(max_examples=100, deadline=None)
def test_any_unknown_key_is_told_on_its_line(word: str) -> None:
    message = complaint((TEMPLATE + yaml.safe_dump({word: 1})).encode())
    assert message.startswith(f"space.yaml:{len(TEMPLATE.splitlines()) + 1}: ")
    assert ("did you mean" in message) == bool(difflib.get_close_matches(word, KEYS, n=1))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_told_in_one_line(content: bytes) -> None:
    assert complaint(content).startswith("space.yaml:")
