"""What users did, in their order, as item codes: as given, or as it is stored with the states.

H histories, S items of all histories in a row.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from recsae.activations.extraction import Split
from recsae.activations.store import Activations
from recsae.errors import RecsaeError, SettingError, unexpected
from recsae.inference.ids import Ids
from recsae.metrics.ranking import Seen
from recsae.progress import say

Stored = Literal["dev", "test", "all"]
STORED: Final[tuple[Stored, ...]] = get_args(Stored)
TRAIN: Final = "train"
"""Split of the train rows: several a user, one after each event that a training item follows."""
Given = Sequence[Sequence[Any]] | Mapping[Any, Sequence[Any]] | pd.DataFrame | str
"""A list of item ids a user; by user; a frame with the columns user, item and perhaps time; or
`dev`, `test`, `all`: what is stored of each user before a split's target, or all of it."""

Ints = npt.NDArray[np.int64]
_USER, _ITEM, _TIME = "user", "item", "time"
_NAMED: Final = 5


class Histories(NamedTuple):
    """One history a user, but several in train; some may be empty."""

    users: npt.NDArray[Any]
    """[H]: what the user is called, in a list its place."""
    items: npt.NDArray[np.integer]
    """[S]: codes."""
    start: Ints
    end: Ints
    """[H]: history h is items[start[h]:end[h]]; histories may share items."""
    split: Split | Literal["train"] | None = None
    """The split whose stored states belong to these histories."""
    rows: Ints | None = None
    """[H]: the row of each in the split."""

    @property
    def lengths(self) -> Ints:
        """Return how many items each history has, [H]."""
        return self.end - self.start

    def of(self, history: int) -> npt.NDArray[np.integer]:
        """Return the items of a history."""
        return self.items[self.start[history] : self.end[history]]

    def seen(self, rows_R: Ints) -> Seen:
        """Return the items of some histories, each once."""
        parts = [np.unique(self.of(h)).astype(np.int64) for h in rows_R]
        offsets = np.cumsum([0, *map(len, parts)]).astype(np.int64)
        items = np.concatenate([np.zeros(0, np.int64), *parts])
        return Seen(torch.from_numpy(offsets), torch.from_numpy(items))


def histories_of(given: Given, activations: Activations, ids: Ids) -> Histories:
    """Return histories in codes; an unknown item is left out, and a line names it.

    Raises RecsaeError for what is no histories.
    """
    if isinstance(given, str):
        return stored_histories(activations, given)
    users, texts, lengths = _taken_apart(given)
    codes_S = ids.codes(texts)
    known_S = codes_S >= 0
    _say_unknown([text for text, known in zip(texts, known_S, strict=True) if not known])
    history_S = np.repeat(np.arange(len(lengths)), lengths)
    kept = np.bincount(history_S[known_S], minlength=len(lengths))
    end = np.cumsum(kept).astype(np.int64)
    return Histories(users, codes_S[known_S], end - kept, end)


def stored_histories(
    activations: Activations, split: str, user_codes: Sequence[int] | None = None
) -> Histories:
    """Return what users did before the target of a split, or all that they did.

    Raises SettingError for another split, or for a user who has no target in it.
    """
    if split not in STORED:
        raise SettingError("split", unexpected(split, STORED))
    offsets_U = np.asarray(activations.offsets, np.int64)
    of_split: Split | None = None
    user_H: npt.NDArray[np.integer] = np.arange(len(offsets_U) - 1)
    end_H: npt.NDArray[np.integer] = offsets_U[1:]
    if split != "all":
        of_split = "dev" if split == "dev" else "test"
        user_H, end_H, _ = activations.targets(of_split)
    row_H = np.arange(len(user_H))
    if user_codes is not None:
        place = dict(zip(user_H.tolist(), row_H.tolist(), strict=True))
        for code in user_codes:
            if code not in place:
                words = f"{activations.user_ids[code]} has no target in {split}; expected split all"
                raise SettingError("user", words)
        row_H = np.array([place[code] for code in user_codes], np.int64)
    start_H, stop_H = offsets_U[user_H[row_H]], np.asarray(end_H[row_H], np.int64)
    names = activations.user_ids.to_numpy()[user_H[row_H]]
    return Histories(names, activations.items, start_H, stop_H, of_split, row_H)


def train_histories(activations: Activations, user_codes: Sequence[int] | None = None) -> Histories:
    """Return the train rows' histories in their order, by default of all users."""
    user_N = np.asarray(activations.train_user, np.int64)
    row_H = np.arange(len(user_N))
    if user_codes is not None:
        row_H = row_H[np.isin(user_N, user_codes)]
    user_H, offsets_U = user_N[row_H], np.asarray(activations.offsets, np.int64)
    start_H, end_H = offsets_U[user_H], np.asarray(activations.train_events()[row_H] + 1, np.int64)
    names = activations.user_ids.to_numpy()[user_H]
    return Histories(names, activations.items, start_H, end_H, TRAIN, row_H)


def say_empty(histories: Histories) -> None:
    """Name the users without any known item in a line, if there are any."""
    empty = histories.users[histories.lengths == 0]
    if len(empty):
        say(f"no known item in the history of user {_some(list(empty))}: left without an answer")


def _taken_apart(given: Given) -> tuple[npt.NDArray[Any], list[Any], list[int]]:
    """Return users, all items one after the other, and how many of them each user has."""
    if isinstance(given, pd.DataFrame):
        users, parts = _by_user(given)
    elif isinstance(given, Mapping):
        users, parts = pd.Index(list(given), tupleize_cols=False).to_numpy(), list(given.values())
    else:
        users, parts = np.arange(len(given)), list(given)
    for user, part in zip(users, parts, strict=True):
        if isinstance(part, str | bytes) or not hasattr(part, "__len__"):
            raise RecsaeError(
                f"histories: expected a list of item ids for user {user}, got {part!r}; one "
                "history alone is a list in a list"
            )
    return users, [item for part in parts for item in part], [len(part) for part in parts]


def _by_user(given: pd.DataFrame) -> tuple[npt.NDArray[Any], list[Sequence[Any]]]:
    """Return the users in the order in which they first come up, and the items of each."""
    for name in (_USER, _ITEM):
        if name not in given:
            found = ", ".join(map(str, given.columns))
            words = "expected the columns user, item and perhaps time"
            raise RecsaeError(f"histories: {words}, found no {name} among {found}")
    if given[_USER].isna().any():
        raise RecsaeError("histories: expected a user in each row, found none in some")
    users = given[_USER].drop_duplicates().to_numpy()
    if _TIME in given:
        given = given.sort_values(_TIME, kind="stable")
    parts = {user: part[_ITEM].tolist() for user, part in given.groupby(_USER, sort=False)}
    return users, [parts[user] for user in users]


def _say_unknown(items: Sequence[Any]) -> None:
    unknown = list(dict.fromkeys(items))
    if unknown:
        say(f"unknown items are left out of histories: {_some(unknown)}")


def _some(names: Sequence[Any]) -> str:
    words = [repr(name.item() if isinstance(name, np.generic) else name) for name in names]
    more = [f"{len(words) - _NAMED:,} more"] if len(words) > _NAMED else []
    return ", ".join([*words[:_NAMED], *more])
