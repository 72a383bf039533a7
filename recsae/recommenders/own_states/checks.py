"""Holds the arrays of own states against each other; a mistake is a line with file and array."""

from typing import Any

import numpy as np
import numpy.typing as npt

from recsae.errors import RecsaeError, nearest

Array = npt.NDArray[Any]
SPLITS = ("train", "dev", "test")
REQUIRED = (
    *(f"{split}_{part}" for split in SPLITS for part in ("states", "targets")),
    "item_table",
)
OPTIONAL = (
    *(f"{split}_users" for split in SPLITS),
    *(f"{split}_{part}" for split in SPLITS[1:] for part in ("seen", "scores")),
    *("item_ids", "attributes"),
)
_TOLERANCE = 1e-3


def checked(found: dict[str, Array], source: str) -> dict[str, Array]:
    """Return the arrays with states as float32; raises RecsaeError naming the first wrong one."""
    for name in found:
        if name not in (*REQUIRED, *OPTIONAL):
            hint = nearest(name, (*REQUIRED, *OPTIONAL))
            raise _wrong(source, name, f"no such array among own states{hint}")
    for name in REQUIRED:
        if name not in found:
            raise _wrong(source, name, "expected it, not there")
    arrays = dict(found)
    for name in ("item_table", *(f"{split}_states" for split in SPLITS)):
        arrays[name] = _numbers(arrays[name], name, source)
    items, width = arrays["item_table"].shape
    for split in SPLITS:
        states = arrays[f"{split}_states"]
        if states.shape[1] != width or len(states) < 2:
            words = f"expected 2 or more rows of item_table's width {width}"
            raise _wrong(source, f"{split}_states", f"{words}, found shape {list(states.shape)}")
        _check_codes(arrays[f"{split}_targets"], (len(states),), items, f"{split}_targets", source)
        _check_split(arrays, split, items, source)
    users = [f"{split}_users" in arrays for split in SPLITS]
    if any(users) and not all(users):
        missing = SPLITS[users.index(False)]
        raise _wrong(source, f"{missing}_users", "expected users for all splits, or for none")
    _check_ids(arrays, items, source)
    return arrays


def _numbers(array: Array, name: str, source: str) -> Array:
    if array.ndim != 2 or array.dtype.kind not in "fiu" or not array.size:
        found = f"{array.dtype} of shape {list(array.shape)}"
        raise _wrong(source, name, f"expected a matrix of numbers, found {found}")
    with np.errstate(over="ignore"):
        single = np.array(array, np.float32, order="C")
    if not np.isfinite(single).all():
        row = int(np.flatnonzero(~np.isfinite(single).all(1))[0])
        raise _wrong(source, name, f"expected finite float32, found others in row {row}")
    return single


def _check_codes(array: Array, shape: tuple[int, ...], items: int, name: str, source: str) -> None:
    if array.shape != shape or array.dtype.kind not in "iu":
        found = f"{array.dtype} of shape {list(array.shape)}"
        raise _wrong(source, name, f"expected integers of shape {list(shape)}, found {found}")
    if len(array) and (array.min() < 0 or array.max() >= items):
        span = f"found {array.min()} to {array.max()}"
        raise _wrong(source, name, f"expected rows of item_table, 0 to {items - 1}, {span}")


def _check_split(arrays: dict[str, Array], split: str, items: int, source: str) -> None:
    rows, users = len(arrays[f"{split}_states"]), arrays.get(f"{split}_users")
    if users is not None:
        if users.shape != (rows,) or users.dtype.kind not in "iuUS":
            words = f"expected {rows} numbers or texts, found {users.dtype} {list(users.shape)}"
            raise _wrong(source, f"{split}_users", words)
        if split != "train" and len(np.unique(users)) < rows:
            words = "expected each user once; number the rows instead, or leave the users out"
            raise _wrong(source, f"{split}_users", words)
    seen, scores = arrays.get(f"{split}_seen"), arrays.get(f"{split}_scores")
    if seen is not None:
        if seen.ndim != 2 or seen.shape[1] != 2 or seen.dtype.kind not in "iu":
            words = f"expected pairs (row, item) of integers, found {list(seen.shape)}"
            raise _wrong(source, f"{split}_seen", words)
        _check_codes(seen[:, 1], (len(seen),), items, f"{split}_seen", source)
        if len(seen) and (seen[:, 0].min() < 0 or seen[:, 0].max() >= rows):
            raise _wrong(source, f"{split}_seen", f"expected rows of {split}, 0 to {rows - 1}")
    if scores is not None:
        _check_scores(arrays, split, items, source)


def _check_scores(arrays: dict[str, Array], split: str, items: int, source: str) -> None:
    """Raise RecsaeError unless states times table are the scores; -inf is a masked item."""
    name, states, table = f"{split}_scores", arrays[f"{split}_states"], arrays["item_table"]
    given = arrays[name]
    if given.shape != (len(states), items) or given.dtype.kind not in "fiu":
        wanted = f"expected numbers of shape {[len(states), items]}"
        raise _wrong(source, name, f"{wanted}, found {given.dtype} {list(given.shape)}")
    for row in range(len(states)):
        own, said = states[row] @ table.T, given[row].astype(np.float64)
        off = np.where(np.isneginf(said), 0.0, np.abs(own - said))
        if not (off <= _TOLERANCE * max(1.0, float(np.abs(own).max()))).all():
            item = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
            words = f"row {row}, item {item}: {own[item]:.6g}, found {said[item]:.6g}"
            raise _wrong(source, name, f"expected {split}_states times item_table, {words}")


def _check_ids(arrays: dict[str, Array], items: int, source: str) -> None:
    ids = arrays.get("item_ids")
    if ids is not None and (
        ids.shape != (items,) or ids.dtype.kind not in "iuUS" or len(np.unique(ids)) < items
    ):
        raise _wrong(source, "item_ids", f"expected {items} numbers or texts, each once")


def _wrong(source: str, name: str, words: str) -> RecsaeError:
    return RecsaeError(f"{source}: {name}: {words}")
