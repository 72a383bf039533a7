"""Order, splits, windows and masks, against slow and obvious versions of them."""

import os
from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_logs import log

from recsae.interactions.datasets import load
from recsae.interactions.frame import Interactions
from recsae.interactions.settings import DataSettings
from recsae.sequences import Mask, Sequences, Windows, batches, seen_items


@st.composite
def logs(draw: st.DrawFn) -> Interactions:
    """Users of 3 to 14 events, few items and few times, in any order in the file."""
    lengths = draw(st.lists(st.integers(3, 14), min_size=1, max_size=5))
    small = st.integers(0, 6)
    events = [(user, draw(small), draw(small)) for user, n in enumerate(lengths) for _ in range(n)]
    return log(draw(st.permutations(events)))


def by_order(order: str) -> DataSettings:
    return DataSettings(order=order)


def events_of(windows: Windows) -> list[list[int]]:
    return [
        list(range(int(start), int(start + length)))
        for start, length in zip(windows.start, windows.length, strict=True)
    ]


def test_events_are_ordered_by_time_then_by_place_in_the_file() -> None:
    found = Sequences.of(log([(7, 4, 2), (5, 3, 9), (7, 1, 1), (7, 2, 2), (5, 0, 9), (5, 1, 8)]))
    assert found.items.tolist() == [1, 3, 0, 1, 4, 2]
    assert found.offsets.tolist() == [0, 3, 6]


def test_leave_one_out_by_hand() -> None:
    found = Sequences.of(
        log([(0, item, item) for item in range(5)] + [(1, 2, 0), (1, 1, 1), (1, 0, 2)])
    )
    assert found.train_lengths.tolist() == [3, 1]
    assert found.dev.item.tolist() == [3, 1]
    assert found.test.item.tolist() == [4, 0]
    assert found.dev.position.tolist() == [3, 6]
    assert found.test.user.tolist() == [0, 1]


def test_a_given_split_keeps_its_own_targets() -> None:
    events = [
        (0, 0, 0),
        (0, 1, 1),
        (0, 2, 2),
        (0, 3, 3),
        (1, 0, 0),
        (1, 1, 1),
        (2, 4, 0),
        (2, 0, 1),
    ]
    found = Sequences.of(log(events, [0, 1, 1, 2, 0, 0, 1, 2]))
    assert found.train_lengths.tolist() == [1, 2, 0]
    assert found.dev.position.tolist() == [1, 2]
    assert found.test.position.tolist() == [3, 7]
    assert "1 targets with nothing before them" in found.split


def test_a_tie_between_parts_of_a_given_split_keeps_training_first() -> None:
    interactions = log([(0, item, 5) for item in range(6)], [0, 0, 0, 0, 1, 2])
    for seed in range(5):
        found = Sequences.of(interactions, by_order(f"random:{seed}"))
        assert (found.dev.item.tolist(), found.test.item.tolist()) == ([4], [5])


