"""The settings classes: immutable, strict, and clear about what is wrong."""

from typing import Annotated, Literal, Self

import pytest
from pydantic import Field, ValidationError, model_validator

from recsae.errors import SettingError, nearest
from recsae.settings import KeyedValueError, Settings, Words, expected


class Engine(Settings):
    """An example."""

    cylinders: Annotated[int, Field(ge=1)] = 4
    """How many."""
    fuel: Literal["petrol", "diesel"] = "petrol"
    """What it burns."""
    weight: Annotated[float, Field(gt=0, le=2)] | None = None
    """Tonnes."""

    @model_validator(mode="after")
    def _diesels_are_large(self) -> Self:
        if self.fuel == "diesel" and self.cylinders < 3:
            raise KeyedValueError("cylinders", f"expected at least 3, got {self.cylinders}")
        return self


@pytest.mark.parametrize(
    ("values", "key", "message"),
    [
        ({"cylinders": 0}, "cylinders", "expected an integer >= 1, got 0"),
        ({"cylinders": "4"}, "cylinders", "expected an integer >= 1, got '4'"),
        ({"cylinders": 4.5}, "cylinders", "expected an integer >= 1, got 4.5"),
        (
            {"fuel": "disel"},
            "fuel",
            "expected one of petrol, diesel, got 'disel' (did you mean 'diesel'?)",
        ),
        ({"weight": 3.0}, "weight", "expected a number > 0 and <= 2 or nothing, got 3.0"),
        ({"cylindres": 4}, "cylindres", "no such setting (did you mean 'cylinders'?)"),
        ({"wings": 2}, "wings", "no such setting"),
        ({"fuel": "diesel", "cylinders": 2}, "cylinders", "expected at least 3, got 2"),
    ],
)
def test_a_mistake_names_its_key(values: dict[str, object], key: str, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        Engine.of(values)
    assert caught.value.key == key
    assert str(caught.value) == f"{key}: {message}"


class Car(Settings):
    """Holds other settings."""

    engines: dict[str, Engine] = {}
    seats: Annotated[list[int], Words("a list of seats a row")] = []


@pytest.mark.parametrize(
    ("values", "place", "message"),
    [
        (
            {"engines": {"front": {"fuel": "diesel", "cylinders": 2}}},
            ("engines", "front", "cylinders"),
            "expected at least 3, got 2",
        ),
        ({"engines": {"rear": 3}}, ("engines", "rear"), "expected keys and values, got 3"),
        ({"engines": {"rear": {"fule": 3}}}, ("engines", "rear", "fule"), "no such setting"),
        ({"seats": [2, "x"]}, ("seats",), "expected a list of seats a row, got [2, 'x']"),
        ({"seats": None}, ("seats",), "expected a list of seats a row, got nothing"),
        ({"seats": 1, "wings": 2}, ("wings",), "no such setting"),
    ],
)
def test_a_mistake_of_nested_settings_names_its_place(
    values: dict[str, object], place: tuple[str, ...], message: str
) -> None:
    with pytest.raises(SettingError) as caught:
        Car.of(values)
    assert caught.value.place == place
    assert caught.value.message.startswith(message)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Engine().cylinders = 6  # type: ignore[misc]


def test_values_come_back() -> None:
    engine = Engine.of({"cylinders": 6, "weight": 1.5})
    assert Engine.of(engine.values()) == engine
    assert list(engine.values()) == ["cylinders", "fuel", "weight"]


def test_an_integer_is_a_number_but_a_bool_is_no_integer() -> None:
    assert Engine.of({"weight": 1}).weight == 1
    with pytest.raises(SettingError):
        Engine.of({"cylinders": True})


def test_expected_puts_a_field_in_words() -> None:
    assert expected(Engine, "fuel") == "one of petrol, diesel"


def test_nearest_names_only_what_is_near() -> None:
    assert nearest("sae_kk", ["sae_k", "sae_lr"]) == " (did you mean 'sae_k'?)"
    assert nearest("banana", ["sae_k"]) == ""
