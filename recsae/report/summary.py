"""What a search found, in a few lines for a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from recsae.metrics.registry import metrics as registered
from recsae.report import formats
from recsae.report.answers.lines import answer_lines, step_lines, top_lines
from recsae.report.finalists import finalist_lines, optimism_lines
from recsae.results import Columns, Files, States
from recsae.results.failures import failure_line
from recsae.results.summary import BEST_EPOCH

MOST_SHOWN: Final = 5


def summary_lines(outcome: dict[str, Any]) -> list[str]:
    """Return the outcome of `tune` (its JSON) as lines: counts, best trials, where things lie."""
    answer = outcome.get("answer")
    lines = [*head_lines(outcome), *top_lines(answer), ""] if answer else []
    counts = ", ".join(f"{count} {state}" for state, count in outcome["trials"].items())
    lines.append(f"{outcome['run']}: {counts} in {formats.duration(outcome['seconds'])}")
    lines += [outcome["protocol"]] if outcome["protocol"] else []
    lines += beside_lines(outcome.get("beside") or {})
    best = outcome["best"]
    lines += failure_lines(outcome)
    if not best:
        lines.append(f"{no_best(outcome)}, so there is no best one")
    if "few" in outcome:
        lines.append(outcome["few"])
    lines += _front_lines(outcome.get("front") or [])
    if len(best) > MOST_SHOWN:
        lines.append(f"{len(best)} trials that no other dominates, {MOST_SHOWN} of them here")
    for trial in best[:MOST_SHOWN]:
        lines += _trial_lines(trial, outcome.get("objectives") or ())
    lines += expected_lines(outcome.get("expected") or {})
    lines += finalist_lines(outcome.get("finalists") or [])
    lines += optimism_lines(outcome.get("flattery") or {})
    return lines + step_lines(outcome.get("next") or {}) + _place_lines(Path(outcome["path"]))


def head_lines(outcome: Mapping[str, Any]) -> list[str]:
    """Return the answer of a run that has one, in three lines, and an empty one."""
    return [*answer_lines(outcome["answer"]), ""]


def _front_lines(front: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line a point, none unless some trial offers several."""
    if len({point[Columns.TRIAL_ID] for point in front}) == len(front):
        return []
    lines = [f"{len(front)} points that no other dominates (trial at k):"]
    for point in front:
        about = f"trial {point[Columns.TRIAL_ID]} at {point[Columns.K]}"
        lines.append(f"  {about:<18}{_pairs(point['metrics'])}")
    return lines


def failure_lines(outcome: Mapping[str, Any]) -> list[str]:
    """Return why the search ended early and what trials failed with, as far as they did."""
    words = failure_line(outcome["trials"], outcome.get("errors") or [])
    over = [f"ended early: {outcome['over']}"] if outcome.get("over") else []
    return over + ([words] if words else [])


def no_best(outcome: Mapping[str, Any]) -> str:
    """Return why a run has no best trial."""
    if not outcome["trials"].get(States.COMPLETE):
        return "no trial is complete"
    within = " within the constraints" if outcome.get("constraints") else ""
    return f"no trial is complete without a leak{within}"


def _place_lines(folder: Path) -> list[str]:
    """Return where things lie, as far as they are there."""
    places = {
        "dataframes": (Files.RESULTS, Files.CURVES),
        "models": (Files.BEST,),
        "page": (Files.REPORT,),
        "TensorBoard": (Files.TENSORBOARD,),
    }
    there = {
        what: [f"{folder / name}{'/' * (folder / name).is_dir()}" for name in names]
        for what, names in places.items()
        if all((folder / name).exists() for name in names)
    }
    return [f"{what + ':':<12} {', '.join(paths)}" for what, paths in there.items()]


def beside_lines(
    beside: Mapping[str, Mapping[str, float]], objectives: Iterable[str] = ()
) -> list[str]:
    """Return a line for the base and each baseline: what any trial is held against."""
    names = dict.fromkeys([*objectives, "ndcg@10", "hr@10"])
    return [
        f"{who + ':':<12} dev {_pairs({name: own[name] for name in names if name in own})}"
        for who, own in beside.items()
    ]


