"""What a file must be: its sha256, the md5 that its owner publishes, or the id git gives it."""

import hashlib
from pathlib import Path

from recsae.errors import RecsaeError

_CHUNK = 1 << 20


def checksum_of(path: Path, kind: str = "sha256") -> str:
    """Return KIND:HEX of a file; `kind` is sha256, md5 or git (the name of its blob)."""
    total = hashlib.new({"git": "sha1"}.get(kind, kind), usedforsecurity=False)
    if kind == "git":
        # git hashes a header with the length before the content.
        total.update(f"blob {path.stat().st_size}\0".encode())
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            total.update(chunk)
    return f"{kind}:{total.hexdigest()}"


def check(path: Path, expected: str, origin: str) -> None:
    """Raise RecsaeError, and delete the file, unless it has the expected checksum."""
    found = checksum_of(path, expected.partition(":")[0])
    if found == expected:
        return
    path.unlink()
    raise RecsaeError(
        f"{origin}: expected {expected}, got {found}: damaged on its way, or changed by its "
        "owner; nothing of it was kept"
    )
