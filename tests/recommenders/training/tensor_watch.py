"""How large the tensors get that a piece of code makes."""

from typing import Any

import torch
from torch import Tensor


class Watch(torch.overrides.TorchFunctionMode):
    """Looks at every tensor that is made in its block."""

    largest = 0
    """Numbers in the largest one."""

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        found = function(*args, **(kwargs or {}))
        if isinstance(found, Tensor):
            self.largest = max(self.largest, found.numel())
        return found
