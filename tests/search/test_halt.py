"""Why a search stops: Ctrl-C or time, and in a thread never by a signal."""

import os
import signal
import threading

import pytest

from recsae.search.halt import INTERRUPTED, OUT_OF_TIME, Halt


def test_without_a_reason_the_search_goes_on() -> None:
    halt = Halt()
    assert not halt.stop_all()
    assert not halt("trial", {})
    assert not Halt(max_hours=1).stop_all()


def test_the_time_is_over() -> None:
    halt = Halt(max_hours=0)
    assert halt.stop_all()
    assert halt.reason == OUT_OF_TIME


def test_time_waits_for_the_least_trials() -> None:
    halt = Halt(max_hours=0, min_trials=2)
    halt.ended = 1
    assert not halt.stop_all()
    halt.ended = 2
    assert halt.stop_all()


def test_the_first_ctrl_c_is_a_wish_the_second_an_interrupt(
    capsys: pytest.CaptureFixture[str],
) -> None:
    halt = Halt(max_hours=0)
    before = signal.getsignal(signal.SIGINT)
    with halt.on_ctrl_c():
        os.kill(os.getpid(), signal.SIGINT)
        assert halt.stop_all()
        assert halt.reason == INTERRUPTED
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert "what has finished is kept" in capsys.readouterr().err


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def search() -> None:
        with Halt().on_ctrl_c():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=search)
    thread.start()
    thread.join()
    assert seen == [before]
