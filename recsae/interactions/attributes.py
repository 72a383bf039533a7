"""What is known about items: one table, a row a value, whatever file it came from.

I items, T tags, P pairs of an item and a tag.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COLUMNS = ["item", "attribute", "value"]
TAGS_AT_MOST = 512  # an attribute with more values, like a title, does not group items
TITLE = "title"

_NAMES = {
    TITLE: ("title", "movietitle", "name", "itemname", "productname", "trackname", "songtitle"),
    "genre": ("genre", "genres", "class", "moviegenres"),
    "category": (
        *("category", "categories", "icategory", "itemcategory", "productcategory"),
        *("categorycode", "categoryname", "maincategory"),
    ),
    "brand": ("brand", "store", "manufacturer"),
    "year": ("year", "releaseyear", "publicationyear", "originalpublicationyear"),
    "artist": ("artist", "artists", "artistname"),
    "author": ("author", "authors"),
}

CANONICAL = tuple(_NAMES)


class ItemAttributes(NamedTuple):
    """Attributes as a reader found them."""

    values: pd.DataFrame
    """Columns item (the id as text), attribute, value."""
    tag_names: dict[str, str]
    """The attributes that group items: their name in the file, which their tags carry."""


def plain_name(name: str) -> str:
    """Return the one name that an attribute has here, whatever a file calls it."""
    bare = "".join(letter for letter in name.lower() if letter.isalnum())
    return next((known for known, names in _NAMES.items() if bare in names), name)


def long(items: Any, attribute: str, values: Any) -> pd.DataFrame:
    """Return the table of one attribute: a row an item and value, both as text."""
    return pd.DataFrame({"item": items, "attribute": attribute, "value": values}, dtype="str")


def by_code(values: pd.DataFrame, items: NDArray[Any]) -> pd.DataFrame | None:
    """Return the attributes of the items that are left, by their codes; None if they have none."""
    code = pd.Index(items.astype(str)).get_indexer(pd.Index(values["item"].astype(object)))
    here: pd.DataFrame = values.loc[code >= 0].assign(item=code[code >= 0].astype(np.int32))
    if here.empty:
        return None
    return here.drop_duplicates().sort_values(COLUMNS, ignore_index=True)


def tags(
    attributes: pd.DataFrame, n_items: int, names: Mapping[str, str] | None = None
) -> pd.DataFrame | None:
    """Return a bool column a value, such as `genre=Comedy`, a row an item code; None without any.

    `names` are the attributes that make tags and what these are called; left out, all but titles
    and those with more than TAGS_AT_MOST values.
    """
    if names is None:
        counts = attributes.groupby("attribute")["value"].nunique()
        few = counts.index[counts <= TAGS_AT_MOST]
        names = {str(name): str(name) for name in few if name != TITLE}
    chosen = attributes.loc[attributes["attribute"].isin([*names])]
    if chosen.empty:
        return None
    words_P = chosen["attribute"].map(names) + "=" + chosen["value"]
    column_P, names_T = pd.factorize(words_P.to_numpy(object), sort=True)
    values_IT = np.zeros((n_items, len(names_T)), bool)
    values_IT[chosen["item"].to_numpy(), column_P] = True
    return pd.DataFrame(values_IT, columns=pd.Index(names_T))
