"""A few cases of each kind that `make fuzz` makes a thousand of."""

import pytest
from fuzz.kinds import KINDS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=10, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_each_case_is_success_or_one_line(kind: str, data: st.DataObject) -> None:
    KINDS[kind](data)
