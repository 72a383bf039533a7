"""Each law is tested on every case, trained once a file."""

import pytest
from laws.cases import CASES, Case

from recsae.sae.model import SparseAutoencoder


@pytest.fixture(params=CASES.values(), ids=CASES.keys(), scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    chosen: Case = request.param
    return chosen


@pytest.fixture(scope="module")
def trained(case: Case) -> SparseAutoencoder:
    return case.train().model
