"""`results`, `whatif`: what runs left, shown, compared, put together, asked again."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recsae.errors import RecsaeError
from recsae.jobs.runs.pages import write_page
from recsae.progress import meter, say
from recsae.report.answers.next_steps import next_steps
from recsae.report.answers.verdict import verdict
from recsae.results import (
    Columns,
    Files,
    Results,
    check_name,
    create,
    find_run,
    load_results,
    records,
    storage_root,
    summary,
    table,
    write_curves,
    write_finalists,
    write_ladders,
    write_trials,
)
from recsae.results.comparison import best_settings, differences, outcomes
from recsae.results.merge import Merged, merged, why_not
from recsae.storage.copies import publish, refresh


@dataclass(frozen=True)
class Shown:
    """Which trials a user wants to see, in which order, and where else they go."""

    sort: str | None = None
    columns: Sequence[str] = ()
    top: int | None = None
    csv: Path | None = None
    latex: Path | None = None

    @property
    def asked(self) -> bool:
        """Whether a table is to be printed beside the answer."""
        return self.sort is not None or bool(self.columns) or self.top is not None


def show(run: str, wanted: Shown, *, storage: str | None) -> tuple[dict[str, Any], Any]:
    """Return a run's outcome, and the table of trials that is asked for (else None).

    Without a trial that may be best the table has the twenty first.
    """
    from recsae.report.answers.chosen_columns import chosen, write_csv, write_latex
    from recsae.report.tables import columns_table, trials_table

    results = load_results(find_run(run, storage_root(storage)))
    frame = chosen(results, sort=wanted.sort, columns=wanted.columns, top=wanted.top)
    # A table of a paper has the columns that a person compares, unless others are named.
    compared = frame if wanted.columns else table(results, None, frame)
    files = ((wanted.csv, frame, write_csv), (wanted.latex, compared, write_latex))
    written = {}
    for path, rows, write in files:
        if path is not None:
            write(rows, path)
            written[path.suffix.removeprefix(".") or path.name] = str(path)
    outcome = run_outcome(results.path) | ({"written": written} if written else {})
    if wanted.columns:
        return outcome, columns_table(frame)
    if wanted.asked:
        return outcome, trials_table(results, None, frame)
    return outcome, trials_table(results) if results.best.empty else None


def run_outcome(path: Path) -> dict[str, Any]:
    """Return what `tune` prints: counts, and of each best trial settings, dev and test figures."""
    return outcome_of(load_results(path))


def outcome_of(results: Results) -> dict[str, Any]:
    """Return what `run_outcome` does, of results that are loaded."""
    outcome, path = summary(results), results.path
    finished = results.search.get("ended") == "finished"
    page, over = path / Files.REPORT, results.search.get("over")
    for trial in outcome["best"]:
        scores = results.scores(trial["trial_id"])
        trial |= {
            part: scores[part] for part in ("test", "difference", "concepts") if scores.get(part)
        }
    return {
        **outcome,
        "objectives": results.objectives,
        "answer": verdict(results) or None,
        "next": next_steps(results, finished),
        "protocol": results.search.get("protocol"),
        "base": results.search.get("base"),
        "beside": results.beside,
        **({"over": over} if over else {}),
        "path": str(path),
        "report": str(page) if page.is_file() else None,
    }


def diff(run: str, other: str, *, storage: str | None) -> dict[str, Any]:
    """Return what differs between two runs, and what came out of both."""
    root = storage_root(storage)
    one, two = (load_results(find_run(name, root)) for name in (run, other))
    if one.path.resolve() == two.path.resolve():
        raise RecsaeError(f"{one.path.name}: expected two runs, got the same twice")
    return {
        "runs": [one.path.name, two.path.name],
        "paths": [str(one.path), str(two.path)],
        "differences": differences(one, two),
        "outcome": outcomes(one, two),
        "best_settings": best_settings(one, two),
        "not_mergeable": why_not(one, two),
    }


def merge(runs: Sequence[str], *, name: str, storage: str | None) -> dict[str, Any]:
    """Write a run that has the trials of several; raises RecsaeError if they do not fit."""
    root = storage_root(storage)
    check_name(name)
    refresh(root / name)
    if (root / name).exists():
        raise RecsaeError(f"--name: {root / name} exists already; take another name")
    if len(runs) < 2:
        raise RecsaeError(f"merge: expected two runs or more, got {len(runs)}")
    parts = [load_results(find_run(run, root)) for run in runs]
    together = merged(parts)
    create(root / name, together.search, lambda folder: _fill(folder, together, parts))
    publish(root / name)
    write_page(str(root / name), storage=storage)
    return {
        **run_outcome(root / name),
        "merged": together.search["merged"],
        "left_out": together.left_out,
    }


def export(run: str, *, storage: str | None) -> dict[str, Any]:
    """Write a run as an Optuna journal, and say how to open it."""
    from recsae.search.optuna_views.export import dashboard_command
    from recsae.search.optuna_views.export import export as written

    results = load_results(find_run(run, storage_root(storage)))
    path = written(results)
    publish(results.path)
    return {
        "run": results.path.name,
        "path": str(path),
        "study": results.path.name,
        "trials": len(results.trials),
        "open": dashboard_command(path),
    }


def whatif(
    run: str,
    search: Mapping[str, Any],
    scheduler: Mapping[str, Any],
    *,
    workers: int,
    orders: int,
    storage: str | None,
) -> dict[str, Any]:
    """Return what a scheduler, or each if none is named, would have answered on a run's trials.

    `search`, `scheduler`: settings that differ from the run's. `orders`: random orders of the
    trials, beside the run's own. Raises RecsaeError for a run without reports.
    """
    from recsae.search.simulation.predictions import Judge, Question, predictions
    from recsae.search.simulation.recorded import recorded_trials
    from recsae.search.simulation.rules import asked_spaces, notes_on

    results = load_results(find_run(run, storage_root(storage)))
    if results.curves.empty:
        raise RecsaeError(f"{results.path.name}: nothing is reported yet; expected recorded curves")
    own, trials = results.space, recorded_trials(results)
    spaces = asked_spaces(own, search, scheduler)
    question = Question(Judge(results), trials, workers, orders)
    with meter("what if", len(spaces) * (orders + 1)) as progress:
        found = predictions(question, own, spaces, progress)
    wanted = spaces[0].search.trials
    return {
        "run": results.path.name,
        "objectives": own.objectives,
        "recorded": {
            "trials": len(trials),
            "epochs": len(results.curves),
            "answer": question.judge.best,
        },
        "trials": min(wanted, len(trials)),
        "workers": workers,
        "predictions": found,
        "notes": notes_on(own, wanted, len(trials)),
        "path": str(results.path),
    }


def _fill(folder: Path, together: Merged, parts: Sequence[Results]) -> None:
    """Write the frames of a merged run into its new folder, and copy its best models."""
    write_trials(folder, together.trials)
    write_curves(folder, together.curves)
    write_ladders(folder, together.ladders)
    if together.finalists:
        write_finalists(folder, together.finalists)
    homes = {
        new: part.path / Files.BEST / str(old)
        for part, numbers in zip(parts, together.numbers, strict=True)
        for old, new in numbers.items()
    }
    there = {number: home for number, home in homes.items() if home.is_dir()}
    # As in each run, only a trial whose model is kept may be the best, if there is a model.
    without = [(p, new) for p, new in zip(parts, together.numbers, strict=True) if not p.kept]
    best = {new[int(number)] for p, new in without for number in p.best[Columns.TRIAL_ID]}
    may_be_best = replace(load_results(folder), kept=frozenset(there) | best)
    for row in records(may_be_best.best):
        number = int(row[Columns.TRIAL_ID])
        if number in there:
            shutil.copytree(there[number], folder / Files.BEST / str(number))
        else:
            say(f"{homes[number]}: no model of trial {number} to copy")
