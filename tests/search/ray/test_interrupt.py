"""Ctrl-C: a wish first, an interrupt then, and in a thread nothing at all."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from recsae.search.ray.interrupt import Interrupt


@pytest.fixture(autouse=True)
def _python_hears_ctrl_c() -> Iterator[None]:
    """Take Python's own handler, for what runs in the background inherits none."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_ctrl_c_is_a_wish_the_second_an_interrupt(
    capsys: pytest.CaptureFixture[str],
) -> None:
    interrupt = Interrupt()
    before = signal.getsignal(signal.SIGINT)
    with interrupt.on_ctrl_c():
        assert not interrupt.requested
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.requested
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert "nothing is lost" in capsys.readouterr().err


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def search() -> None:
        with Interrupt().on_ctrl_c():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=search)
    thread.start()
    thread.join()
    assert seen == [before]
