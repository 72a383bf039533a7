"""From a path to the text it holds: compressed or not, in an archive or not, in any Unicode.

What is inside is known by its first bytes, never by the name.
"""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO, cast

import pyarrow as pa

from recsae.errors import RecsaeError

HEAD = 1 << 18  # bytes in which a file is recognised
_SUFFIXES = (".gz", ".zst", ".bz2", ".xz")
_ZIP, _WORKBOOK = b"PK\x03\x04", ("xl/workbook.xml", "[Content_Types].xml")
_BROKEN = (zlib.error, EOFError, lzma.LZMAError, OSError, zipfile.BadZipFile, tarfile.TarError)


class File:
    """One file, on the disk or in an archive; read when it is asked for."""

    def __init__(
        self,
        path: Path,
        member: str | None,
        raw: Callable[[], IO[bytes]],
        *,
        on_disk: bool = False,
    ) -> None:
        self.path, self.member, self._raw, self._on_disk = path, member, raw, on_disk
        name = PurePosixPath(member).name if member else path.name
        self.name = name.removesuffix(next((s for s in _SUFFIXES if name.endswith(s)), ""))
        """Its name without what only says how it is compressed."""

    def __str__(self) -> str:
        return f"{self.path}/{self.member}" if self.member else str(self.path)

    @property
    def stem(self) -> str:
        """Its name up to the last dot."""
        return Path(self.name).stem

    @cached_property
    def head(self) -> bytes:
        """The first bytes, in UTF-8 if it is text."""
        with self._raw() as raw:
            data = self._checked(lambda: _plain(raw).read(HEAD))
        encoding = _encoding(data)
        return data.decode(encoding, "ignore").encode() if encoding else _without_mark(data)

    @cached_property
    def buffer(self) -> pa.Buffer:
        """All of it, in UTF-8 if it is text; a plain file is not copied."""
        with self._raw() as raw:
            plain = _plain(raw)
            is_plain = plain is raw and self._on_disk
            # A plain file is mapped below, not read.
            data = pa.py_buffer(b"") if is_plain else self._checked(plain.read)
        if is_plain and self.path.stat().st_size:
            data = pa.memory_map(str(self.path)).read_buffer()
        start = bytes(memoryview(data)[:HEAD])
        encoding = _encoding(start)
        if encoding is None:
            return pa.py_buffer(data).slice(len(start) - len(_without_mark(start)))
        try:
            return pa.py_buffer(str(data, encoding).encode())
        except UnicodeError:
            raise RecsaeError(f"{self}: not the {encoding.upper()} text it starts as") from None

    def _checked(self, read: Callable[[], bytes]) -> bytes:
        try:
            return read()
        except _BROKEN as error:
            raise RecsaeError(f"{self}: broken compressed file: {error}") from None
        except RuntimeError:  # what zipfile raises for a password
            raise RecsaeError(f"{self}: encrypted; unpack it first") from None


def one_file(path: Path) -> File:
    """Return a file of the disk."""
    return File(path, None, lambda: path.open("rb"), on_disk=True)


def files_at(path: Path) -> list[File] | None:
    """Return the files of a folder or an archive, by name; None if it is a single file.

    Archives in a folder are looked into; a folder that holds only a folder means that one.
    """
    if not path.is_dir():
        if path.exists() and not path.is_file():
            raise RecsaeError(f"{path}: neither a file nor a folder")
        return _members(path)
    inside = sorted(one for one in path.iterdir() if not one.name.startswith((".", "__MACOSX")))
    if len(inside) == 1 and inside[0].is_dir():
        return files_at(inside[0])
    found = [one for one in inside if one.is_file()]
    return [file for one in found for file in _members_if_whole(one) or [one_file(one)]]


def beside(file: File) -> list[File]:
    """Return the other files of the same folder, on the disk or in the archive."""
    if file.member is None:
        others = [one for one in sorted(file.path.parent.iterdir()) if one.is_file()]
        return [one_file(path) for path in others if path != file.path]
    folder = PurePosixPath(file.member).parent
    return [
        other
        for other in _members(file.path) or []
        if PurePosixPath(str(other.member)).parent == folder and other.member != file.member
    ]


def _members_if_whole(path: Path) -> list[File] | None:
    """Take a broken archive beside others for a file, which is no log."""
    try:
        return _members(path)
    except RecsaeError:
        return None


def _members(path: Path) -> list[File] | None:
    with path.open("rb") as raw:
        start = raw.read(4)
    if start == _ZIP:
        return _zipped(path)
    try:
        with path.open("rb") as raw:
            # The magic word of a tar archive stands at byte 257.
            if _plain(raw).read(262)[257:] != b"ustar":
                return None
    except _BROKEN:
        return None
    return _tarred(path)


def _zipped(path: Path) -> list[File]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(one.filename for one in archive.infolist() if not one.is_dir())
    except (*_BROKEN, ValueError, NotImplementedError):
        raise RecsaeError(f"{path}: broken zip file") from None
    if set(_WORKBOOK) <= set(names):
        raise RecsaeError(f"{path}: an Excel workbook; save the sheet as CSV")
    return [_zip_member(path, name) for name in names if _is_shown(name)]


def _zip_member(path: Path, name: str) -> File:
    def raw() -> IO[bytes]:
        try:
            return zipfile.ZipFile(path).open(name)
        except (*_BROKEN, ValueError, NotImplementedError) as error:
            raise RecsaeError(f"{path}/{name}: broken zip file: {error}") from None
        except RuntimeError:
            raise RecsaeError(f"{path}/{name}: encrypted; unpack it first") from None

    return File(path, name, raw)


def _tarred(path: Path) -> list[File]:
    try:
        with tarfile.open(path) as archive:
            names = sorted(one.name for one in archive.getmembers() if one.isfile())
    except _BROKEN as error:
        raise RecsaeError(f"{path}: broken tar file: {error}") from None
    return [_tar_member(path, name) for name in names if _is_shown(name)]


def _tar_member(path: Path, name: str) -> File:
    def raw() -> IO[bytes]:
        try:
            with tarfile.open(path) as archive:
                inside = archive.extractfile(name)
                assert inside is not None, "only files are listed"
                return io.BytesIO(inside.read())
        except _BROKEN as error:
            raise RecsaeError(f"{path}/{name}: broken tar file: {error}") from None

    return File(path, name, raw)


def _is_shown(name: str) -> bool:
    return not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _plain(raw: IO[bytes]) -> IO[bytes]:
    """Return the stream that a compressed one holds, or itself."""
    start = raw.read(6)
    raw.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    if start.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    if start == b"\xfd7zXZ\0":
        return lzma.LZMAFile(raw)
    if start.startswith(b"\x28\xb5\x2f\xfd"):
        stream: IO[bytes] = pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd")
        return stream
    return raw


def _encoding(start: bytes) -> str | None:
    """Return the encoding of text that is not UTF-8; without a mark, it is known by its zeros."""
    if start.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32"
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    # ASCII in UTF-16 has a zero in every other byte.
    even, odd = start[:2000:2].count(0), start[1:2000:2].count(0)
    half = min(len(start), 2000) // 2
    if half > 4 and max(even, odd) > 0.6 * half and min(even, odd) < 0.05 * half:
        return "utf-16-be" if even > odd else "utf-16-le"
    return None


def _without_mark(start: bytes) -> bytes:
    return start.removeprefix(b"\xef\xbb\xbf")
