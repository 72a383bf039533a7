"""The readers by the name of their format: a file each here, and those of other packages."""

from functools import cache

from recsae.interactions.readers.base import Reader
from recsae.interactions.settings import READERS


@cache
def readers() -> dict[str, Reader]:
    """Return every reader by its name, in the order in which they are asked for a file."""
    kinds: list[type[Reader]] = sorted(READERS.all.values(), key=lambda kind: kind.priority)
    return {kind.name: kind() for kind in kinds}
