"""Settings of the stored states; this file loads without torch."""

from typing import Literal

from recsae.settings import Settings


class ActivationSettings(Settings):
    """How the states of the base are stored."""

    activation_dtype: Literal["float32", "float16"] = "float32"
    """Numbers as the base computed them, or in half the space."""
