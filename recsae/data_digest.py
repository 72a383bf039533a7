"""A name for the content, order and split of data, and words for people; loads without torch."""

from recsae.files import digest
from recsae.sequences import Sequences


def data_digest(sequences: Sequences) -> str:
    """Name the data's content, order and split."""
    return digest(
        *(sequences.items, sequences.offsets, sequences.train_lengths, sequences.n_items),
        *(sequences.dev.position, sequences.test.position),
    )


def data_words(sequences: Sequences) -> str:
    """Name the data and its size for people."""
    sizes = f"{sequences.n_users:,} users, {sequences.n_items:,} items"
    return f"{sequences.name} ({sizes}, {len(sequences.items):,} events)"
