"""The rule of --preset best: what is given wins, the cost is bounded, no name is looked at."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.errors import SettingError
from recsae.recommenders.sasrec.presets import FLOP_BUDGET, DataFacts, flops, resolve
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sequences import Sequences

ML_100K = DataFacts(943, 1_682, 97_171, 943)
ML_1M = DataFacts(6_040, 3_706, 982_089, 6_040)
ML_20M = DataFacts(138_493, 26_744, 19_584_784, 138_493)
BEAUTY = DataFacts(22_363, 12_101, 131_413, 22_363)
GROCERY = DataFacts(14_681, 8_713, 107_211, 14_681)
TOYS = DataFacts(19_412, 11_924, 109_361, 19_412)
SPORTS = DataFacts(35_598, 18_357, 189_543, 35_598)
YELP = DataFacts(30_431, 20_033, 225_061, 30_431)
SPARSE, DENSE = (BEAUTY, GROCERY, TOYS, SPORTS, YELP), (ML_100K, ML_1M, ML_20M)

FACTS = st.builds(
    DataFacts,
    st.integers(1, 10**8),
    st.integers(1, 10**8),
    st.integers(1, 10**10),
    st.integers(2, 10**8),
)


def best(facts: DataFacts, **given: Any) -> SASRecSettings:
    return resolve("best", facts, given)


def test_facts_are_counted(sequences: Sequences) -> None:
    assert DataFacts.of(sequences) == (30, 40, 30 * 11, 30)


def test_the_default_is_what_is_given_and_the_defaults() -> None:
    assert resolve("default", BEAUTY, {}) == SASRecSettings()
    assert resolve("default", BEAUTY, {"emb_size": 8}) == SASRecSettings(emb_size=8)


@pytest.mark.parametrize("facts", SPARSE)
def test_sparse_data_is_scored_by_the_cosine(facts: DataFacts) -> None:
    settings = best(facts)
    assert settings.temperature > 0 and settings.loss == "sampled"
    assert settings == best(BEAUTY)


@pytest.mark.parametrize("facts", DENSE)
def test_dense_data_is_scored_by_the_dot_product(facts: DataFacts) -> None:
    assert best(facts).temperature == 0


def test_long_histories_are_looked_back_on_longer() -> None:
    assert best(ML_1M).max_len > best(ML_100K).max_len
    assert best(ML_1M).loss == best(ML_100K).loss == "full"


@pytest.mark.parametrize("facts", [*SPARSE, ML_100K, ML_1M])
def test_what_is_wanted_is_affordable_for_all_but_the_largest(facts: DataFacts) -> None:
    assert best(facts).epochs >= 12 and best(facts).emb_size >= 128


def test_the_largest_set_is_trained_for_some_epochs() -> None:
    assert best(ML_20M).epochs >= 3 and best(ML_20M).loss == "sampled"


@given(FACTS)
def test_the_cost_is_bounded_whatever_the_data(facts: DataFacts) -> None:
    settings = best(facts)
    assert settings.emb_size <= 256
    assert flops(facts, settings) <= FLOP_BUDGET or settings.epochs == 1


@given(
    FACTS,
    st.fixed_dictionaries(
        {},
        optional={
            "emb_size": st.sampled_from([1, 6, 48, 100, 256]),
            "dropout": st.floats(0, 0.9),
            "epochs": st.integers(1, 500),
            "loss": st.sampled_from(["full", "sampled"]),
            "max_len": st.integers(2, 300),
            "temperature": st.floats(0, 1),
            "base_seed": st.integers(0, 9),
        },
    ),
)
def test_what_is_given_wins(facts: DataFacts, given: dict[str, Any]) -> None:
    found = best(facts, **given).values()
    assert {name: found[name] for name in given} == given


@given(FACTS, st.integers(1, 40))
def test_given_heads_get_a_width_they_divide(facts: DataFacts, heads: int) -> None:
    settings = best(facts, num_heads=heads)
    assert settings.num_heads == heads and settings.emb_size % heads == 0


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"emb_size": 10, "num_heads": 4}, "num_heads: expected a divisor of emb_size 10, got 4"),
        ({"emb_size": "wide"}, "emb_size: expected an integer >= 1, got 'wide'"),
        ({"num_heads": 0}, "num_heads: expected an integer >= 1, got 0"),
        ({"drop": 0.1}, "drop: no such setting (did you mean 'dropout'?)"),
    ],
)
def test_wrong_settings_are_told_in_a_line(values: dict[str, Any], line: str) -> None:
    with pytest.raises(SettingError) as caught:
        best(BEAUTY, **values)
    assert str(caught.value) == line


def test_every_count_costs() -> None:
    settings = best(YELP)
    for name, value in YELP._asdict().items():
        assert flops(YELP._replace(**{name: value * 10}), settings) > flops(YELP, settings)


def test_it_loads_without_torch() -> None:
    code = "import sys, recsae.recommenders.sasrec.presets; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
