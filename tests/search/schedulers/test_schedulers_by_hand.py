"""Each rule on a few trials whose outcome was worked out by hand."""

import math
from collections.abc import Sequence

import pytest

from recsae.search.engine.events import Event
from recsae.search.schedulers.hyperband import HyperbandScheduler, expected_epochs
from recsae.search.strategies import pauses_for, rungs_for
from recsae.testing.worlds import ONE, TWO, World, scheduler_named, searched, space_with


def flat(*values: float) -> World:
    """Trials that report the same at each epoch."""
    return World(lambda trial_id, epoch: (values[trial_id],))


def points(*values: tuple[float, float]) -> World:
    """Trials with two objectives (the second is better when it is less)."""
    return World(lambda trial_id, epoch: values[trial_id], TWO)


def epochs_of(name: str, world: World, trials: int, **keys: int) -> list[int]:
    """How far each trial comes, with one worker."""
    history, _ = searched(scheduler_named(name, world.objectives, **keys), world, trials)
    return [trial.epochs for trial in history]


def steps(journal: Sequence[Event]) -> str:
    """A journal in short: 0:3p = trial 0 pauses after epoch 3; c completes, s stops, x fails."""
    found = []
    for event in journal:
        if event["kind"] == "ended":
            found.append(f"{event['trial_id']}x")
        elif event.get("decided", "go_on") != "go_on":
            found.append(f"{event['trial_id']}:{event['epochs']}{event['decided'][0]}")
    return " ".join(found)


class TestAsha:
    def test_a_trial_is_held_to_those_before_it(self) -> None:
        # The cut at epoch 1 is the 66.7th percentile of those before: .3, .267, .233, .3, .313;
        # at epoch 3, where 0 came first: .3 for trial 3, .367 for 4, .347 for 5.
        world = flat(0.3, 0.2, 0.1, 0.4, 0.32, 0.35)
        assert epochs_of("asha", world, 6) == [9, 1, 1, 9, 3, 9]

    def test_a_tie_with_the_cut_goes_on(self) -> None:
        assert epochs_of("asha", flat(0.5, 0.5, 0.5), 3) == [9, 9, 9]

    def test_two_objectives(self) -> None:
        # 1 is beaten in both, 2 beats 0 in both. 3 is not beaten, and of the two places for three
        # others 2 has one. At epoch 3, where 0 and 2 have come, there is one for both of them. For
        # 4 and 5, which are not beaten either, there are two places, and 2 and 3 have them.
        world = points((0.5, 9.0), (0.4, 9.5), (0.6, 8.0), (0.1, 2.0), (0.7, 8.5), (0.05, 1.0))
        assert epochs_of("asha", world, 6) == [9, 1, 9, 3, 1, 1]

    def test_a_leak_is_stopped_even_if_it_comes_first(self) -> None:
        world = flat(0.9, 0.1, 0.2)
        world.leaks = {0: 1}
        assert epochs_of("asha", world, 3) == [1, 9, 9]


class TestAshaPromote:
    def test_nine_trials(self) -> None:
        # The third lets the best of three (1) go on to 3. 4 is the best of five, so it does so at
        # once, and 8 as the best of nine; there it is the best of three, and goes on to the end.
        world = flat(1, 5, 2, 3, 6, 4, 0, 2, 7)
        _, journal = searched(scheduler_named("asha_promote"), world, 9)
        assert steps(journal) == "0:1p 1:1p 2:1p 1:3p 3:1p 4:3p 5:1p 6:1p 7:1p 8:9c"

    def test_a_trial_may_still_go_on_when_more_have_come(self) -> None:
        # 1 waits as the second of three and goes on as the second of six; then 0 is the best of
        # the two at epoch 3 and none can be chosen of so few: in the end it is brought to 9.
        world = flat(6, 5, 1, 1, 1, 1)
        _, journal = searched(scheduler_named("asha_promote"), world, 6)
        assert steps(journal) == "0:1p 1:1p 2:1p 0:3p 3:1p 4:1p 5:1p 1:3p 0:9c"

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ([0.5], "0:1p 0:3p 0:9c"),
            ([0.5, 0.6], "0:1p 1:1p 1:3p 1:9c"),
            ([0.6, 0.5], "0:1p 1:1p 0:3p 0:9c"),
            ([0.1, 0.2, 0.3], "0:1p 1:1p 2:3p 2:9c"),
        ],
    )
    def test_few_trials_still_give_an_answer(self, values: list[float], expected: str) -> None:
        _, journal = searched(scheduler_named("asha_promote"), flat(*values), len(values))
        assert steps(journal) == expected

    def test_the_next_best_takes_the_place_of_one_that_failed_or_leaks(self) -> None:
        world = flat(0.5, 0.6, 0.4)
        world.fails, world.leaks = {1: 5}, {0: 9}
        _, journal = searched(scheduler_named("asha_promote"), world, 3)
        assert steps(journal) == "0:1p 1:1p 2:1p 1:3p 1x 0:3p 0:9c 2:3p 2:9c"

    def test_if_all_leak_there_is_no_answer(self) -> None:
        world = flat(0.5, 0.6)
        world.leaks = {0: 1, 1: 2}
        _, journal = searched(scheduler_named("asha_promote"), world, 2)
        assert steps(journal) == "0:1s 1:1p 1:3s"

    def test_the_rest_waits_while_another_runs(self) -> None:
        # Two workers, three trials: while 2 is on its way to 9, nothing else is begun beside it.
        _, journal = searched(scheduler_named("asha_promote"), flat(1, 2, 3), 3, workers=2)
        assert steps(journal) == "0:1p 1:1p 2:3p 2:9c"

    def test_one_that_a_shorter_grace_has_paused_goes_on_before_a_new_one(self) -> None:
        world = flat(1, 2)
        _, past = searched(scheduler_named("one_epoch"), world, 1)
        longer = scheduler_named("asha_promote", grace_epochs=2)
        _, journal = searched(longer, world, 2, past=past[:2])
        assert steps(journal) == "0:1p 0:2p 1:2p 1:6p 1:9c"

    def test_trials_that_end_before_a_rung_count_below_it(self) -> None:
        world = flat(1, 2, 3, 4, 5, 6)
        world.epochs = lambda trial_id: 2 if trial_id in (3, 4, 5) else 9
        _, journal = searched(scheduler_named("asha_promote"), world, 6)
        # 2 was the best of three; of six the best two are 5 and 4, which end at 2.
        assert steps(journal) == "0:1p 1:1p 2:3p 3:2c 4:2c 5:2c"


