"""Time left of work that was begun by somebody before."""

import pytest

from recsae import progress


def test_what_was_done_before_took_no_time_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = iter([0.0, 10.0])
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    told = progress.Meter("search", 10, None, before=6.0)
    told(8.0, "best 1")
    assert capsys.readouterr().err == "search 8.0/10, about 10 s left  best 1\n"
