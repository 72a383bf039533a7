"""What every autoencoder variant declares. This file and the variants' files load without torch.

A variant adds something to one TopK autoencoder (`model.SparseAutoencoder`): modules of its own, a
refinement of the reconstruction, a term of the loss. It is an object without state; what it needs
at run time it reads from the model that it is given, an `Autoencoder`. Shapes: B rows, D width,
N latents, K active.
"""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Protocol

from pydantic import Field

from recsae.errors import SettingError
from recsae.settings import Settings

if TYPE_CHECKING:
    from torch import Tensor, nn

    from recsae.sae.code import SparseCode
    from recsae.sae.rows import Rows


class SAESettings(Settings):
    """Settings that every variant has; the defaults are the published ones."""

    sae_k: Annotated[int, Field(ge=1)] = 5
    """Active latents a row."""
    sae_scale_size: Annotated[int, Field(ge=1)] = 2
    """Latents divided by the width of the states."""
    sae_lr: Annotated[float, Field(gt=0)] = 1e-4
    """Learning rate of Adam, before warm-up and decay."""
    sae_epochs: Annotated[int, Field(ge=1)] = 10
    """Passes over the training rows; the schedule of the rate spans them."""
    sae_batch_size: Annotated[int, Field(ge=1)] = 256
    """Rows a step at most; an epoch is cut into batches of nearly equal size."""
    sae_auxk: Annotated[float, Field(ge=0)] = 1 / 32
    """Weight of the loss that revives dead latents (AuxK); 0 switches it off."""
    sae_dead_window: Annotated[float, Field(gt=0)] = 1.0
    """Epochs without a positive value after which a latent counts as dead while training; the
    reference recipe goes by the last whole epoch instead."""
    sae_positions: Literal["all", "last"] = "all"
    """Train on all rows of a user's history, or on the last one only."""
    sae_recipe: Literal["default", "reference"] = "default"
    """How it is trained: right (default), or to the letter of the published code, mistakes included
    (reference)."""
    sae_input_scale: Literal["none", "rms"] = "none"
    """Train as on rows scaled to a mean squared norm of 1 (rms) or as they are (none); the scale is
    folded back into the weights, so the trained model takes the rows as they are."""
    sae_seed: Annotated[int, Field(ge=0)] = 0
    """Seed of initialisation, dropout and sampling (not of the order of the data)."""

    def latents(self, width: int) -> int:
        """Return the number of latents of a dictionary for states of `width`."""
        return self.sae_scale_size * width

    def check_width(self, width: int) -> None:
        """Raise SettingError if these settings cannot work on states of `width`."""
        if self.sae_k > self.latents(width):
            most = f"{self.latents(width)} (sae_scale_size x width)"
            raise SettingError("sae_k", f"expected at most {most}, got {self.sae_k}")


class Autoencoder(Protocol):
    """What a variant's hooks may use of the model that they are given."""

    settings: SAESettings
    width: int
    """D, of the rows."""
    training: bool
    """True while it is trained: dropout is active."""
    W_dec: nn.Parameter
    """The dictionary [N, D]: an atom a latent."""
    W_enc: nn.Parameter
    """The encoder's weights [N, D]."""
    b_enc: nn.Parameter
    """The encoder's bias [N]."""
    b_dec: nn.Parameter
    """The decoder's bias [D], which the encoder subtracts from its input."""
    extra: nn.ModuleDict
    """The variant's own modules, by the names that `Variant.modules` gave them."""

    def encode(self, x_BD: Tensor) -> SparseCode:
        """Return the code of each row."""
        ...

    def decode(self, code: SparseCode) -> Tensor:
        """Return the linear reconstruction [B, D]."""
        ...

    def __call__(self, x_BD: Tensor) -> Tensor:
        """Return R(encode(x), x) [B, D]."""
        ...


class Variant(ABC):
    """One autoencoder variant. The hooks do nothing by default: that is the plain TopK model.

    `name` must be assigned a plain string in the class: by it the registry finds the file.
    """

    name: ClassVar[str]
    """The name given to --model_name."""
    Settings: ClassVar[type[SAESettings]] = SAESettings
    """The settings class, a subclass of SAESettings when the variant has settings of its own."""
    frozen_dictionary: ClassVar[bool] = False
    """W_dec keeps the unit atoms that it starts with; all else is trained."""
    control: ClassVar[bool] = False
    """What others are held against, and no candidate itself: the shipped searches leave it out."""
    closed_form: ClassVar[bool] = False
    """`solve` sets the weights in the first epoch and nothing is optimised."""
    training_only: ClassVar[tuple[str, ...]] = ()
    """Names of `modules` that `penalty` alone needs: trained and resumed, but not saved."""

    @property
    def linear(self) -> bool:
        """Whether R(c, x) is W_dec c + b_dec, to which `refine` adds nothing."""
        return type(self).refine is Variant.refine

    def modules(self, settings: SAESettings, width: int) -> dict[str, nn.Module]:
        """Return the variant's own trainable modules, kept in `sae.extra` and saved with it."""
        return {}

    def refine(self, sae: Autoencoder, code: SparseCode, linear_BD: Tensor, x_BD: Tensor) -> Tensor:
        """Return R(c, x) from the linear reconstruction W_dec c + b_dec; x only if it leaks."""
        return linear_BD

    def penalty(
        self, sae: Autoencoder, rows: Rows, code: SparseCode, recon_BD: Tensor
    ) -> Tensor | None:
        """Return the variant's own, weighted term of the loss for a batch, or None if it has none.

        Whatever it draws comes from torch's generator, which the trainer seeds and restores.
        """
        return None

    def solve(self, sae: Autoencoder, x_ND: Tensor) -> None:
        """Set the weights from all training rows, if `closed_form`; x may be a memory map."""
        raise NotImplementedError(f"{self.name} is not a closed form")

    def ladder(self, settings: SAESettings) -> tuple[int, ...]:
        """Return the k, rising to sae_k, that one training is meant for, if not for sae_k alone.

        A saved model is then scored with its codes cut to the k largest values, for each of them.
        """
        return ()

    def views(self, settings: SAESettings) -> int:
        """Return how many views of each row, by dropout inside the base, must be stored."""
        return 0

    def steady(self, settings: SAESettings) -> bool:
        """Return True if the shapes in a training step do not depend on the rows in the batch.

        Then a GPU can run it as one graph, which takes much less of the host's time.
        """
        return not self.closed_form

    def may_leak(self, settings: SAESettings) -> bool:
        """Return True if R(c, x) is declared to depend on x (the published attention)."""
        return False
