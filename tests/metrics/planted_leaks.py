"""Models whose reconstruction knows more than their code: each hides a leak in a way of its own.

Each explains rows better than its code can, by a way that the plain question "does the
reconstruction change with x?" would not show.
"""

from collections import deque
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

WIDTH, AMOUNT = 6, 1e-2


class Code(NamedTuple):
    values: Tensor
    indices: Tensor


def rows(count: int = 300) -> Tensor:
    return torch.randn(count, WIDTH, generator=torch.Generator().manual_seed(4))


class Honest:
    """Keeps the two largest entries of a row: an autoencoder whose dictionary is the identity."""

    def encode(self, x: Tensor) -> Any:
        top = x.abs().topk(2, dim=1).indices
        return Code(x.gather(1, top), top)

    def decode(self, code: Any) -> Tensor:
        return torch.zeros(len(code.values), WIDTH).scatter(1, code.indices, code.values)

    def reconstruct(self, code: Any, x: Tensor) -> Tensor:
        return self.decode(code)


class Planted(Honest):
    """Lets `beside` add a little of what it knows beside the code."""

    def reconstruct(self, code: Any, x: Tensor) -> Tensor:
        return self.decode(code) + AMOUNT * self.beside(code, x)

    def beside(self, code: Any, x: Tensor) -> Tensor:
        raise NotImplementedError


class Mixed(Planted):
    def beside(self, code: Any, x: Tensor) -> Tensor:
        return x


class Gated(Planted):
    def beside(self, code: Any, x: Tensor) -> Tensor:
        return x * torch.sigmoid(5 * x[:, :1])


class OneCoordinate(Planted):
    def beside(self, code: Any, x: Tensor) -> Tensor:
        return torch.nn.functional.pad(x[:, :1], (0, WIDTH - 1))


class SomeRows(Planted):
    def beside(self, code: Any, x: Tensor) -> Tensor:
        return x * (x[:, :1] > 1)


class Sign(Planted):
    def beside(self, code: Any, x: Tensor) -> Tensor:
        return x.sign()


class Length(Planted):
    def beside(self, code: Any, x: Tensor) -> Tensor:
        return x.norm(dim=1, keepdim=True).expand(-1, WIDTH)


class LastSeen(Planted):
    """Remembers what it last encoded."""

    def encode(self, x: Tensor) -> Any:
        self.last = x
        return super().encode(x)

    def beside(self, code: Any, x: Tensor) -> Tensor:
        return self.last


