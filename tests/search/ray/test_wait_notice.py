"""That trials wait for what others hold is said, now and then."""

import pytest

from recsae.search.ray.wait_notice import NOTICE_SECONDS, REPEAT_SECONDS, WaitNotice


def test_waiting_is_said_now_and_then_and_only_while_nothing_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = [100.0]
    notice = WaitNotice("1 CPUs and 1 GPUs", clock=lambda: now[0])

    def said(later: float) -> str:
        now[0] += later
        notice.say_if_due()
        return capsys.readouterr().err

    assert said(NOTICE_SECONDS / 2) == ""
    line = said(NOTICE_SECONDS / 2)
    assert "no trial has run for 30 s: the search waits for 1 CPUs and 1 GPUs to be free" in line
    assert said(NOTICE_SECONDS) == "", "not again so soon"
    assert "for 330 s" in said(REPEAT_SECONDS - NOTICE_SECONDS)
    notice.started("a")
    assert said(REPEAT_SECONDS) == ""
    notice.started("b"), notice.ended("a")
    assert said(REPEAT_SECONDS) == "", "b still runs"
    notice.ended("b")
    assert said(NOTICE_SECONDS / 2) == "" and "for 30 s" in said(NOTICE_SECONDS / 2)
