"""One registry class for every kind: what other packages add, and the mistakes that they make."""

from pathlib import Path

import pytest
from outside_package import MODULE, installed, lay

from recsae.errors import RecsaeError, SettingError
from recsae.space.kinds import SAMPLERS, SCHEDULERS, samplers

GOOD = """
from recsae.search.samplers.base import Sampler

class Mine(Sampler):
    "Proposes nothing."

    name = "mine"
    one_objective = True

    def propose(self, history, trial_id):
        return {}
"""
PLACE = f"package {MODULE}, entry point recsae.samplers mine = {MODULE}:Mine"


def test_a_sampler_from_outside_is_known_by_its_name_and_says_what_it_needs(tmp_path: Path) -> None:
    lay(tmp_path, GOOD, "recsae.samplers", mine="Mine")
    with installed(tmp_path, SAMPLERS):
        assert "mine" in SAMPLERS.names
        assert SAMPLERS.says("mine", "one_objective") and not SAMPLERS.says("mine", "decides")
        assert samplers()["mine"] == "Proposes nothing. Takes one objective."
        assert SAMPLERS.get("mine").__module__ == MODULE
    with pytest.raises(SettingError, match=r"sampler: expected one of cmaes, .*, got 'mine'"):
        SAMPLERS.get("mine")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("Mine = 3", "expected a Sampler with the name 'mine'"),
        (GOOD.replace('"mine"', '"other"'), "expected a Sampler with the name 'mine'"),
        (GOOD.replace("Mine(Sampler)", "Mine"), "expected a Sampler with the name 'mine'"),
        (GOOD.replace("Mine", "Other"), "AttributeError: module "),
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named "),
    ],
)
def test_what_is_no_sampler_is_one_line_that_names_its_package(
    source: str, message: str, tmp_path: Path
) -> None:
    lay(tmp_path, source, "recsae.samplers", mine="Mine")
    with installed(tmp_path, SAMPLERS), pytest.raises(RecsaeError) as caught:
        SAMPLERS.get("mine")
    assert str(caught.value).startswith(f"{PLACE}: {message}") and "\n" not in str(caught.value)


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    lay(tmp_path, GOOD, "recsae.samplers", tpe="Mine")
    message = f"recsae.samplers: {MODULE}:Mine and recsae.search.samplers.tpe.TPESampler: tpe"
    with installed(tmp_path, SAMPLERS), pytest.raises(RecsaeError) as caught:
        _ = SAMPLERS.names
    assert str(caught.value) == message


def test_what_a_space_asks_of_ours_is_read_and_not_imported() -> None:
    assert SCHEDULERS.about("hyperband").values["uses"] == ("grace_epochs", "reduction_factor")
    assert SCHEDULERS.says("hyperband", "pauses") and not SCHEDULERS.says("none", "pauses")
    assert not SCHEDULERS.says("no such name", "pauses")
    assert SCHEDULERS.outside("asha") is None
