"""A format a file: how it is recognised, how it is read.

A reader must not interpret ids, times or filters, which are the same for all formats. The first
that fits a file wins.

A new format is a module with a `READER`, an entry here, and its name in `settings.Format`.
"""

from recsae.interactions.readers import (
    delimited,
    jsonl,
    pairs,
    parquet,
    prefixes,
    recbole,
    rechorus,
    s3rec,
    sequences,
)
from recsae.interactions.readers.source import Reader
from recsae.interactions.settings import Format

READERS: dict[Format, Reader] = {
    "parquet": parquet.READER,
    "jsonl": jsonl.READER,
    "prefixes": prefixes.READER,
    "recbole": recbole.READER,
    "pairs": pairs.READER,
    "s3rec": s3rec.READER,
    "sequences": sequences.READER,
    "rechorus": rechorus.READER,
    "csv": delimited.READER,
}
