"""The frames of a run beside those that its journal gives, value by value."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import pandas as pd

from recsae.results import Columns, Files, Results, States
from recsae.results.columns import CURVE_HEAD, LADDER_HEAD
from recsae.results.frames import curves_frame, ladders_frame, trials_frame
from recsae.search.record.rows import GOING_ON, Known, curve_of, ladder_of, row_of

_TRIAL_HEAD: Final = (Columns.TRIAL_ID,)
_LEFT: Final = (*GOING_ON, States.PRUNED)
"""What a driver may call a trial that it left before its end."""


def frame_differences(results: Results, known: Sequence[Known]) -> list[str]:
    """Return in words each value of the frames that is not as the journal has it."""
    states = dict(zip(results.trials[Columns.TRIAL_ID], results.trials[Columns.STATE], strict=True))
    rows = [row_of(one, _left(one, states)) for one in known]
    found = [*_differences(Files.RESULTS, results.trials, trials_frame(rows), _TRIAL_HEAD)]
    curves = curves_frame([row for one in known for row in curve_of(one.trial)])
    found += _differences(Files.CURVES, results.curves, curves, CURVE_HEAD[:2])
    ladders = [row for one in known for row in ladder_of(one.trial)]
    if ladders or results.ladders is not None:
        stored = ladders_frame([]) if results.ladders is None else results.ladders
        found += _differences(Files.LADDERS, stored, ladders_frame(ladders), LADDER_HEAD)
    return found


def _left(known: Known, states: dict[Any, Any]) -> States | None:
    """Return what the frame calls a trial that has not ended, if that may be."""
    state = states.get(known.trial.trial_id)
    return None if known.trial.ended or state not in _LEFT else States(state)


def _differences(
    file: str, stored: pd.DataFrame, rebuilt: pd.DataFrame, key: Sequence[str]
) -> Iterator[str]:
    if [*stored] != [*rebuilt]:
        other = sorted({*map(str, stored)} ^ {*map(str, rebuilt)})
        yield f"{file}: other columns than the journal gives: {', '.join(other) or 'their order'}"
        return
    ours, theirs = _by_key(stored, key), _by_key(rebuilt, key)
    name = _naming(key)
    yield from (f"{file}: {name(one)} is missing" for one in theirs if one not in ours)
    yield from (f"{file}: {name(one)} is not in the journal" for one in ours if one not in theirs)
    for one in (one for one in theirs if one in ours):
        for column, value in theirs[one].items():
            if not _same(ours[one][column], value):
                words = f"{column}: {ours[one][column]}, but the journal says {value}"
                yield f"{file}: {name(one)}: {words}"


def _by_key(frame: pd.DataFrame, key: Sequence[str]) -> dict[tuple[Any, ...], dict[str, Any]]:
    rows: Iterable[dict[Any, Any]] = frame.to_dict("records")
    return {tuple(row[name] for name in key): row for row in rows}


def _naming(key: Sequence[str]) -> Callable[[tuple[Any, ...]], str]:
    return lambda values: ", ".join(
        f"{name.removesuffix('_id')} {value}" for name, value in zip(key, values, strict=True)
    )


def _same(one: Any, other: Any) -> bool:
    return bool(pd.isna(one) and pd.isna(other)) or bool(
        not pd.isna(one) and not pd.isna(other) and one == other
    )
