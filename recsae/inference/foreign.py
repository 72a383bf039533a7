"""An autoencoder of somebody else's code, as the leak audit asks one. B rows, D width."""

import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from recsae.errors import SettingError

_OUTPUT = "sae_out"
"""What sparsify calls the reconstruction among what a call returns."""


class Foreign:
    """A model with encode and decode; with reconstruct(code, x) if it makes more of the code.

    `decode` may take the parts of a code one by one. Raises SettingError for a model without them,
    or whose reconstruction has another shape than the states.
    """

    def __init__(self, model: Any, x_BD: Tensor) -> None:
        """x_BD: a few states to try it on."""
        for name in ("encode", "decode"):
            if not callable(getattr(model, name, None)):
                raise SettingError("--model", f"expected encode and decode, found no {name}")
        self._model: Any = model.eval() if isinstance(model, torch.nn.Module) else model
        wanted = inspect.signature(model.decode).parameters.values()
        self._parts = sum(one.default is one.empty for one in wanted)
        found = self.reconstruct(self.encode(x_BD), x_BD)
        if found.shape != x_BD.shape:
            shapes = f"expected states {list(x_BD.shape)}, got {list(found.shape)}"
            raise SettingError("--model", f"{shapes} from decode")

    @torch.no_grad()
    def encode(self, x_BD: Tensor) -> Any:
        """Return its code: a tensor, or a tuple of the tensors that decode takes."""
        code = self._model.encode(x_BD)
        if isinstance(code, Mapping):
            code = tuple(code.values())
        return tuple(code)[: self._parts] if self._parts > 1 else code

    @torch.no_grad()
    def decode(self, code: Any) -> Tensor:
        """Return what its decoder makes of a code."""
        found: Tensor = self._model.decode(*(code if self._parts > 1 else (code,)))
        return found

    @torch.no_grad()
    def reconstruct(self, code: Any, x_BD: Tensor) -> Tensor:
        """Return R(code, x), which is decode(code) unless it says more."""
        if not hasattr(self._model, "reconstruct"):
            return self.decode(code)
        found: Tensor = self._model.reconstruct(code, x_BD)
        return found

    @torch.no_grad()
    def output(self, x_BD: Tensor) -> Tensor | None:
        """Return what a call of it returns, which may go past encode and decode; None if none."""
        if not callable(self._model):
            return None
        found = self._model(x_BD)
        found = getattr(found, _OUTPUT, found)
        found = found[0] if isinstance(found, tuple) else found
        return found if isinstance(found, Tensor) else None
