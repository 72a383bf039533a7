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
    sent = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(one, signal.default_int_handler) for one in sent]
    yield
    for one, handler in zip(sent, before, strict=True):
        signal.signal(one, handler)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_first_ctrl_c_is_a_wish_the_second_an_interrupt(
    sent: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt = Interrupt()
    before = signal.getsignal(sent)
    with interrupt.on_ctrl_c():
        assert not interrupt.requested
        os.kill(os.getpid(), sent)
        assert interrupt.requested
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), sent)
    assert signal.getsignal(sent) is before
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
