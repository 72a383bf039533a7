"""Names and types of a run's columns; no other file spells them."""

from enum import StrEnum
from typing import Final

SCHEMA_VERSION: Final = 1
"""Raised when an older reader would misread a newer file; stored in each parquet file."""

DEV: Final = "dev/"
TEST: Final = "test/"  # finalists alone: a search never reads test to choose
TRAIN: Final = "train/"
EXPECTED: Final = "expected/"
EXPECTED_SD: Final = "expected_sd/"


class States(StrEnum):
    """What has become of a trial."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"  # its process is free, and it may go on
    COMPLETE = "COMPLETE"
    PRUNED = "PRUNED"  # stopped by the scheduler
    FAILED = "FAILED"


class Columns:
    """Columns of a run's frames, whose README tells what each means.

    Beside them: in results a column a setting, under its name; a column a metric, its name after
    DEV (TRAIN for the terms of the loss, TEST for finalists), e.g. "dev/ndcg@10".
    """

    TRIAL_ID: Final = "trial_id"
    STATE: Final = "state"
    MODEL_NAME: Final = "model_name"
    EPOCH: Final = "epoch"  # curves only
    EPOCHS: Final = "epochs"
    SECONDS: Final = "seconds"
    STARTED: Final = "started"
    ENDED: Final = "ended"
    NODE: Final = "node"
    ERROR: Final = "error"
    LEAK: Final = f"{DEV}leak"
    RUN: Final = "run"  # merged runs only
    RUN_TRIAL: Final = "run_trial"  # merged runs only
    SEED: Final = "seed"  # finalists only
    PARAMETER: Final = "parameter"  # importance only, as the rest
    OBJECTIVE: Final = "objective"
    TRIALS: Final = "trials"
    IMPORTANCE: Final = "importance"
    LOW: Final = "low"
    HIGH: Final = "high"
    K: Final = "k"  # curves of k, ladders and points only


TIME_DTYPE: Final = "datetime64[us, UTC]"

DTYPES: Final = {
    Columns.TRIAL_ID: "int64",
    Columns.STATE: "str",
    Columns.MODEL_NAME: "str",
    Columns.EPOCH: "int64",
    Columns.EPOCHS: "int64",
    Columns.SECONDS: "float64",
    Columns.STARTED: TIME_DTYPE,
    Columns.ENDED: TIME_DTYPE,
    Columns.NODE: "str",
    Columns.ERROR: "str",
    Columns.RUN: "str",
    Columns.RUN_TRIAL: "int64",
    Columns.SEED: "int64",
    Columns.PARAMETER: "str",
    Columns.OBJECTIVE: "str",
    Columns.TRIALS: "int64",
    Columns.IMPORTANCE: "float64",
    Columns.LOW: "float64",
    Columns.HIGH: "float64",
    Columns.K: "int64",
}
"""Types of the columns that a file has in any case; metrics and settings have their own."""

RESULT_HEAD: Final = (Columns.TRIAL_ID, Columns.STATE, Columns.MODEL_NAME)
_END: Final = (Columns.STARTED, Columns.ENDED, Columns.NODE, Columns.ERROR)
RESULT_TAIL: Final = (Columns.EPOCHS, Columns.SECONDS, *_END)
MERGED_TAIL: Final = (Columns.RUN, Columns.RUN_TRIAL)
CURVE_HEAD: Final = (Columns.TRIAL_ID, Columns.EPOCH, Columns.SECONDS)
FINALIST_HEAD: Final = (Columns.TRIAL_ID, Columns.SEED)
FINALIST_TAIL: Final = (Columns.EPOCHS, Columns.SECONDS, Columns.ERROR)
_COMPARED: Final = (Columns.PARAMETER, Columns.OBJECTIVE, Columns.EPOCHS, Columns.TRIALS)
IMPORTANCE_COLUMNS: Final = (*_COMPARED, Columns.IMPORTANCE)
IMPORTANCE_INTERVAL: Final = (Columns.LOW, Columns.HIGH)  # not in files of before
LADDER_HEAD: Final = (Columns.TRIAL_ID, Columns.K)
CURVE_OF_K_HEAD: Final = (Columns.K,)


def is_metric(column: str) -> bool:
    """Return True for a column of figures ("dev/…", "train/…"), False for a setting or fixed."""
    return "/" in column


def is_setting(column: str) -> bool:
    """Return True for a column that holds one setting of the trials (model_name included)."""
    fixed = (*RESULT_HEAD, *RESULT_TAIL, *MERGED_TAIL, *CURVE_HEAD, *LADDER_HEAD)
    return column == Columns.MODEL_NAME or not (is_metric(column) or column in fixed)
