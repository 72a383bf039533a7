"""Reads arrays by name from a folder or a file, and unpickles nothing."""

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from numpy.lib import format as npy
from safetensors import SafetensorError, safe_open

from recsae.errors import RecsaeError
from recsae.settings import path_of

Array = npt.NDArray[Any]
KINDS = (".npy", ".npz", ".safetensors", ".parquet")
ATTRIBUTES = "attributes"


def read_arrays(name: str) -> dict[str, Array]:
    """Return all arrays of a folder (a file an array, or several in one) or of one file.

    Raises RecsaeError, which names file and array.
    """
    path = path_of(name)
    if not path.exists():
        raise RecsaeError(f"{path}: no such file or folder")
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    found: dict[str, Array] = {}
    for file in files:
        if file.suffix in KINDS and file.is_file():
            for key, array in _read(file):
                if key in found:
                    raise RecsaeError(f"{file}: {key}: expected it once, found it twice")
                found[key] = array
    if not found:
        raise RecsaeError(f"{path}: expected arrays in {', '.join(KINDS)} files, found none")
    return found


def _read(file: Path) -> Iterator[tuple[str, Array]]:
    if file.suffix == ".npy":
        with _told(file, file.stem), file.open("rb") as stream:
            yield file.stem, _npy(stream, file.stat().st_size)
    elif file.suffix == ".npz":
        with _told(file, "its arrays"), zipfile.ZipFile(file) as archive:
            for one in archive.infolist():
                key = one.filename.removesuffix(".npy")
                with _told(file, key), archive.open(one) as stream:
                    yield key, _npy(stream, one.file_size)  # type: ignore[arg-type]
    elif file.suffix == ".safetensors":
        with _told(file, "its arrays"), safe_open(file, "np") as tensors:
            for key in tensors.keys():  # noqa: SIM118
                with _told(file, key):
                    yield key, tensors.get_tensor(key)
    else:
        with _told(file, file.stem):
            yield file.stem, _parquet(file)


def _npy(stream: BinaryIO, size: int) -> Array:
    """Read an array whose header says no more than `size` bytes hold."""
    version = npy.read_magic(stream)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, kind = read(stream)
    if kind.hasobject:
        raise ValueError("expected plain numbers or texts, found Python objects")
    count = 1
    for length in shape:
        count *= length
    if count < 0 or count * kind.itemsize > size:
        raise ValueError(f"its header says shape {shape}, which the file has no room for")
    _check_size(count * kind.itemsize)
    content = stream.read(count * kind.itemsize)
    flat = np.frombuffer(content, kind)
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def _parquet(file: Path) -> Array:
    """Read a column as a vector, several as a matrix; attributes as a table of texts."""
    about = pq.read_metadata(file)
    _check_size(8 * about.num_rows * about.num_columns)
    frame = pq.read_table(file).to_pandas()
    if file.stem == ATTRIBUTES:
        wanted = ["item", "attribute", "value"]
        if sorted(frame.columns) != sorted(wanted):
            raise ValueError(f"expected the columns {', '.join(wanted)}")
        return np.asarray(frame[wanted].astype("str").to_numpy(object).astype("str"))
    found: Array = frame.to_numpy() if len(frame.columns) > 1 else frame.iloc[:, 0].to_numpy()
    return found.astype("str") if found.dtype.kind == "O" else found


def _check_size(size: int) -> None:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if size > memory:
        raise ValueError(f"it takes {size:,} bytes, more than the machine's memory")


@contextmanager
def _told(file: Path, key: str) -> Iterator[None]:
    """Tell what a damaged file makes a reader stumble over, in a line."""
    try:
        yield
    except (RecsaeError, MemoryError):
        raise
    except (ValueError, TypeError, EOFError, OSError, zipfile.BadZipFile, SafetensorError) as error:
        reason = " ".join(str(error).split())
        raise RecsaeError(f"{file}: {key}: cannot be read: {reason}") from None
