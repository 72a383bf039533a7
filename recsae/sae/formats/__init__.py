"""The layouts of other libraries that hold a TopK encoder and a linear decoder, a file each.

They must not need the library itself, or write a model whose reconstruction is more than that.
"""

from collections.abc import Callable
from typing import Final

from recsae.sae.formats import saelens, sparsify
from recsae.sae.model import SparseAutoencoder

LIBRARIES: Final[dict[str, Callable[[SparseAutoencoder], dict[str, bytes]]]] = {
    "sparsify": sparsify.contents,
    "saelens": saelens.contents,
}
"""By the name of a layout what gives the files of a model, by their names."""
