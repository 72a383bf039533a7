"""Which addresses a storage may have, and where on this machine the copy of a bucket's lies.

A bucket's copy is a folder like any storage, so all that reads runs reads it; what it holds is that
of the bucket, or was made by the driver that runs here. It may be deleted at any time but then.
"""

import re
from pathlib import Path
from typing import Final

from recsae.cache import cache_root
from recsae.errors import RecsaeError

SCHEMES: Final = ("s3", "gs")
_COPIES: Final = "remote"
"""Folder of the cache with the copies: remote/SCHEME/BUCKET/PREFIX."""
_PART: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+=-]*")


def copy_of(address: str) -> Path:
    """Return the folder of this machine for what lies at s3://BUCKET/PREFIX; raises RecsaeError."""
    scheme, _, rest = address.partition("://")
    parts = rest.rstrip("/").split("/")
    for part in parts:
        if not _PART.fullmatch(part):
            expected = f"{scheme}://BUCKET/PREFIX of letters, digits and any of _.+=- in them"
            raise RecsaeError(f"storage: expected {expected}, got {address!r}")
    return _root().joinpath(scheme, *parts)


def address_of(path: Path) -> str | None:
    """Return the address whose copy, or a part of it, a path of this machine is; None if none."""
    try:
        parts = path.absolute().relative_to(_root()).parts
    except ValueError:
        return None
    return f"{parts[0]}://{'/'.join(parts[1:])}" if len(parts) > 1 else None


def is_remote(where: str) -> bool:
    """Tell whether a text is the address of a bucket, or of a part of one."""
    return where.partition("://")[0] in SCHEMES


def _root() -> Path:
    return cache_root().resolve() / _COPIES