class TestHyperband:
    def test_the_brackets_get_the_same_budget(self) -> None:
        rule = HyperbandScheduler((1, 3), 9, 3, 1)
        assert [expected_epochs(rungs, 9, 3) for rungs in [(1, 3), (3,), ()]] == [
            pytest.approx(1 + 2 / 3 + 6 / 9),
            3 + 6 / 3,
            9,
        ]
        # (n + 1) × 2.33, 5 and 9: always the least.
        assert [rule.bracket(i) for i in range(9)] == [0, 0, 1, 0, 2, 0, 1, 0, 0]
        assert rule.bracket(3) == 0

    def test_a_bracket_begins_at_its_rung(self) -> None:
        _, journal = searched(scheduler_named("hyperband"), flat(1, 2, 3, 4, 0), 5)
        assert steps(journal) == "0:1p 1:1p 2:3p 3:3p 4:9c"

    def test_of_two_brackets_at_one_rung_the_first_goes_on(self) -> None:
        # 0, 1 and 3 are in the first bracket, 2 in the second; only these four may start.
        _, journal = searched(scheduler_named("hyperband"), flat(3, 1, 2, 1), 4)
        assert steps(journal) == "0:1p 1:1p 2:3p 3:1p 0:3p 0:9c"


class TestMedian:
    def test_worse_than_the_averages_of_most(self) -> None:
        # 3 is worse than two of three (2 too, of two: too few to tell), 4 than one of four.
        world = flat(0.5, 0.4, 0.3, 0.35, 0.4)
        assert epochs_of("median", world, 5) == [9, 9, 9, 1, 9]

    def test_worse_than_just_half_goes_on(self) -> None:
        # At epoch 1 trial 3 is worse than two of three, 4 than two of four; at 2, where 3 has not
        # come, than two of three.
        assert epochs_of("median", flat(0.5, 0.4, 0.1, 0.2, 0.3), 5) == [9, 9, 9, 1, 2]

    def test_the_averages_are_over_the_reports_so_far(self) -> None:
        # The others have .3 and .5 on average, then .6; trial 3 has .4, and .7 at the end.
        table = [(0.3, 0.7, 0.8)] * 3 + [(0.4, 0.4, 0.7)]
        world = World(lambda i, epoch: (table[i][epoch - 1],), epochs=lambda i: 3)
        assert epochs_of("median", world, 4, epochs=3) == [3, 3, 3, 2]

    def test_the_best_so_far_counts_and_not_the_last(self) -> None:
        table = {3: [0.6] + [0.0] * 8}
        world = World(lambda i, epoch: (table.get(i, [0.5] * 9)[epoch - 1],))
        assert epochs_of("median", world, 4) == [9, 9, 9, 9]

    def test_the_averages_of_the_others_count_and_not_their_last(self) -> None:
        # At epoch 2 the others have .9 but .5 on average, and trial 3 had .6.
        world = World(lambda i, epoch: (0.6,) if i == 3 else (0.1 if epoch == 1 else 0.9,))
        world.epochs = lambda trial_id: 2
        assert epochs_of("median", world, 4, epochs=2) == [2, 2, 2, 2]

    def test_one_that_another_scheduler_has_paused_counts_once(self) -> None:
        # 2 is worse than both others, which are too few to tell.
        world = flat(3, 2, 1)
        _, past = searched(scheduler_named("one_epoch"), world, 2)
        _, journal = searched(scheduler_named("median"), world, 3, past=past[:4])
        assert steps(journal) == "0:1p 1:1p 2:9c"

    def test_nothing_stops_in_the_grace(self) -> None:
        assert epochs_of("median", flat(5, 4, 3, 1), 4, grace_epochs=3) == [9, 9, 9, 3]

    def test_two_objectives(self) -> None:
        # Trial 3 is in a later front than all others, trial 4 in the same.
        world = points((0.5, 5.0), (0.4, 4.0), (0.3, 3.0), (0.2, 6.0), (0.1, 2.0))
        assert epochs_of("median", world, 5) == [9, 9, 9, 1, 9]


