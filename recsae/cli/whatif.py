"""`whatif` on the command line."""

from typing import Annotated, Any

import typer

from recsae.cli.flags import settings_flags, take
from recsae.cli.output import Json, Storage, show, show_tables
from recsae.cli.results import Run
from recsae.cli.search import SCHEDULER
from recsae.space import SchedulerSettings, SearchSettings

TRAINS = ("stop_at_noise", "finalists", "finalist_seeds", "select_by")
"""Settings of trainings after a search or beside it; nothing is trained here."""


@settings_flags(
    SearchSettings, SchedulerSettings, without=TRAINS, renamed=SCHEDULER, defaults=False
)
def whatif(
    run: Run,
    workers: Annotated[int, typer.Option(help="Trials at once.", min=1)] = 1,
    orders: Annotated[
        int, typer.Option(help="Random orders of the trials, beside the run's own.", min=0)
    ] = 200,
    storage: Storage = None,
    json: Json = False,
    **flags: Any,
) -> None:
    """Tell what other rules would have answered on a run's own trials, without training.

    Without --scheduler all schedulers are compared. What a flag does not say is as in the run.
    Only the recorded trials are given out; what was never trained far enough is unknown.
    """
    search, scheduler = take(flags, SearchSettings), take(flags, SchedulerSettings, SCHEDULER)
    # Loads pandas, which --help does without.
    from recsae.jobs import results as jobs

    outcome = jobs.whatif(run, search, scheduler, workers=workers, orders=orders, storage=storage)
    if json:
        return show(outcome, True)
    from recsae.report.predictions import prediction_tables

    return show_tables(*prediction_tables(outcome))
