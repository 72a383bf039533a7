"""That trials wait for what others hold is said, now and then."""

import pytest

from recsae.search.ray.wait_notice import TELL_AGAIN_SECONDS, TELL_SECONDS, WaitNotice


def test_waiting_is_said_now_and_then_and_only_while_nothing_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = [100.0]
    idle = WaitNotice("1 CPUs and 1 GPUs", clock=lambda: now[0])

    def told(later: float) -> str:
        now[0] += later
        idle.tell()
        return capsys.readouterr().err

    assert told(TELL_SECONDS / 2) == ""
    line = told(TELL_SECONDS / 2)
    assert "no trial has run for 30 s: the search waits for 1 CPUs and 1 GPUs to be free" in line
    assert told(TELL_SECONDS) == "", "not again so soon"
    assert "for 330 s" in told(TELL_AGAIN_SECONDS - TELL_SECONDS)
    idle.started("a")
    assert told(TELL_AGAIN_SECONDS) == ""
    idle.started("b"), idle.ended("a")
    assert told(TELL_AGAIN_SECONDS) == "", "b still runs"
    idle.ended("b")
    assert told(TELL_SECONDS / 2) == "" and "for 30 s" in told(TELL_SECONDS / 2)
