"""The checkpoints of trials that may go on later: a file each in the run's folder, always whole."""

import io
from pathlib import Path
from typing import Any, Final

from recsae.search.engine.events import Event
from recsae.search.engine.history import Trial
from recsae.storage.addresses import address_of
from recsae.storage.places import place_at

FOLDER: Final = ".checkpoints"
"""Folder in a run; it goes when the search is over."""
_EARLIER_FOLDER: Final = ".states"
"""Its name in runs of earlier versions."""


def checkpoint_folder(run_path: Path) -> Path | str:
    """Return where a run's checkpoints lie; the folder of an earlier recsae gets today's name."""
    address = address_of(run_path)
    if address is not None:
        return f"{address}/{FOLDER}"
    folder, earlier = run_path / FOLDER, run_path / _EARLIER_FOLDER
    if earlier.is_dir() and not folder.exists():
        earlier.rename(folder)
    return folder


def save_checkpoint(folder: Path | str, trial_id: int, checkpoint: dict[str, Any]) -> None:
    """Keep a trial's checkpoint in place of an earlier one; tensors and plain values only."""
    import torch

    # Through memory: an object is replaced at once, so a kill leaves the earlier one.
    buffer = io.BytesIO()
    torch.save(checkpoint, buffer)
    place_at(folder).write(_name(trial_id), buffer.getvalue())


def load_checkpoint(folder: Path | str, trial_id: int) -> dict[str, Any] | None:
    """Return a trial's checkpoint, or None if it has none."""
    import torch

    try:
        # A checkpoint from a GPU goes on wherever the trial is now: it moves the tensors itself.
        checkpoint: dict[str, Any] = torch.load(
            io.BytesIO(place_at(folder).read(_name(trial_id))),
            map_location="cpu",
            weights_only=True,
        )
    except FileNotFoundError:
        return None
    return checkpoint


def delete_checkpoint(folder: Path | str, trial_id: int) -> None:
    """Delete the checkpoint of a trial, if there is one."""
    place_at(folder).delete([_name(trial_id)])


def delete_if_ended(folder: Path | str, event: Event, trial: Trial) -> None:
    """Listen to a director: delete the checkpoint of a trial that has ended."""
    if trial.ended:
        delete_checkpoint(folder, trial.trial_id)


def _name(trial_id: int) -> str:
    return f"{trial_id}.pt"
