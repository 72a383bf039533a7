"""All laws of the autoencoders again, on a GPU."""

import pytest

from recsae.sae.registry import VARIANTS
from recsae.testing import TrainingLaws, VariantLaws

pytestmark = pytest.mark.gpu


class TestVariantsOnAGPU(VariantLaws):
    names, device = VARIANTS.names, "cuda"


class TestTrainingOnAGPU(TrainingLaws):
    names, device = VARIANTS.names, "cuda"
