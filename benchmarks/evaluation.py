"""Full ranking: counting in chunks against sorting all scores, one thread.

Both mask each user's history and must give the same ranks, but for rounding.

    python benchmarks/evaluation.py [--json]
"""

from functools import partial

import torch
from timing import asks_for_json, compare, show
from torch import Tensor

from recsae.metrics.ranking import Seen, ranks

WIDTH, HISTORY = 64, 20
SHAPES = [(943, 1682), (4096, 8713), (2048, 50_000)]


def by_sorting(x_RD: Tensor, table_ID: Tensor, target_R: Tensor, seen: Seen) -> Tensor:
    """Return ranks the usual way: mask, sort everything, look where the target stands."""
    scores_RI = x_RD @ table_ID.T
    row_S = torch.repeat_interleave(torch.diff(seen.offsets))
    scores_RI[row_S, seen.items.long()] = -torch.inf
    order_RI = scores_RI.argsort(dim=1, descending=True)
    return (order_RI == target_R[:, None]).float().argmax(dim=1) + 1


def main() -> None:
    """Compare over the sizes of ml-100k, Grocery and a larger catalogue."""
    as_json = asks_for_json(__doc__)
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    rows = []
    for users, items in SHAPES:
        x_RD = torch.randn(users, WIDTH, generator=generator)
        table_ID = torch.randn(items, WIDTH, generator=generator)
        # The target is item 0 of a user's own shuffle, the history what follows: never the target.
        start_R1 = torch.randint(items, (users, 1), generator=generator)
        own_RH = (start_R1 + torch.arange(HISTORY + 1)) % items
        offsets = torch.arange(users + 1) * HISTORY
        seen = Seen(offsets, own_RH[:, 1:].flatten().int())
        case = (x_RD, table_ID, own_RH[:, 0], seen)
        # Products of other shapes round differently: neighbours may change places, no more.
        assert (ranks(*case) - by_sorting(*case)).abs().max() <= 1
        result = compare(partial(ranks, *case), partial(by_sorting, *case), runs=5)
        rows.append({"users": users, "items": items, **result})
    show("Full ranking: counting (ours) against sorting", rows, as_json)


if __name__ == "__main__":
    main()
