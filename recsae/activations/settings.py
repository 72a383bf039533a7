"""Settings of the stored states; this file loads without torch."""

from typing import Annotated, Literal, Self

from pydantic import Field

from recsae.settings import Settings


class ActivationSettings(Settings):
    """How the states of the base are stored."""

    activation_dtype: Literal["float32", "float16"] = "float32"
    """Numbers as the base computed them, or in half the space."""
    activation_views: Annotated[int, Field(ge=0, le=64)] = 0
    """Further passes over the train rows with the base's dropout on, for contrastive views; a
    variant that needs them raises it to what it needs."""

    def with_views(self, number: int) -> Self:
        """Return the settings with so many views at least."""
        views = max(number, self.activation_views)
        return self.model_copy(update={"activation_views": views})
