"""All laws of the autoencoders again, on a GPU."""

from collections.abc import Iterator

import pytest
from laws import cases, test_training_laws, test_variant_laws
from laws.conftest import case, trained

__all__ = ["case", "trained"]

pytestmark = pytest.mark.gpu

for module in (test_variant_laws, test_training_laws):
    globals().update({name: law for name, law in vars(module).items() if name.startswith("test_")})


@pytest.fixture(scope="module", autouse=True)
def on_a_gpu() -> Iterator[None]:
    cases.DEVICE[0] = "cuda"
    yield
    cases.DEVICE[0] = "cpu"
