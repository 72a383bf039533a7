"""Which base is meant: by settings, by a preset, or by name."""

from typing import Any

import pytest

from recsae.errors import SettingError
from recsae.recommenders.base_choice import BaseChoice
from recsae.recommenders.sasrec.settings import SASRecSettings


def test_settings_on_the_default_preset_are_whole_at_once() -> None:
    choice = BaseChoice.of({"emb_size": 32, "num_heads": 2})
    expected = SASRecSettings(emb_size=32, num_heads=2)
    assert choice.values() == expected.values() and choice.width == 32
    assert BaseChoice.of({}) == BaseChoice.of({"preset": "default"})
    assert BaseChoice.of({}).values() == SASRecSettings().values()


def test_another_preset_is_open_until_it_is_settled() -> None:
    choice = BaseChoice.of({"preset": "best", "num_heads": 8})
    assert choice.width is None and choice.values() == {"preset": "best", "num_heads": 8}
    settled = choice.settled(SASRecSettings(emb_size=128, num_heads=8))
    assert settled.width == 128 and settled.preset == "best"
    assert BaseChoice.of(settled.values()) == settled
    assert BaseChoice.of({"preset": "best", "emb_size": 33}).width == 33  # it finds the heads


def test_a_checkpoint_is_pinned_to_what_it_was() -> None:
    choice = BaseChoice.of({"checkpoint": "mine"})
    assert choice.width is None and choice.values() == {"checkpoint": "mine"}
    pinned = choice.pinned("abc123", 64)
    assert pinned.values() == {"checkpoint": "mine", "fingerprint": "abc123"}
    assert BaseChoice.of(pinned.values()) == pinned


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"checkpoint": "a", "lr": 0.1}, "lr: expected it or the base 'a', which has its settings"),
        ({"checkpoint": "a", "preset": "default"}, "preset: expected it or the base 'a'"),
        ({"checkpoint": ""}, "checkpoint: expected a text or nothing, got ''"),
        ({"checkpont": "x"}, "checkpont: no such setting (did you mean 'checkpoint'?)"),
        ({"preset": "best", "emb_siz": 3}, "emb_siz: no such setting (did you mean 'emb_size'?)"),
        ({"preset": "best", "dropout": 2}, "dropout: expected a number >= 0 and < 1, got 2"),
        ({"preset": "best", "num_heads": "2"}, "num_heads: expected an integer >= 1, got '2'"),
        ({"preset": "better"}, "preset: expected one of default, best, got 'better'"),
    ],
)
def test_what_contradicts_itself_is_told(values: dict[str, Any], line: str) -> None:
    with pytest.raises(SettingError) as caught:
        BaseChoice.of(values)
    assert str(caught.value).startswith(line)
