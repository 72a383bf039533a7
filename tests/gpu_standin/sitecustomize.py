"""Read by Python at its start: under the stand-in each process gets its GPU, once it asks torch."""

import ctypes
import importlib.abc
import importlib.machinery
import os
import sys
from types import ModuleType
from typing import Any

GUARD = os.environ.get("RECSAE_GPU_STANDIN")


class AfterTorch(importlib.abc.MetaPathFinder):
    """Waits for `import torch`: the guard must be there before it, the pretending comes after."""

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        """Return torch's own loader, with more to do at its end; nothing for other modules."""
        if name != "torch":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name)
        assert spec is not None and spec.loader is not None and GUARD is not None
        ctypes.CDLL(GUARD)
        load = spec.loader.exec_module

        def load_and_pretend(module: ModuleType) -> None:
            load(module)
            from pretend import start

            start()

        spec.loader.exec_module = load_and_pretend  # type: ignore[method-assign]
        return spec


if GUARD and os.environ.get("CUDA_VISIBLE_DEVICES") != "":
    sys.meta_path.insert(0, AfterTorch())
elif GUARD:
    os.environ.pop("RAY_OVERRIDE_RESOURCES", None)  # the GPU is hidden from Ray too
