"""Tensors that say cuda:0 and hold their numbers on the CPU, for a torch without a GPU.

Numbers are real, so code that depends on them runs, and every branch for a GPU is taken. As CUDA
would, an operation on tensors of several devices raises, and where the host would have to wait for
the device, `torch.cuda.set_sync_debug_mode` tells. Kernels, their rounding and the device's memory
are beyond it.
"""

import traceback
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

CUDA = torch.device("cuda", 0)
GIB = 2**30
COPIES = {"_to_copy", "copy_", "copy"}
INDEXING = {"index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index"}
WAITING = {
    "_local_scalar_dense",
    "_unique2",
    "bincount",
    "equal",
    "is_nonzero",
    "linalg_eigh",
    "_linalg_eigh",
    "masked_select",
    "nonzero",
    "repeat_interleave",
    "unique_dim",
}
"""Operations that read a number back, to return it or to know how large the result is."""


class OnGpu(torch.Tensor):
    """A tensor that says cuda:0."""

    inner: Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, inner: Tensor) -> "OnGpu":
        shown = torch.Tensor._make_wrapper_subclass(
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            layout=inner.layout,
            device=CUDA,
        )
        shown.inner = inner
        return shown

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.inner.__reduce_ex__(protocol)  # a file does not tell where it lay

    def __repr__(self) -> str:
        return f"OnGpu({self.inner!r})"

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


def _run(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Do an operation on the CPU; what it returns is on the GPU if CUDA would have put it there."""
    name = func.overloadpacket.__name__
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
    ours = [tensor for tensor in tensors if isinstance(tensor, OnGpu)]
    asked = kwargs.get("device")
    there = torch.device(asked).type == "cuda" if asked is not None else bool(ours)
    if name == "copy_":
        there = isinstance(args[0], OnGpu)
    if ours and name not in COPIES:
        _check_together(func, name, args, tensors)
    if _waits(name, args, bool(ours), there):
        _tell_of_waiting(name)
    if there and asked is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    shown = {id(tensor.inner): tensor for tensor in ours}
    inner_args, inner_kwargs = tree_map(_inner, (args, kwargs))
    found = func(*inner_args, **inner_kwargs)
    if name == "_to_copy" and there and found is inner_args[0]:
        found = torch.ops.aten.alias(found)

    def show(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor) or isinstance(leaf, OnGpu):
            return leaf
        return shown[id(leaf)] if id(leaf) in shown else (OnGpu(leaf) if there else leaf)

    return tree_map(show, found)


def _inner(leaf: Any) -> Any:
    return leaf.inner if isinstance(leaf, OnGpu) else leaf


def _check_together(func: Any, name: str, args: tuple[Any, ...], tensors: list[Tensor]) -> None:
    """Raise as CUDA does; single numbers, and indices of a tensor on the GPU, may lie elsewhere."""
    if name in INDEXING and isinstance(args[0], OnGpu):
        tensors = [args[0], *(part for part in args[2:3] if isinstance(part, Tensor))]
    apart = [t for t in tensors if not isinstance(t, OnGpu) and t.dim() > 0]
    if apart:
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but {func} found at least two devices"
        )


def _waits(name: str, args: tuple[Any, ...], ours: bool, there: bool) -> bool:
    if name in COPIES:
        source = args[1] if name == "copy_" else args[0]
        return isinstance(source, OnGpu) is not there  # memory that is not pinned waits both ways
    if name in INDEXING and ours:
        chosen = [index for index in args[1] if isinstance(index, Tensor)]
        return any(i.dtype == torch.bool or not isinstance(i, OnGpu) for i in chosen)
    return ours and name in WAITING


_debug_mode: list[int | str] = ["default"]


def _tell_of_waiting(name: str) -> None:
    if _debug_mode[0] in ("warn", 1):
        frames = [f for f in traceback.extract_stack() if "/torch/" not in f.filename]
        frame = next(f for f in reversed(frames) if f.filename != __file__)
        message = f"called a synchronizing CUDA operation: {name}"
        warnings.warn_explicit(message, UserWarning, frame.filename, frame.lineno or 0)


class _Numbered(torch.overrides.TorchFunctionMode):
    """Reads cuda as cuda:0: a torch for CPUs knows no current device."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        named = {name: _numbered(value) for name, value in (kwargs or {}).items()}
        return func(*map(_numbered, args), **named)


def _numbered(value: Any) -> Any:
    if isinstance(value, torch.device):
        return CUDA if value.type == "cuda" else value
    return "cuda:0" if isinstance(value, str) and value == "cuda" else value


class Pretend(TorchDispatchMode):
    """For good from `start` on: torch has a GPU."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        return _run(func, args, kwargs or {})


def start() -> None:
    """Give this process its GPU; guard.cpp, built, was loaded before torch was."""
    if hasattr(torch._C, "_ensureCUDADeviceGuardSet"):
        torch._C._ensureCUDADeviceGuardSet()
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    for name, stand_in in _CUDA.items():
        setattr(torch.cuda, name, stand_in)
    _Numbered().__enter__()
    Pretend().__enter__()


def _always(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


_CUDA: dict[str, Callable[..., Any]] = {
    "_lazy_init": _always(None),
    "empty_cache": _always(None),
    "init": _always(None),
    "manual_seed": _always(None),
    "manual_seed_all": _always(None),
    "reset_peak_memory_stats": _always(None),
    "set_rng_state": _always(None),
    "synchronize": _always(None),
    "current_device": _always(0),
    "device_count": _always(1),
    "get_device_name": _always("stand-in for a GPU"),
    "get_rng_state": lambda device=None: torch.get_rng_state(),
    "is_available": _always(True),
    "is_current_stream_capturing": _always(False),
    "is_initialized": _always(False),
    "max_memory_allocated": _always(0),
    "max_memory_reserved": _always(0),
    "mem_get_info": _always((79 * GIB, 80 * GIB)),
    "memory_reserved": _always(0),
    "set_sync_debug_mode": lambda mode: _debug_mode.__setitem__(0, mode),
}
