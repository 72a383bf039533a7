"""The short answers that the command line gives of a run: one object, one table."""

from typing import Any

import pandas as pd

from recsae.results.columns import DEV, EXPECTED, EXPECTED_SD, Columns
from recsae.results.expected import best_first
from recsae.results.finalist_selection import optimism
from recsae.results.run import (
    Results,
    metrics_of,
    records,
    run_seconds,
    settings_of,
    state_counts,
)
from recsae.results.selection import MAX, by_objectives, points
from recsae.space import SEED

BEST_EPOCH = "best_epoch"
"""After which epoch a trial was best; what is kept of it is the model of its last one."""


def summary(results: Results) -> dict[str, Any]:
    """Return what `tune` and `results` print as JSON; the best trials' metrics are those of dev."""
    return {
        "run": results.path.name,
        "trials": state_counts(results.trials),
        "errors": [{key: one[key] for key in ("error", "count")} for one in results.errors],
        "best": [_with_epochs(results, trial) for trial in results.best_trials()],
        **({"expected": told} if (told := expected_best(results)) else {}),
        **({"front": front_points(results)} if len(results.objectives) > 1 else {}),
        **({"constraints": results.constraints} if results.constraints else {}),
        **_finals(results),
        "pretrained": bool(results.search.get("pretrained", False)),
        "seconds": run_seconds(results),
    }


def _with_epochs(results: Results, trial: dict[str, Any]) -> dict[str, Any]:
    epochs = best_epoch(results, trial[Columns.TRIAL_ID])
    return {**trial, "epochs": epochs} if epochs else trial


def expected_best(results: Results) -> dict[str, Any]:
    """Return, for one objective, what the best trial would score with another seed, and who most.

    "best_by_expected" and "best_by_observed" may be other trials than the best; "flattered" is by
    how much an observed value is better than the expected one. Where the measures do not tell the
    score, "why_shrunk" says so: expected is then the observed value drawn towards the mean of alike
    trials. With too few there is only "why_observed"; {} where no trial may be best.
    """
    if len(results.objectives) != 1 or results.expected.empty:
        return {}
    ((name, way),) = results.objectives.items()
    frame = results.expected
    if why := frame.attrs["why_observed"].get(name):
        return {"objective": name, "why_observed": why}
    sign = 1.0 if way == MAX else -1.0
    observed = dict(zip(results.trials[Columns.TRIAL_ID], results.trials[DEV + name], strict=True))
    columns = {Columns.TRIAL_ID: "trial_id", EXPECTED + name: "expected", EXPECTED_SD + name: "sd"}
    told = {
        row["trial_id"]: {
            **row,
            "observed": observed[row["trial_id"]],
            "sd": row["sd"] if row["sd"] > 0 else None,
            "flattered": sign * (observed[row["trial_id"]] - row["expected"]),
        }
        for row in records(frame[list(columns)].rename(columns=columns))
    }
    able = by_objectives(results.trials[results.eligible], results.objectives)
    why = frame.attrs["why_shrunk"].get(name)
    return {
        "objective": name,
        **({"why_shrunk": why} if why else {}),
        "best": told[results.best[Columns.TRIAL_ID].iloc[0]],
        "best_by_expected": told[best_first(results.trials, frame, results.objectives)[0]],
        "best_by_observed": told[able[Columns.TRIAL_ID].iloc[0]],
    }


def _finals(results: Results) -> dict[str, Any]:
    """Return the finalists once there are any: each with its scores, the winner, the optimism.

    With several objectives several win, as `wins` of each says, and "winner" is null.
    """
    scores, objectives = results.finalist_scores, results.objectives
    if not scores:
        return {}
    won = [one for one in scores if one["wins"]] if len(objectives) == 1 else []
    winner = None
    if won:
        number = won[0][Columns.TRIAL_ID]
        rows = records(results.trials[results.trials[Columns.TRIAL_ID] == number])
        settings = settings_of(rows[0]) if rows else {}
        settings.pop(SEED, None)
        winner = {Columns.TRIAL_ID: number, "settings": settings, "metrics": won[0]["metrics"]}
    return {"finalists": scores, "winner": winner, "flattery": optimism(scores, objectives)}


