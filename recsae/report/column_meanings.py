"""What the fixed columns of each frame mean: README.md is made of it, and tests hold it to them."""

from typing import Final

from recsae.results.columns import Columns
from recsae.results.folder import Files

ROWS: Final = {
    Files.RESULTS: "a row a trial, also while it runs",
    Files.CURVES: "a row a report: a trial and an epoch",
    Files.LADDERS: "a row a trial and k, of COMPLETE trials that offer several k to the front of a "
    "search with several objectives, as SASRec_SAE_Nested does; there once there is one",
    Files.FINALISTS: "a row a training of a finalist: a trial and a seed; there once a search with "
    "`finalists` is over",
    Files.IMPORTANCE: "a row a parameter, for each objective and each number of epochs after which "
    "trials are compared; written with the page",
    Files.CURVE_OF_K: "a row a k, beside a saved model that is meant for several, as "
    "SASRec_SAE_Nested is: codes are cut to their k largest values",
}

_TRIAL: Final = "number of the trial, from 0 in the order in which trials began"

MEANINGS: Final[dict[str, dict[str, str]]] = {
    Files.RESULTS: {
        Columns.TRIAL_ID: _TRIAL,
        Columns.STATE: "RUNNING; PAUSED (it may go on); COMPLETE (all its epochs); PRUNED (stopped "
        "before); FAILED (see `error`)",
        Columns.MODEL_NAME: "the variant of autoencoder",
        Columns.EPOCHS: "epochs trained and reported",
        Columns.SECONDS: "wall seconds that the trial has spent, as it told with its last report",
        Columns.STARTED: "when it began, UTC",
        Columns.ENDED: "when it ended, UTC; null before",
        Columns.NODE: "the host of its last report",
        Columns.ERROR: "why it failed, in a line; null otherwise",
        Columns.RUN: "merged runs only: the run that the trial comes from",
        Columns.RUN_TRIAL: "merged runs only: its number there",
    },
    Files.CURVES: {
        Columns.TRIAL_ID: "number of the trial, as in results.parquet",
        Columns.EPOCH: "epochs trained when this was measured, from 1",
        Columns.SECONDS: "wall seconds that the trial had spent by then",
    },
    Files.LADDERS: {
        Columns.TRIAL_ID: "number of the trial, as in results.parquet",
        Columns.K: "values of a code that are kept at most; the largest is the sae_k of the trial. "
        "`recsae evaluate RUN/best/TRIAL_ID --k 4` scores the model at 4",
    },
    Files.FINALISTS: {
        Columns.TRIAL_ID: "number of the trial whose settings were trained anew",
        Columns.SEED: "the seed of this training (sae_seed); the search did not use it",
        Columns.EPOCHS: "epochs trained",
        Columns.SECONDS: "wall seconds of the training",
        Columns.ERROR: "why it failed, in a line; null otherwise",
    },
    Files.IMPORTANCE: {
        Columns.PARAMETER: "a searched parameter, or model_name",
        Columns.OBJECTIVE: "the dev metric that it decides, without prefix",
        Columns.EPOCHS: "after how many epochs the trials are compared",
        Columns.TRIALS: "how many trials are compared",
        Columns.IMPORTANCE: "its share in what sets the best of them apart (PED-ANOVA); all shares "
        "of an objective and number of epochs are 1 together",
        Columns.LOW: "lower end of its 95 % interval over resampled trials; null where resamples "
        "differ too little to tell",
        Columns.HIGH: "upper end",
    },
    Files.CURVE_OF_K: {Columns.K: "values of a code that are kept at most"},
}
