"""One file a training, written whole as soon as it is over: a comparison cut short goes on there.

This file loads without torch. Shapes: U users (rows of test), N latents, D width.
"""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from recsae.files import whole, write_whole

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Trained:
    """What is kept of a training (or of a base itself)."""

    about: dict[str, Any]
    """dev metrics, seconds, and `error` if it failed."""
    arrays: dict[str, Array]
    """test: the value of each row [U] of each measure, under its name; `atoms` [N, D] and `fired`
    [N] of a dictionary."""

    @property
    def error(self) -> str | None:
        """Why the training failed, if it did."""
        text = self.about.get("error")
        return None if text is None else str(text)


def save(trained: Trained, path: Path) -> None:
    """Write the file whole."""
    buffer = io.BytesIO()
    about = np.array(json.dumps(trained.about))
    arrays: dict[str, Any] = {"about": about, **trained.arrays}
    np.savez_compressed(buffer, **arrays)
    write_whole(path, buffer.getvalue())


def load(path: Path) -> Trained:
    """Read a file of `save`; raises RecsaeError if it is damaged."""
    with whole(path):
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except BadZipFile as error:
            raise ValueError(str(error)) from None
        return Trained(json.loads(str(arrays.pop("about"))), arrays)
