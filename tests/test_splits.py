"""The split at two moments for all users, against a loop over exact fractions; which split and
which order are meant, and what is refused."""

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_logs import Event, log

from recsae.errors import RecsaeError, SettingError
from recsae.interactions.frame import Interactions
from recsae.interactions.settings import DataSettings
from recsae.recommenders.base import data_digest
from recsae.sequences import Sequences
from recsae.splits import quantile

SHARES = ("0.51", "0.6", ".75", "0.8", "0.999")
EPOCH_NS = 1_700_000_000_000_000_001
"""A time in nanoseconds that no float64 holds."""


@st.composite
def logs(draw: st.DrawFn) -> Interactions:
    """Users of 3 to 9 events at few or many moments, written as whole numbers or not."""
    lengths = draw(st.lists(st.integers(3, 9), min_size=1, max_size=6))
    latest, base = draw(st.sampled_from([(3, 0), (40, 0), (40, EPOCH_NS), (40, 0.25)]))
    time = st.integers(0, latest)
    events = [
        (user, draw(st.integers(0, 6)), base + draw(time))
        for user, n in enumerate(lengths)
        for _ in range(n)
    ]
    return log(draw(st.permutations(events)))


def interpolated(times: list[Any], share: Fraction) -> Fraction:
    """Return the usual quantile, exactly."""
    ordered = sorted(Fraction(time) for time in times)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def naive(frame: pd.DataFrame, q: str) -> dict[str, Any]:
    """Split in a loop over users and their events: (user, items before, target item)."""
    times = frame["timestamp"].tolist()
    t_test, t_dev = interpolated(times, Fraction(q)), interpolated(times, 2 * Fraction(q) - 1)
    found: dict[str, Any] = {"train": [], "dev": [], "test": []}
    for user in range(frame["user"].max() + 1):
        mine = [row for row in frame.itertuples() if row.user == user]
        mine.sort(key=lambda row: (row.timestamp, row.Index))
        found["train"].append([row.item for row in mine if row.timestamp < t_dev])
        for part, start, stop in (("dev", t_dev, t_test), ("test", t_test, None)):
            for place, row in enumerate(mine):
                inside = row.timestamp >= start and (stop is None or row.timestamp < stop)
                if inside and place >= 1:
                    found[part].append((user, [one.item for one in mine[:place]], row.item))
                    break
    return found


def contexts(sequences: Sequences, part: str) -> list[tuple[int, list[int], int]]:
    return [
        (int(user), sequences.items[sequences.offsets[user] : position].tolist(), int(item))
        for user, position, item in zip(*sequences.targets(part), strict=True)
    ]


@given(logs(), st.sampled_from(SHARES))
def test_it_is_the_loop_of_the_definition(interactions: Interactions, q: str) -> None:
    expected = naive(interactions.frame, q)
    settings = DataSettings(split=f"time:{q}")
    if not (any(expected["train"]) and expected["dev"] and expected["test"]):
        with pytest.raises(RecsaeError, match=r"^made-up: (no (dev|test) target is left: )?split"):
            Sequences.of(interactions, settings)
        return
    found = Sequences.of(interactions, settings)
    starts = zip(found.offsets, found.train_lengths, strict=False)
    assert [found.items[at : at + n].tolist() for at, n in starts] == expected["train"]
    for part in ("dev", "test"):
        assert contexts(found, part) == expected[part]
    users = interactions.n_users
    assert f"{users - len(expected['dev'])} users without a dev target" in found.protocol()
    assert f"{users - len(expected['test'])} without a test target" in found.protocol()
    assert found.n_items == interactions.n_items  # what nobody met in training is a candidate


@given(logs(), st.sampled_from(SHARES), st.sampled_from(["time", "random:1"]))
def test_nothing_sees_the_future(interactions: Interactions, q: str, order: str) -> None:
    settings = DataSettings(split=f"time:{q}", order=order)
    try:
        found = Sequences.of(interactions, settings)
    except RecsaeError:
        return  # a split that leaves nothing, see above
    frame = interactions.frame
    sorted_E = np.lexsort((frame["timestamp"], frame["user"]))
    time_E = frame["timestamp"].to_numpy()[sorted_E]  # sorted alike whatever breaks the ties
    t_dev = interpolated(frame["timestamp"].tolist(), 2 * Fraction(q) - 1)
    trained = found.train_events()
    for event in {*trained.tolist(), *(trained + 1).tolist()}:
        assert time_E[event] < t_dev
    for targets in (found.dev, found.test):
        windows = found.contexts(targets, 50)
        for position, start, length in zip(targets.position, *windows, strict=True):
            assert length >= 1 and start + length == position
            assert time_E[start:position].max() <= time_E[position]
            assert time_E[position] >= t_dev
    assert not {*found.dev.position.tolist()} & {*found.test.position.tolist()}


@given(st.integers(5, 300), st.sampled_from(SHARES[:-1]))
def test_both_windows_hold_about_as_many_events(count: int, q: str) -> None:
    times = np.random.default_rng(count).permutation(count) + EPOCH_NS
    t_dev, t_test = quantile(times, 2 * Fraction(q) - 1), quantile(times, Fraction(q))
    assert t_dev in times and t_test in times  # no float came between
    inside, after = ((times >= t_dev) & (times < t_test)).sum(), (times >= t_test).sum()
    assert abs(int(inside) - int(after)) <= 1


