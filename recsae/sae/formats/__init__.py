"""An autoencoder in the layout of another library, a file each; the library itself is not needed.

Only what a layout holds to rounding may be written in it: a TopK encoder and a linear decoder.
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