def front_points(results: Results) -> list[dict[str, Any]]:
    """Return trial_id, k and the metrics that tables show of each point of the front.

    A point at its trial's own k also has "expected", by objective: what it would score with
    another seed and the deviation of one training, where the other measures tell it.
    """
    wanted, told = shown_metrics(results), _told(results)
    found = []
    for row in records(results.front):
        trial_id = int(row[Columns.TRIAL_ID])
        k = None if pd.isna(row[Columns.K]) else int(row[Columns.K])
        metrics = {name: value for name, value in metrics_of(row).items() if name in wanted}
        expected = told.get((trial_id, k), {})
        found.append(
            {
                Columns.TRIAL_ID: trial_id,
                Columns.K: k,
                "metrics": metrics,
                **({"expected": expected} if expected else {}),
            }
        )
    return found


def _told(results: Results) -> dict[tuple[int, int | None], dict[str, dict[str, float]]]:
    """Return by trial and its own k what each objective is expected to be, if that is known."""
    own = points(results.trials, None).set_index(Columns.TRIAL_ID)[Columns.K]
    found = {}
    for row in records(results.expected):
        k = own[row[Columns.TRIAL_ID]]
        found[int(row[Columns.TRIAL_ID]), None if pd.isna(k) else int(k)] = {
            name: {"expected": row[EXPECTED + name], "sd": row[EXPECTED_SD + name]}
            for name in results.objectives
            if row[EXPECTED_SD + name] > 0
        }
    return found


def table(
    results: Results, top: int | None = 20, trials: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the first `top` (None: all) of some trials, by default of all by rank, in the columns
    that a person compares."""
    rows = results.ranked if trials is None else trials
    rows = rows if top is None else rows.head(top)
    columns = {
        "trial_id": rows[Columns.TRIAL_ID],
        "run": rows.get(Columns.RUN),
        "state": rows[Columns.STATE],
        "model": rows[Columns.MODEL_NAME],
        "k": rows.get("sae_k"),
        "k/d": rows["sae_k"] / results.width if results.width and "sae_k" in rows else None,
        "scale": rows.get("sae_scale_size"),
        "lr": rows.get("sae_lr"),
        **{name: rows.get(DEV + name) for name in shown_metrics(results)},
        "epochs": rows[Columns.EPOCHS],
        "seconds": rows[Columns.SECONDS],
    }
    present = {name: column for name, column in columns.items() if column is not None}
    return pd.DataFrame(present).reset_index(drop=True)


def shown_metrics(results: Results) -> list[str]:
    """Return the metrics that tables show: what is searched for, and what tells a code's worth."""
    told = ("share", "fvu", "l0", "dead", "leak")
    return list(dict.fromkeys([*results.objectives, *results.constraints, *told]))


def best_epochs(results: Results) -> "pd.Series[Any]":
    """Return by trial the epoch after which the first objective was best on dev; the first of ties.

    Trials that have reported nothing of it are left out.
    """
    name, way = next(iter(results.objectives.items()))
    column, curves = DEV + name, results.curves
    if column not in curves:
        return pd.Series(dtype="int64", name=BEST_EPOCH)
    known = curves.dropna(subset=[column]).sort_values(
        [column, Columns.EPOCH], ascending=[way != MAX, True], kind="stable"
    )
    first = known.drop_duplicates(Columns.TRIAL_ID).set_index(Columns.TRIAL_ID)
    return first[Columns.EPOCH].rename(BEST_EPOCH).sort_index()


def best_epoch(results: Results, trial_id: int) -> dict[str, Any]:
    """Return the epochs that a trial has trained, after which it was best, and what it had then."""
    epochs = best_epochs(results)
    if trial_id not in epochs.index:
        return {}
    name, best = next(iter(results.objectives)), int(epochs[trial_id])
    rows = records(results.curves[results.curves[Columns.TRIAL_ID] == trial_id])
    then = next(row[DEV + name] for row in rows if row[Columns.EPOCH] == best)
    last = max(int(row[Columns.EPOCH]) for row in rows)
    return {"last": last, BEST_EPOCH: best, name: float(then)}
