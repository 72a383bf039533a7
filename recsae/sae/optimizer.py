"""One step down the gradient: Adam, its rate, and decoder atoms of length 1. N latents, D width."""

from typing import Any

import torch
from torch import Tensor

from recsae.sae.model import SparseAutoencoder
from recsae.sae.recipes import WEIGHT_DECAY, Recipe

WARM_UP = 0.02
"""Share of all steps over which the learning rate rises from 0."""
DECAY = 0.2
"""Share of all steps, the last ones, over which it falls to 0."""
ADAM_EPS = 1e-8


class Descent:
    """Adam on a model's trainable weights, by a recipe.

    Inputs scaled by s, with the result folded back into the weights, are a matter of units: no
    term of the loss changes with s, W_enc and W_dec are the same in both units, and each bias is s
    times as long on scaled inputs. So the model is kept in the units of the raw rows, always ready
    to be scored and saved, and Adam is what is rescaled: for the biases its rate by 1/s, the eps
    that it compares gradients with by s, and L2 by s^2. What a variant adds, attention or a head,
    sees raw units either way.
    """

    def __init__(self, model: SparseAutoencoder, recipe: Recipe, rate: float, scale: float) -> None:
        self._model, self._recipe, self._rate = model, recipe, rate
        self._device = model.W_dec.device
        # Not every device has a fused Adam.
        groups, fused = _groups(model, recipe, scale), self._device.type in ("cpu", "cuda")
        self.optimizer = torch.optim.Adam(groups, lr=rate, fused=fused)
        self._settle()

    def begin_epoch(self) -> None:
        """Bring the atoms to length 1, if the recipe does so before each epoch only."""
        if self._recipe.unit_rows or not self._model.W_dec.requires_grad:
            return
        atoms_ND = self._model.W_dec.data
        atoms_ND.div_(atoms_ND.norm(dim=1, keepdim=True) + torch.finfo(atoms_ND.dtype).eps)

    def set_rate(self, step: int, steps: int) -> None:
        """Set the learning rate of a step, of so many in all."""
        rate = self._rate * (rate_share(step, steps) if self._recipe.schedule else 1.0)
        for group in self.optimizer.param_groups:
            own = rate * group.get("factor", 1.0)
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(own)
            else:
                group["lr"] = own

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what the optimizer's `state_dict` gave, on this device or another."""
        self.optimizer.load_state_dict(state)
        self._settle()

    def _settle(self) -> None:
        """On a GPU keep the rate there, where a captured step finds each new one."""
        on_gpu = self._device.type == "cuda"
        for group in self.optimizer.param_groups:
            group["capturable"] = on_gpu
            group["lr"] = torch.zeros((), device=self._device) if on_gpu else self._rate

    def step(self, loss: Tensor) -> None:
        """Take one step."""
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        self._descend()

    @torch.no_grad()
    def _descend(self) -> None:
        atoms_ND, grad_ND = self._model.W_dec, self._model.W_dec.grad
        if grad_ND is not None and self._recipe.projection:
            # Adam would spend its step on a length that is set back to 1 right after.
            along_N1 = (grad_ND * atoms_ND).sum(1, keepdim=True)
            grad_ND.addcmul_(along_N1, atoms_ND, value=-1)
        self.optimizer.step()
        if atoms_ND.requires_grad and self._recipe.unit_rows:
            atoms_ND.div_(atoms_ND.norm(dim=1, keepdim=True))


def rate_share(step: int, steps: int) -> float:
    """Return the learning rate at a step, as a share of its highest: up, level, down."""
    # step + 1, so that the first step is not lost at rate 0.
    rise = (step + 1) / max(1.0, WARM_UP * steps)
    fall = (steps - step) / max(1.0, DECAY * steps)
    return max(0.0, min(1.0, rise, fall))


def _groups(model: SparseAutoencoder, recipe: Recipe, scale: float) -> list[dict[str, Any]]:
    """Return the trainable weights in groups of equal treatment; one group by default."""
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            unit = scale if name in ("b_enc", "b_dec") else 1.0
            # Published, b_enc is called encoder.bias, and b_dec has no "bias" in its name.
            spared = recipe.no_weight_decay or name == "b_enc" or "bias" in name
            decay = 0.0 if spared else WEIGHT_DECAY * unit**2
            groups.setdefault((unit, decay), []).append(weight)
    return [
        {"params": weights, "factor": 1 / unit, "eps": ADAM_EPS * unit, "weight_decay": decay}
        for (unit, decay), weights in groups.items()
    ]