def _trial_lines(trial: dict[str, Any], objectives: Iterable[str]) -> list[str]:
    settings = dict(trial["settings"])
    name = settings.pop(Columns.MODEL_NAME)
    exact = ", ".join(f"{key} {item}" for key, item in settings.items())
    lines = [f"best: trial {trial[Columns.TRIAL_ID]}, {name}", f"  settings  {exact}"]
    for split, metrics in (("dev", trial["metrics"]), ("test", trial.get("test"))):
        if metrics:
            kept = f"{formats.share(metrics.get('share'))} of the base's"
            headlines = [name for name, one in registered().items() if one.headline]
            shown = dict.fromkeys([*objectives, *headlines])
            shown.pop("ndcg@10", None)
            rest = {name: metrics[name] for name in shown if name in metrics}
            ndcg = formats.value("ndcg@10", metrics.get("ndcg@10"))
            lines.append(f"  {split:<8}  ndcg@10 {ndcg} ({kept}), {_pairs(rest)}")
            difference = (trial.get("difference") or {}).get(split, {}).get("ndcg@10")
            if difference:
                lines.append(f"            ndcg@10 to the base {interval_words(difference)}")
    lines += _epoch_lines(trial.get("epochs") or {})
    asked = {k: v for k, v in (trial.get("concepts") or {}).items() if k in trial["metrics"]}
    return lines + [f"  concepts  {line}" for line in concept_lines(asked)]


def _epoch_lines(epochs: Mapping[str, Any]) -> list[str]:
    """Return after which epoch the trial was best, unless that is the last one."""
    if not epochs or epochs[BEST_EPOCH] == epochs["last"]:
        return []
    name = next(key for key in epochs if key not in ("last", BEST_EPOCH))
    then = formats.value(name, epochs[name])
    return [f"  epochs    {epochs['last']}; {name} was {then} after {epochs[BEST_EPOCH]}, its best"]


def expected_lines(told: Mapping[str, Any]) -> list[str]:
    """Return what the best trial would score with another seed, and who is best by that or by
    what was observed, if another."""
    if not told:
        return []
    name = told["objective"]
    if "why_observed" in told:
        return [f"  expected  {name} of another seed is not known: {told['why_observed']}"]
    best, others = told["best"], {"is expected": "best_by_expected", "scored": "best_by_observed"}
    lines = [f"  expected  of another seed: {_expected_words(name, best)}"]
    for what, key in others.items():
        number = told[key][Columns.TRIAL_ID]
        if number != best[Columns.TRIAL_ID]:
            words = _expected_words(name, told[key])
            lines.append(f"            trial {number} {what} best: {words}")
    if why := told.get("why_shrunk"):
        lines.append(f"            towards the mean of alike trials: {why}")
    return lines


def _expected_words(name: str, one: Mapping[str, Any]) -> str:
    """Return an expected value, the deviation of one fresh training, and what was observed."""
    spread = "" if one["sd"] is None else f" ± {formats.value(name, one['sd'])}"
    told = [formats.value(name, one[key]) for key in ("expected", "observed", "flattered")]
    flattered = f", flattered by {told[2]}" if one["flattered"] > 0 else ""
    return f"{name} {told[0]}{spread} (observed {told[1]}{flattered})"


def concept_lines(concepts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a line a score of concepts: by how much it is above the best of its controls."""
    lines = []
    for name, score in concepts.items():
        own = formats.value(name, score["value"])
        control = score["best_control"]
        least = f"{control} {formats.value(name, score['controls'][control])}"
        difference = score["difference"]
        ends = ", ".join(formats.signed(name, difference[end]) for end in ("low", "high"))
        verdict = "beats its controls" if score["beats"] else "does not beat its controls"
        lines.append(f"{name} {own}, best control {least}, difference [{ends}]: {verdict}")
    return lines


def interval_words(difference: Mapping[str, Any]) -> str:
    """Return a difference with its interval and what it shows."""
    ends = f"{difference['mean']:+.4f} [{difference['low']:+.4f}, {difference['high']:+.4f}]"
    return f"{ends}: {difference['verdict'] or 'too few users for a verdict'}"


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {formats.value(name, item)}" for name, item in values.items())
