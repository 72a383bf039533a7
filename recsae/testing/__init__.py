"""Laws of variants, samplers and schedulers, for pytest: whoever adds one runs them on it.

Nothing else in recsae imports them, and they must not be imported without pytest and hypothesis.

Install the package that adds one, so that its entry point is found, and write in a test file:

    from recsae.testing import SamplerLaws

    class TestMine(SamplerLaws):
        names = ("mine",)
"""

import pytest

pytest.register_assert_rewrite(
    *(f"recsae.testing.{laws}_laws" for laws in ("variant", "training", "sampler", "scheduler"))
)

from recsae.testing.sampler_laws import SamplerLaws  # noqa: E402
from recsae.testing.scheduler_laws import SchedulerLaws  # noqa: E402
from recsae.testing.training_laws import TrainingLaws  # noqa: E402
from recsae.testing.variant_laws import VariantLaws  # noqa: E402

__all__ = ["SamplerLaws", "SchedulerLaws", "TrainingLaws", "VariantLaws"]
