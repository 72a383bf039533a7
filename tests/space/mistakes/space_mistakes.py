"""Space files that are wrong, and what is told of them."""

from pathlib import Path

import pytest

from recsae.errors import RecsaeError
from recsae.space import load_space

MINIMAL = """\
model_name: SASRec_SAE
parameters:
  sae_k: {int: [2, 16], log: true}
"""


def space_with(section: str) -> str:
    """Return a small space with a section after its line 3."""
    return MINIMAL + section + "\n"


def mistake(folder: Path, text: str) -> str:
    """Return what loading the text complains of, without the folder."""
    path = folder / "mine.yaml"
    path.write_text(text)
    with pytest.raises(RecsaeError) as caught:
        load_space(path)
    message = str(caught.value)
    assert "\n" not in message
    return message.replace(str(path), "mine.yaml")