def test_by_hand() -> None:
    """Eleven moments, so T_test is the ninth and T_dev the seventh: 8 and 6."""
    events = [
        *[(0, 0, 0), (0, 1, 1), (0, 2, 6), (0, 3, 7), (0, 4, 10)],
        *[(1, 5, 8), (1, 6, 9), (1, 7, 5)],
        *[(2, 8, 2), (2, 9, 3), (2, 10, 4)],
    ]
    found = Sequences.of(log(events), DataSettings(split="time:0.8"))
    assert found.train_lengths.tolist() == [2, 1, 3]
    assert contexts(found, "dev") == [(0, [0, 1], 2)]
    assert contexts(found, "test") == [(0, [0, 1, 2, 3], 4), (1, [7], 5)]
    message = "split time:0.8: T_dev 6, T_test 8, 2 users without a dev target, 1 without a test"
    assert message in found.protocol()


def test_the_first_event_of_all_is_no_target() -> None:
    events = [(0, 0, t) for t in range(8)] + [(1, 1, 8), (1, 2, 8.5), (1, 3, 9)]
    found = Sequences.of(log(events), DataSettings(split="time:0.8"))
    assert [row for row in contexts(found, "test") if row[0] == 1] == [(1, [1], 2)]
    assert found.train_lengths[1] == 0


EVERY_ORDER = [(0, 0, 3), (0, 1, 2), (0, 2, 1), (0, 3, 0)]


@pytest.mark.parametrize("split", [None, "given"])
def test_a_split_of_its_own_is_kept_by_default(split: str | None) -> None:
    events = [(0, 0, 0), (0, 1, 1), (0, 2, 2), (0, 3, 3)]
    found = Sequences.of(log(events, [0, 1, 1, 2]), DataSettings(split=split))
    assert found.split == "given split" and found.dev.item.tolist() == [1, 2]


def test_another_split_forgets_that_of_the_files() -> None:
    events = [(0, 0, 0), (0, 1, 1), (0, 2, 2), (0, 3, 3)]
    found = Sequences.of(log(events, [0, 1, 1, 2]), DataSettings(split="leave-one-out"))
    assert found.split == "leave-one-out" and found.dev.item.tolist() == [2]
    by_time = Sequences.of(log(events, [0, 0, 0, 2]), DataSettings(split="time:0.7"))
    assert by_time.dev.item.tolist() == [2] and by_time.train_lengths.tolist() == [2]


def test_the_order_of_the_file_counts_if_asked_for() -> None:
    found = Sequences.of(log(EVERY_ORDER), DataSettings(order="file"))
    assert found.items.tolist() == [0, 1, 2, 3] and found.order == "order of the file"
    assert Sequences.of(log(EVERY_ORDER)).items.tolist() == [3, 2, 1, 0]
    shuffled = [(1, 5, 9), (0, 0, 3), (1, 4, 8), (0, 1, 2), (1, 3, 7), (0, 2, 1)]
    found = Sequences.of(log(shuffled), DataSettings(order="file"))
    assert found.items.tolist() == [0, 1, 2, 5, 4, 3]


@pytest.mark.parametrize(
    ("settings", "timed", "message"),
    [
        ({"split": "given"}, True, "split: made-up comes without a split of its own"),
        ({"split": "time:0.8"}, False, "split: made-up has no times; expected leave-one-out"),
        ({"split": "time:0.8", "order": "file"}, True, "order: expected time or random:SEED"),
        ({"order": "random:3"}, False, "order: made-up has no times, so none are tied"),
    ],
)
def test_what_the_data_cannot_give_is_refused(
    settings: dict[str, str], timed: bool, message: str
) -> None:
    with pytest.raises(SettingError, match=f"^{message}") as caught:
        Sequences.of(log(EVERY_ORDER, timed=timed), DataSettings.of(settings))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([(0, item, 5) for item in range(4)], "no event is before T_dev 5, so none to train on"),
        ([(0, 0, 0), *((0, item, 5) for item in range(1, 9))], "no dev target is left: split"),
    ],
)
def test_a_split_that_leaves_nothing_is_one_line(events: list[Event], message: str) -> None:
    with pytest.raises(RecsaeError, match=message) as caught:
        Sequences.of(log(events), DataSettings(split="time:0.9"))
    assert "\n" not in str(caught.value)


def test_each_split_gives_a_fingerprint_of_its_own() -> None:
    events = [(user, item, 10 * item + user) for user in range(5) for item in range(9)]
    splits = ["leave-one-out", "time:0.8", "time:0.7"]
    found = {split: Sequences.of(log(events), DataSettings(split=split)) for split in splits}
    assert len({data_digest(sequences) for sequences in found.values()}) == 3
    again = Sequences.of(log(events), DataSettings(split="time:0.8"))
    assert data_digest(again) == data_digest(found["time:0.8"])
