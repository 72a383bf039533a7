"""The best items by two kinds of states against sorting all of them, with ties and seen items."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recsae.inference import rankings
from recsae.metrics.ranking import Seen


@given(data=st.data(), k=st.integers(1, 12), of_either=st.booleans(), masked=st.booleans())
@settings(max_examples=60)
@pytest.mark.parametrize("counted", [0, 32])
def test_ranks_are_places_in_a_stable_sort(
    counted: int, data: st.DataObject, k: int, of_either: bool, masked: bool
) -> None:
    rows, items = data.draw(st.integers(0, 5)), data.draw(st.integers(1, 10))
    # So few values that many items score the same.
    numbers = st.integers(-1, 1)
    one, other, table = (
        np.array(data.draw(st.lists(numbers, min_size=n * 2, max_size=n * 2)), np.float32)
        for n in (rows, rows, items)
    )
    one, other, table = (part.reshape(-1, 2) for part in (one, other, table))
    hidden = [sorted(data.draw(st.sets(st.integers(0, items - 1)))) for _ in range(rows)]
    seen = None
    if masked:
        ends = torch.tensor(np.cumsum([0, *map(len, hidden)]))
        seen = Seen(ends, torch.tensor([item for own in hidden for item in own], dtype=torch.int64))
    tensors = (torch.from_numpy(part) for part in (one, other, table))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rankings, "_COUNTED", counted)
        frame = rankings.top_items(*tensors, seen, k, of_either=of_either)
    wanted = []
    for row in range(rows):
        scores = [states[row] @ table.T for states in (one, other)]
        allowed = [item for item in range(items) if not (masked and item in hidden[row])]
        orders = [sorted(allowed, key=lambda item, own=own: (-own[item], item)) for own in scores]
        for item in orders[0]:
            ranks = [order.index(item) + 1 for order in orders]
            if ranks[0] <= k or (of_either and ranks[1] <= k):
                wanted.append((row, item, ranks[0], scores[0][item], ranks[1], scores[1][item]))
    assert list(frame.itertuples(index=False, name=None)) == wanted
