"""The original ids of users or items: which code one has, and which one was meant."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from recsae.errors import SettingError, nearest


class Ids:
    """Original ids by code; an id and its text are the same, so are 4 and 4.0."""

    def __init__(self, ids: "pd.Series[Any]") -> None:
        self.values: npt.NDArray[Any] = ids.to_numpy()
        self._numbers = pd.api.types.is_numeric_dtype(ids)

    def __len__(self) -> int:
        return len(self.values)

    def codes(self, given: Iterable[Any]) -> npt.NDArray[np.int64]:
        """Return the code of each id, -1 for one that is not known."""
        known = self._codes
        return np.fromiter((known.get(_text(one), -1) for one in given), np.int64)

    def code(self, key: str, what: str, given: Any) -> int:
        """Return the code of one id; raises SettingError of `key` with the nearest one."""
        (code,) = self.codes([given])
        if code < 0:
            raise SettingError(key, f"expected {what}, got {given!r}{self._nearest(_text(given))}")
        return int(code)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {_text(one): code for code, one in enumerate(self.values)}

    def _nearest(self, word: str) -> str:
        if not self._numbers:
            return nearest(word, self._codes)
        try:
            distance = np.abs(self.values.astype(np.float64) - float(word))
        except ValueError:
            return "; they are numbers"
        return f" (the nearest is {self.values[np.nanargmin(distance)]})"


def _text(one: Any) -> str:
    whole = isinstance(one, float | np.floating) and float(one).is_integer()
    return str(int(one) if whole else one).strip()