class InABuffer(torch.nn.Module, Planted):  # type: ignore[misc]
    """The same in a buffer, so that it even travels with the weights."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("last", torch.zeros(0, WIDTH))

    def encode(self, x: Tensor) -> Any:
        self.last = x.clone()
        return Planted.encode(self, x)

    def beside(self, code: Any, x: Tensor) -> Tensor:
        return torch.as_tensor(self.last)


class FirstSeen(Planted):
    """Remembers what it first encoded: a second call does not overwrite it."""

    first: Tensor | None = None

    def encode(self, x: Tensor) -> Any:
        self.first = x if self.first is None else self.first
        return super().encode(x)

    def beside(self, code: Any, x: Tensor) -> Tensor:
        assert self.first is not None
        return self.first[: len(x)]


class TwoCallsAgo(Planted):
    """Remembers more than its last call."""

    def __init__(self) -> None:
        self.calls: deque[Tensor] = deque(maxlen=2)

    def encode(self, x: Tensor) -> Any:
        self.calls.append(x)
        return super().encode(x)

    def beside(self, code: Any, x: Tensor) -> Tensor:
        return self.calls[0][: len(x)]


class EverywhereLast(Planted):
    """Remembers in the class, which a copy shares."""

    last: ClassVar[Tensor]

    def encode(self, x: Tensor) -> Any:
        EverywhereLast.last = x
        return super().encode(x)

    def beside(self, code: Any, x: Tensor) -> Tensor:
        return EverywhereLast.last


class ByCode(Planted):
    """Looks up which row a code came from."""

    def __init__(self) -> None:
        self.known: dict[tuple[float, ...], Tensor] = {}

    def encode(self, x: Tensor) -> Any:
        code = super().encode(x)
        self.known |= dict(zip(self.keys(code), x, strict=True))
        return code

    def keys(self, code: Any) -> list[tuple[float, ...]]:
        return [tuple(sorted(row)) for row in code.values.tolist()]

    def beside(self, code: Any, x: Tensor) -> Tensor:
        return torch.stack([self.known.get(key, torch.zeros(WIDTH)) for key in self.keys(code)])


class ByIdentity(ByCode):
    """Looks up by which object the code is."""

    def encode(self, x: Tensor) -> Any:
        code = Planted.encode(self, x)
        self.kept = {id(code.values): x}
        return code

    def beside(self, code: Any, x: Tensor) -> Tensor:
        return self.kept.get(id(code.values), torch.zeros_like(x))


class FirstPairing(ByCode):
    """Believes the x that came with a code at first."""

    def encode(self, x: Tensor) -> Any:
        return Planted.encode(self, x)

    def beside(self, code: Any, x: Tensor) -> Tensor:
        for key, row in zip(self.keys(code), x, strict=True):
            self.known.setdefault(key, row)
        return super().beside(code, x)


class Fat(NamedTuple):
    values: Tensor
    indices: Tensor
    more: Tensor


class MorePart(Planted):
    """Its code has a third part that is no float: x in fixed point."""

    def encode(self, x: Tensor) -> Any:
        return Fat(*super().encode(x), (x * 2**16).long())

    def beside(self, code: Any, x: Tensor) -> Tensor:
        return code.more / 2**16


class Attached(Planted):
    """Hangs x on a tensor of the code."""

    def encode(self, x: Tensor) -> Any:
        code = super().encode(x)
        code.values.secret = x
        return code

    def beside(self, code: Any, x: Tensor) -> Tensor:
        return getattr(code.values, "secret", torch.zeros_like(x))


class BehindTheView(Planted):
    """Keeps x in the memory behind a view."""

    def encode(self, x: Tensor) -> Any:
        code = super().encode(x)
        return code._replace(values=torch.cat([code.values, x], dim=1)[:, :2])

    def beside(self, code: Any, x: Tensor) -> Tensor:
        stored = code.values.untyped_storage().nbytes() // 4 // len(x)
        if stored < 2 + WIDTH:
            return torch.zeros_like(x)
        return code.values.as_strided((len(x), 2 + WIDTH), (stored, 1))[:, 2:]


class InTheOrder(Planted):
    """Says a bit of x by the order of the two places."""

    def encode(self, x: Tensor) -> Any:
        code = super().encode(x)
        swap = (x.sum(1, keepdim=True) > 0) != (code.indices[:, :1] < code.indices[:, 1:])
        flipped = [torch.where(swap, part.flip(1), part) for part in code]
        return Code(*flipped)

    def beside(self, code: Any, x: Tensor) -> Tensor:
        return (code.indices[:, :1] < code.indices[:, 1:]).float().expand(-1, WIDTH)


class InEmptyPlaces(Planted):
    """Says something of x by which latents its empty places name."""

    def encode(self, x: Tensor) -> Any:
        code = super().encode(x)
        values, indices = torch.zeros(len(x), 3), torch.zeros(len(x), 3, dtype=torch.long)
        values[:, :2], indices[:, :2] = code.values, code.indices
        free = torch.ones(len(x), WIDTH).scatter_(1, code.indices, 0)
        indices[:, 2] = (free * torch.where(x > 0, 2, 1)).argmax(1)
        return Code(values, indices)

    def beside(self, code: Any, x: Tensor) -> Tensor:
        empty = (code.values == 0).long().argmax(1, keepdim=True)
        return torch.zeros_like(x).scatter(1, code.indices.gather(1, empty), 1.0)


class ByPlace(Planted):
    """Learned the rows of a split by their place in it."""

    def __init__(self) -> None:
        self.learned = rows()

    def beside(self, code: Any, x: Tensor) -> Tensor:
        return self.learned[: len(x)]


class OfTheBatch(Planted):
    """Takes from a row what it shares with the others of its batch."""

    def beside(self, code: Any, x: Tensor) -> Tensor:
        return 10 * x.mean(0).expand_as(x)


LEAKS = [
    *(Mixed, Gated, OneCoordinate, SomeRows, Sign, Length, OfTheBatch),
    *(LastSeen, InABuffer, FirstSeen, TwoCallsAgo, EverywhereLast, ByPlace),
    *(ByCode, ByIdentity, FirstPairing),
    *(MorePart, Attached, BehindTheView, InTheOrder, InEmptyPlaces),
]
