"""Settings of BPR-MF; this file loads without torch."""

from typing import Annotated

from pydantic import Field

from recsae.recommenders.training.settings import TrainingSettings


class BPRMFSettings(TrainingSettings):
    """Matrix factorisation by pairs; the state is the user's vector."""

    lr: Annotated[float, Field(gt=0)] = 3e-3
    """Learning rate of AdamW."""
    epochs: Annotated[int, Field(ge=1)] = 100
    """Passes over the training items at most."""
    batch_size: Annotated[int, Field(ge=1)] = 1024
    """Training items a step."""
    l2: Annotated[float, Field(ge=0)] = 1e-2
    """Weight of the squared lengths of a pair's vectors in the loss."""
