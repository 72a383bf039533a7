"""The laws of recsae on what this package adds: run `pytest` where it is installed."""

from recsae.testing import SamplerLaws, SchedulerLaws, TrainingLaws, VariantLaws


class TestVariant(VariantLaws):
    names = ("SASRec_SAE_Damped",)


class TestTraining(TrainingLaws):
    names = ("SASRec_SAE_Damped",)


class TestSampler(SamplerLaws):
    names = ("halton",)


class TestScheduler(SchedulerLaws):
    names = ("drop_worst",)
