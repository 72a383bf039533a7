"""The states of trials that may go on later: a file each in the run's folder, always whole."""

import io
from pathlib import Path
from typing import Any

from recsae.files import write_whole

FOLDER = ".states"
"""Folder in a run; it goes when the search is over."""


def save_checkpoint(folder: Path, trial_id: int, state: dict[str, Any]) -> None:
    """Keep a trial's state in place of an earlier one; tensors and plain values only."""
    import torch

    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_whole(_file(folder, trial_id), buffer.getvalue())


def load_checkpoint(folder: Path, trial_id: int) -> dict[str, Any] | None:
    """Return the state of a trial, or None if none was kept."""
    import torch

    try:
        # What was kept on a GPU goes on wherever the trial is now: it moves the state there itself.
        state: dict[str, Any] = torch.load(
            _file(folder, trial_id), map_location="cpu", weights_only=True
        )
    except FileNotFoundError:
        return None
    return state


def delete_checkpoint(folder: Path, trial_id: int) -> None:
    """Delete the state of a trial that has ended."""
    _file(folder, trial_id).unlink(missing_ok=True)


def _file(folder: Path, trial_id: int) -> Path:
    return folder / f"{trial_id}.pt"