def test_random_order_breaks_ties_and_only_ties() -> None:
    interactions = log([(0, item, item // 4) for item in range(12)])
    settings = [by_order(f"random:{seed}") for seed in (1, 1, 2)]
    orders = [Sequences.of(interactions, one).items.tolist() for one in settings]
    assert orders[0] == orders[1] != orders[2]
    assert [item // 4 for item in orders[0]] == [item // 4 for item in range(12)]


def test_protocol_line_says_what_a_score_depends_on() -> None:
    events = [(0, 0, 0), (0, 1, 1), (0, 2, 1), (1, 0, 0), (1, 1, 1), (1, 2, 2)]
    assert Sequences.of(log(events)).protocol("all", (5, 10)) == (
        "made-up: 2 users, 3 items, 6 events; as shipped; order (time, position), 1 of 2 targets "
        "tie in time with the event before; leave-one-out; 0 of 2 targets were met before "
        "(dev 0 of 2); mask all; cut-off 5, 10; all items ranked"
    )
    assert "order of the file;" in Sequences.of(log(events, timed=False)).protocol()
    drawn = Sequences.of(log(events), by_order("random:3"))
    assert "order (time, random:3), 1 of 2" in drawn.protocol()


@given(logs(), st.integers(2, 6), st.none() | st.integers(0, 3))
def test_windows_hold_every_train_row_once_and_nothing_else(
    interactions: Interactions, max_len: int, seed: int | None
) -> None:
    found = Sequences.of(interactions)
    rng = None if seed is None else np.random.default_rng(seed)
    windows = found.train_windows(max_len, rng)
    assert sorted(chain(*events_of(windows))) == found.train_events().tolist()
    assert windows.length.max(initial=1) <= max_len and windows.length.min(initial=1) >= 1


@given(logs(), st.integers(2, 7))
def test_overlapping_windows_give_every_train_row_half_a_window_of_context(
    interactions: Interactions, max_len: int
) -> None:
    found = Sequences.of(interactions)
    windows, skips = found.train_cover(max_len)
    rows = []
    for window, skip in zip(events_of(windows), skips, strict=True):
        assert len(window) <= max_len
        for event in window[skip:]:
            before = event - found.offsets[np.searchsorted(found.offsets, event, "right") - 1]
            assert event - window[0] >= min(before, max_len / 2)
            rows.append(event)
    assert sorted(rows) == found.train_events().tolist()


@given(logs())
def test_no_train_row_sees_a_target(interactions: Interactions) -> None:
    """A train row and the item that follows it are both training items."""
    found = Sequences.of(interactions)
    held_out = {*found.dev.position.tolist(), *found.test.position.tolist()}
    used = {*found.train_events().tolist(), *(found.train_events() + 1).tolist()}
    assert not used & held_out
    assert len(held_out) == 2 * found.n_users


def test_long_histories_are_cut_elsewhere_each_time() -> None:
    found = Sequences.of(log([(0, item % 5, item) for item in range(40)]))
    starts = {tuple(found.train_windows(8, np.random.default_rng(seed)).start) for seed in range(6)}
    assert len(starts) > 1


@given(logs(), st.integers(1, 5))
def test_contexts_are_the_last_events_before_the_target(
    interactions: Interactions, max_len: int
) -> None:
    found = Sequences.of(interactions)
    windows = found.contexts(found.test, max_len)
    for row, window in enumerate(events_of(windows)):
        start, position = found.offsets[found.test.user[row]], found.test.position[row]
        assert window == list(range(max(start, position - max_len), position))


@given(logs(), st.integers(2, 6), st.sampled_from([0, 1]))
def test_a_batch_is_its_windows_padded_on_the_right(
    interactions: Interactions, max_len: int, shift: int
) -> None:
    found = Sequences.of(interactions)
    windows = found.train_windows(max_len)
    for row, window in zip(found.batch(windows, shift), events_of(windows), strict=True):
        items = [found.items[event + shift] for event in window]
        assert row.tolist() == items + [0] * (len(row) - len(items))


@given(st.lists(st.integers(1, 9), max_size=30), st.integers(1, 5), st.none() | st.integers(0, 2))
def test_batches_hold_each_window_once_and_windows_of_like_length(
    lengths: list[int], size: int, seed: int | None
) -> None:
    windows = Windows(np.arange(len(lengths)), np.array(lengths, dtype=np.int64))
    rng = None if seed is None else np.random.default_rng(seed)
    found = [index.tolist() for index in batches(windows, size, rng)]
    assert sorted(chain(*found)) == list(range(len(lengths)))
    assert all(len(index) <= size for index in found)
    spans = sorted(
        (min(lengths[i] for i in index), max(lengths[i] for i in index)) for index in found
    )
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@given(logs(), st.sampled_from(["history", "all", "none"]))
def test_seen_items_are_unique_and_never_the_target(interactions: Interactions, mask: Mask) -> None:
    found = Sequences.of(interactions)
    for targets in (found.dev, found.test):
        offsets, items = seen_items(found.items, found.offsets, targets, mask)
        for row, (user, position, target) in enumerate(zip(*targets, strict=True)):
            start, end = found.offsets[user], found.offsets[user + 1]
            events = {"history": (start, position), "all": (start, end), "none": (0, 0)}[mask]
            met = target in found.items[start:position]
            expected = sorted({*found.items[slice(*events)].tolist()} - {int(target)})
            expected = [] if met else expected
            assert items[offsets[row] : offsets[row + 1]].tolist() == expected


@pytest.mark.skipif("RECSAE_DATA_DIR" not in os.environ, reason="RECSAE_DATA_DIR is not set")
@pytest.mark.parametrize(
    ("dataset", "ties"), [("ml-100k", "415 of 943"), ("grocery", "4,839 of 14,681")]
)
def test_as_many_targets_tie_as_the_definitions_say(dataset: str, ties: str) -> None:
    assert f" {ties} targets tie" in Sequences.of(load(DataSettings(dataset=dataset))).protocol()