class TestOneEpoch:
    def test_the_best_few_go_on_when_all_have_come(self) -> None:
        world = flat(1, 5, 2, 4, 3)
        _, journal = searched(scheduler_named("one_epoch", keep=2), world, 5)
        assert steps(journal) == "0:1p 1:1p 2:1p 3:1p 4:1p 1:9c 3:9c"

    def test_one_that_fails_or_leaks_is_replaced(self) -> None:
        world = flat(1, 5, 2, 4, 3)
        world.fails, world.leaks = {1: 2, 2: 1}, {3: 9}
        _, journal = searched(scheduler_named("one_epoch", keep=2), world, 5)
        assert steps(journal) == "0:1p 1:1p 2x 3:1p 4:1p 1x 3:9c 4:9c 0:9c"

    def test_one_that_leaks_or_lacks_an_objective_at_the_rung_is_stopped(self) -> None:
        world = flat(1, math.nan, 2, 3)
        world.leaks = {0: 1}
        _, journal = searched(scheduler_named("one_epoch", keep=1), world, 4)
        assert steps(journal) == "0:1s 1:1s 2:1p 3:1p 3:9c"

    def test_one_that_is_complete_at_the_rung_takes_a_place_and_one_before_it_none(self) -> None:
        world = flat(1, 3, 2, 4)
        world.epochs = lambda trial_id: {1: 2, 3: 1}.get(trial_id, 9)
        _, journal = searched(scheduler_named("one_epoch", grace_epochs=2, keep=2), world, 4)
        assert steps(journal) == "0:2p 1:2c 2:2p 3:1c 2:9c"

    def test_one_that_a_shorter_grace_has_paused_goes_on_too(self) -> None:
        world = flat(2, 1)
        _, past = searched(scheduler_named("one_epoch"), world, 1)
        longer = scheduler_named("one_epoch", grace_epochs=2, keep=1)
        _, journal = searched(longer, world, 2, past=past[:2])
        assert steps(journal) == "0:1p 1:2p 0:2p 0:9c"

    def test_none_goes_on_while_one_is_on_its_way(self) -> None:
        world = flat(1, 2, 3)
        world.seconds = lambda trial_id: 20.0 if trial_id == 2 else 1.0
        _, journal = searched(scheduler_named("one_epoch", keep=1), world, 3, workers=3)
        assert steps(journal) == "0:1p 1:1p 2:1p 2:9c"

    def test_fewer_than_are_kept(self) -> None:
        assert epochs_of("one_epoch", flat(1, 2), 2) == [9, 9]

    def test_two_objectives_keep_both_ends(self) -> None:
        world = points((0.5, 5.0), (0.49, 4.9), (0.1, 1.0), (0.4, 6.0))
        assert epochs_of("one_epoch", world, 4, keep=2) == [9, 1, 9, 1]


@pytest.mark.parametrize(
    ("name", "keys", "expected", "may_pause"),
    [
        ("asha", {}, (1, 3), False),
        ("asha", {"epochs": 10}, (1, 3, 9), False),
        ("asha", {"grace_epochs": 9}, (), False),
        ("asha", {"grace_epochs": 2, "reduction_factor": 2}, (2, 4, 8), False),
        ("asha_promote", {}, (1, 3), True),
        ("hyperband", {"epochs": 27}, (1, 3, 9), True),
        ("median", {"grace_epochs": 4}, (4, 5, 6, 7, 8), False),
        ("one_epoch", {"grace_epochs": 2}, (2,), True),
        ("one_epoch", {"grace_epochs": 9}, (), True),
        ("none", {}, (), False),
    ],
)
def test_where_trials_may_stop_or_pause(
    name: str, keys: dict[str, int], expected: tuple[int, ...], may_pause: bool
) -> None:
    space = space_with(name, ONE, **keys)
    assert rungs_for(space) == expected
    assert pauses_for(space) == (expected if may_pause else ())
