"""Rows over arrays, memory-mapped ones included."""

from pathlib import Path

import numpy as np
import pytest
import torch

from recsae.sae.rows import Rows, shared_tensor


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_read_only_memory_map_is_shared_without_a_warning(
    tmp_path: Path, dtype: type[np.floating]
) -> None:
    np.save(tmp_path / "x.npy", np.arange(12, dtype=dtype).reshape(6, 2))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    rows = Rows.of(mapped)
    assert rows.x_ND.data_ptr() == mapped.ctypes.data
    batch = rows.at(torch.tensor([4, 0])).to(torch.device("cpu"), torch.float32)
    assert torch.equal(batch.x_ND, torch.tensor([[8.0, 9.0], [0.0, 1.0]]))


def test_users_and_items_follow_their_rows() -> None:
    rows = Rows.of(np.eye(3, dtype=np.float32), np.array([7, 8, 9]), np.array([1, 2, 3]))
    last = rows.where(torch.tensor([False, True, True]))
    assert last.user_N is not None and last.next_item_N is not None
    assert last.user_N.tolist() == [8, 9] and last.next_item_N.tolist() == [2, 3]
    assert torch.equal(last.x_ND, torch.eye(3)[1:])


def test_unknown_users_stay_unknown() -> None:
    assert Rows(torch.eye(3)).at(torch.tensor([0])).user_N is None


def test_sharing_keeps_the_type() -> None:
    assert shared_tensor(np.array([1, 2], dtype=np.int32)).dtype == torch.int32
