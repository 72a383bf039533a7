"""How many trials came how far, by hand and by the laws of counting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.report.rung_survival import MOST_RUNGS, REACHED, WENT_ON, rung_survival
from recsae.results import States
from recsae.results.frames import trials_frame


def counted(trials: list[tuple[str, int]]) -> dict[int, dict[str, int]]:
    rows = [
        {"trial_id": i, "state": state, "model_name": "m", "epochs": epochs}
        for i, (state, epochs) in enumerate(trials)
    ]
    frame = rung_survival(trials_frame(rows))
    return {int(row.pop("epoch")): row for row in frame.to_dict("records")}


def test_rungs_by_hand() -> None:
    rungs = counted(
        [
            *[("PRUNED", 1)] * 3,
            *[("PRUNED", 3), ("PAUSED", 3), ("FAILED", 3), ("FAILED", 0), ("RUNNING", 2)],
            *[("COMPLETE", 9)] * 2,
        ]
    )
    assert list(rungs) == [0, 1, 3, 9]
    counts = {epoch: (row[REACHED], row[WENT_ON]) for epoch, row in rungs.items()}
    assert counts == {0: (10, 9), 1: (9, 6), 3: (5, 2), 9: (2, 0)}
    assert rungs[1]["PRUNED"] == 3 and rungs[3]["PAUSED"] == rungs[3]["FAILED"] == 1
    assert rungs[9]["COMPLETE"] == 2 and rungs[0]["FAILED"] == 1


@pytest.mark.parametrize("trials", [[], [("COMPLETE", 5)] * 3, [("FAILED", 0)], [("RUNNING", 2)]])
def test_where_nothing_was_stopped_there_are_no_rungs(trials: list[tuple[str, int]]) -> None:
    assert counted(trials) == {}


def test_of_many_rungs_those_stay_where_the_most_ended() -> None:
    trials = [("PRUNED", epoch) for epoch in range(1, 3 * MOST_RUNGS)]
    rungs = counted([*trials, *[("PRUNED", 3 * MOST_RUNGS - 2)] * 5])
    assert len(rungs) <= MOST_RUNGS + 2 and 3 * MOST_RUNGS - 2 in rungs


@given(st.lists(st.tuples(st.sampled_from([str(s) for s in States]), st.integers(0, 6))))
def test_whoever_reached_a_rung_went_on_or_ended_in_between(
    trials: list[tuple[str, int]],
) -> None:
    rungs = list(counted(trials).items())
    for place, (epoch, row) in enumerate(rungs):
        assert row[REACHED] == sum(epochs >= epoch for _, epochs in trials)
        assert row[REACHED] == row[WENT_ON] + sum(row[state] for state in States)
        later = rungs[place + 1 :]
        assert not later or later[0][1][REACHED] <= row[WENT_ON]
