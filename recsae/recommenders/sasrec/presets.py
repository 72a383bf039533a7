"""Settings of the base by rule from the size of the data; this file loads without torch.

Two kinds of data ask for different training, and how often an item occurs tells them apart: users
of a shop meet an item about 10 times, of films 60 times and more. What was measured, on dev alone,
is in experiments/base_grid.csv, made by experiments/base_grid.py. All fall to lr 0 along a cosine,
so that the last weights are as good as any, and none is stopped early.
"""

from typing import Any, NamedTuple

from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sequences import Sequences

SPARSE_ROWS = 30.0
"""Train rows an item below which data is sparse: between the 12 of Grocery and ml-100k's 58."""
MANY_ROWS = 500_000
"""Train rows from which dense data needs little regularisation."""
FLOP_BUDGET = 2e14
"""What a training may cost: about 40 minutes on two cores, at 8e10 operations a second."""
_UPDATE_FLOP = 200.0
"""Operations that fit into the time in which the optimizer reads and writes one weight."""

_SPARSE: dict[str, Any] = {
    **{"emb_size": 128, "num_heads": 4, "dropout": 0.4, "max_len": 50},
    **{"lr": 2e-3, "schedule": "cosine", "epochs": 16, "patience": 16, "batch_size": 128},
    **{"loss": "sampled", "negatives": 1024, "temperature": 0.07},
}
"""Where few events say what an item is like, its embedding's length would mostly say how often it
was met: scored by the cosine, training is faster and ends higher. 1,024 drawn items do as well as
all, and a width of 128 as well as 256, each at half the cost.
"""
_DENSE: dict[str, Any] = {
    **{"emb_size": 128, "num_heads": 4, "dropout": 0.5, "max_len": 25},
    **{"lr": 1e-3, "schedule": "cosine", "epochs": 25, "patience": 25, "batch_size": 64},
}
"""By the dot product, over all items: the cosine was .007 worse here, at width 64. There is little
to learn from, so much dropout, and a short look back with larger batches was better than 50 items.
Against the default settings all this gains .0007 (3 seeds), far below the noise of 943 users.
"""
_DENSE_AND_LARGE: dict[str, Any] = {
    **_DENSE,
    **{"dropout": 0.2, "max_len": 200, "batch_size": 32},
}
"""Not measured here: a look back of 200 items and dropout .2 are what Kang and McAuley (2018) chose
for ml-1m, and .5 for sparse data."""
_SAVINGS: tuple[dict[str, Any], ...] = (
    {},
    {"loss": "sampled"},
    {"loss": "sampled", "emb_size": 64},
    {"loss": "sampled", "emb_size": 64, "max_len": 50, "negatives": 256},
)
"""What is done without, in this order, when a training would cost too much."""


class DataFacts(NamedTuple):
    """What the rules may look at."""

    users: int
    items: int
    train_rows: int
    """Positions with a next item to be learnt."""
    dev_targets: int

    @classmethod
    def of(cls, sequences: Sequences) -> "DataFacts":
        """Count."""
        rows = int(sequences.train_rows().length.sum())
        return cls(sequences.n_users, sequences.n_items, rows, len(sequences.dev.user))


def resolve(preset: str, facts: DataFacts, given: dict[str, Any]) -> SASRecSettings:
    """Return the preset's settings, with the given ones in their place.

    Raises SettingError naming the first that is wrong.
    """
    if preset == "default":
        return SASRecSettings.of(given)
    return _affordable(facts, {**_best(facts), **given}, given)


def flops(facts: DataFacts, settings: SASRecSettings) -> float:
    """Estimate the operations that all epochs take: blocks, scores, updates, dev after each."""
    width, layers = settings.emb_size, settings.num_layers
    context = min(settings.max_len, max(1.0, facts.train_rows / max(1, facts.users)))
    scored = facts.items
    if settings.loss == "sampled":
        scored = min(settings.negatives, facts.items)
    # A weight costs a row one multiplication and one addition, and twice that going back.
    weights = layers * 12 * width**2
    forward = 2 * weights + 4 * layers * context * width
    rows = facts.train_rows * (3 * forward + 6 * scored * width)
    windows = max(facts.users, facts.train_rows / settings.max_len)
    steps = -(-windows // settings.batch_size)
    updates = steps * (facts.items * width + weights) * _UPDATE_FLOP
    dev = facts.dev_targets * (context * forward + 2 * facts.items * width)
    return float(settings.epochs * (rows + updates + dev))


def _best(facts: DataFacts) -> dict[str, Any]:
    if facts.train_rows < SPARSE_ROWS * facts.items:
        return _SPARSE
    return _DENSE if facts.train_rows < MANY_ROWS else _DENSE_AND_LARGE


def _affordable(facts: DataFacts, wanted: dict[str, Any], given: dict[str, Any]) -> SASRecSettings:
    """Save, where nothing is given, until the training fits into FLOP_BUDGET."""
    for saving in _SAVINGS:
        settings = SASRecSettings.of(_heads_that_divide({**wanted, **saving, **given}, given))
        cost = flops(facts, settings)
        if cost <= FLOP_BUDGET:
            return settings
    epochs = max(1, int(settings.epochs * FLOP_BUDGET / cost))
    return SASRecSettings.of({**settings.values(), "epochs": epochs, **given})


def _heads_that_divide(values: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Fit the heads to a width that was given, or the width to heads that were."""
    width, heads = values["emb_size"], values["num_heads"]
    if not (isinstance(width, int) and isinstance(heads, int) and min(width, heads) >= 1):
        return values  # told by the settings, in a line
    if "num_heads" not in given:
        return {**values, "num_heads": max(h for h in (1, 2, 4) if h <= heads and width % h == 0)}
    if "emb_size" not in given:
        return {**values, "emb_size": -(-width // heads) * heads}
    return values
