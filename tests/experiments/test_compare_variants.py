"""The script: flags are the plan's settings, and a mistake is one line."""

import sys
from pathlib import Path
from typing import Any

import pytest
from comparison.plan import QUICK, PlanSettings
from scripts import experiment


@pytest.fixture(scope="module")
def script() -> Any:
    return experiment("compare_variants")


def plan(script: Any, *arguments: str) -> PlanSettings:
    made: PlanSettings = script.plan_of(vars(script.parser().parse_args(arguments)))
    return made


def test_flags_are_the_settings_of_the_plan(script: Any) -> None:
    assert plan(script) == PlanSettings()
    some = plan(script, "--trials", "5", "--seconds", "7", "--preset", "best", "--workers", "3")
    assert some == PlanSettings(trials=5, seconds=7.0, preset="best", workers=3)
    options = script.parser().parse_args(["--datasets", "grocery", "beauty", "--json"])
    assert options.datasets == ["grocery", "beauty"] and options.json


def test_quick_fills_in_what_is_not_given(script: Any) -> None:
    quick = plan(script, "--quick", "--seeds", "4")
    assert quick == PlanSettings.of({**QUICK, "quick": True, "seeds": 4})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--datasets", "grocry"], "did you mean 'grocery'?"),
        (["--preset", "worst"], "preset: expected one of default, best, got 'worst'"),
        (["--min_user", "-1"], "min_user: expected an integer >= 0, got -1"),
        (["--datasets", "synthetic", "--user_column", "uid"], "user_column: expected a data set"),
        (["--bases", "0"], "bases: expected an integer >= 1, got 0"),
        (["--page", "--out", "nowhere"], "nowhere: no finished comparison"),
    ],
)
def test_a_mistake_is_one_line(
    script: Any,
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["compare_variants.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        script.main()
    told_lines = capsys.readouterr().err.strip().splitlines()
    assert ended.value.code == 2
    assert len(told_lines) == 1 and message in told_lines[0]
    assert list(tmp_path.iterdir()) == []
