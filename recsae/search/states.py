"""The states of trials that may go on later: a file each in the run's folder, always whole."""

import io
from pathlib import Path
from typing import Any

from recsae.files import write_whole

FOLDER = ".states"
"""Folder in a run; it goes when the search is over."""


def keep_state(folder: Path, trial_id: int, state: dict[str, Any]) -> None:
    """Keep a trial's state in place of an earlier one; tensors and plain values only."""
    import torch

    buffer = io.BytesIO()
    torch.save(state, buffer)
    folder.mkdir(exist_ok=True)
    write_whole(_file(folder, trial_id), buffer.getvalue())


def kept_state(folder: Path, trial_id: int) -> dict[str, Any] | None:
    """Return the state of a trial, its tensors on the CPU, or None if none was kept.

    It may have been kept on a GPU that this node does not have.
    """
    import torch

    try:
        file = _file(folder, trial_id)
        state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return None
    return state


def drop_state(folder: Path, trial_id: int) -> None:
    """Delete the state of a trial that has ended."""
    _file(folder, trial_id).unlink(missing_ok=True)


def _file(folder: Path, trial_id: int) -> Path:
    return folder / f"{trial_id}.pt"
