"""Recipes: what the published training does wrong, a flag a correction. Loads without torch.

Read in RecSAE, src/models/sae/sae.py and src/helpers/RecSAERunner.py. Not followed, as no part
of a training step: batches of whole histories, whose states come again in each longer history (here
each row comes once); the first scoring of dev and test, which counts as activity in the first
epoch; the second view's activity; early stopping, and keeping the epoch that was best on dev.
"""

from dataclasses import dataclass, fields, replace
from typing import Self

PENALTY_SHARE = 1 / 32
"""Of a variant's own term, what the published loss takes."""
WEIGHT_DECAY = 1e-6
"""L2 of the published commands (--l2); spares what has "bias" in its published name."""


@dataclass(frozen=True)
class Recipe:
    """Each flag is one correction: True is right, False is to the letter of the published code."""

    unit_start: bool = True
    """W_enc starts at the unit atoms and b_dec at the rows' geometric median; published: W_enc as
    nn.Linear draws it, the atoms its directions, b_dec zero."""
    auxk_sign: bool = True
    """AuxK explains x - x̂; published: x̂ - x, so that dead latents learn to add to the error."""
    auxk_detached: bool = True
    """AuxK's target is a constant; published: its gradient moves the living latents too."""
    auxk_no_bias: bool = True
    """AuxK explains the error from atoms alone; published: from atoms and b_dec."""
    dead_window: bool = True
    """Dead is not positive on any of the last `sae_dead_window` epochs' worth of rows, counted on
    at every step; published: not among the k selected, positive or not, in the whole last epoch, so
    that nothing is dead, and there is no AuxK, in the first."""
    projection: bool = True
    """The gradient along each atom is taken out before the step, since its length is fixed."""
    unit_rows: bool = True
    """Atoms are brought to length 1 after each step; published: before each epoch only."""
    no_weight_decay: bool = True
    """Adam has no L2 term; published: 1e-6, on the atoms too."""
    schedule: bool = True
    """The learning rate rises at first and falls at the end; published: it is constant."""
    dropout: bool = True
    """Dropout is on while training; published: never, the model stays in evaluation mode."""
    own_term: bool = True
    """A variant's own term counts in full from the first step; published: a 32nd of it, and
    only while some latent is dead, so never in the first epoch."""

    @classmethod
    def published(cls) -> Self:
        """Return the recipe without any correction."""
        return cls(**dict.fromkeys(corrections(), False))

    def changed(self, correction: str) -> Self:
        """Return the recipe with one correction switched the other way."""
        return replace(self, **{correction: not getattr(self, correction)})


def corrections() -> list[str]:
    """Return the names of the flags, in order."""
    return [field.name for field in fields(Recipe)]


RECIPES = {"default": Recipe(), "reference": Recipe.published()}
"""What `sae_recipe` names."""
