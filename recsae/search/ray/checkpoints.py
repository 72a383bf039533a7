"""The checkpoints of trials that may go on later: a file each in the run's folder, always whole."""

import io
from pathlib import Path
from typing import Any, Final

from recsae.files import write_whole
from recsae.search.engine.events import Event
from recsae.search.engine.history import Trial

FOLDER: Final = ".checkpoints"
"""Folder in a run; it goes when the search is over."""
_EARLIER_FOLDER: Final = ".states"
"""Its name in runs of earlier versions."""


def checkpoint_folder(run_path: Path) -> Path:
    """Return the folder of a run's checkpoints; that of an earlier recsae gets today's name."""
    folder, earlier = run_path / FOLDER, run_path / _EARLIER_FOLDER
    if earlier.is_dir() and not folder.exists():
        earlier.rename(folder)
    return folder


def save_checkpoint(folder: Path, trial_id: int, checkpoint: dict[str, Any]) -> None:
    """Keep a trial's checkpoint in place of an earlier one; tensors and plain values only."""
    import torch

    # Through memory: `write_whole` replaces the file at once, so a kill leaves the earlier one.
    buffer = io.BytesIO()
    torch.save(checkpoint, buffer)
    write_whole(_file(folder, trial_id), buffer.getvalue())


def load_checkpoint(folder: Path, trial_id: int) -> dict[str, Any] | None:
    """Return a trial's checkpoint, or None if it has none."""
    import torch

    try:
        # A checkpoint from a GPU goes on wherever the trial is now: it moves the tensors itself.
        checkpoint: dict[str, Any] = torch.load(
            _file(folder, trial_id), map_location="cpu", weights_only=True
        )
    except FileNotFoundError:
        return None
    return checkpoint


def delete_checkpoint(folder: Path, trial_id: int) -> None:
    """Delete the checkpoint of a trial, if there is one."""
    _file(folder, trial_id).unlink(missing_ok=True)


def delete_if_ended(folder: Path, event: Event, trial: Trial) -> None:
    """Listen to a director: delete the checkpoint of a trial that has ended."""
    if trial.ended:
        delete_checkpoint(folder, trial.trial_id)


def _file(folder: Path, trial_id: int) -> Path:
    return folder / f"{trial_id}.pt"
