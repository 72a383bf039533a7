"""States that were kept on a GPU, taken up where there is none."""

from pathlib import Path

import pytest
import torch

from recsae.sae.registry import VARIANTS
from recsae.search.ray.checkpoints import load_checkpoint, save_checkpoint
from recsae.testing.sae_cases import Case, cases, same, weights

CASES = cases(VARIANTS.names)


@pytest.mark.skipif(torch.cuda.is_available(), reason="tests/gpu has the states of a real GPU")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_state_kept_on_a_gpu_goes_on_without_one(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, first, second = (case.trainer() for _ in range(3))
    first.epoch()
    with monkeypatch.context() as on_a_gpu:
        on_a_gpu.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        save_checkpoint(tmp_path, 3, {"trial": first.state_dict()})
    with pytest.raises(RuntimeError, match="CUDA"):
        torch.load(tmp_path / "3.pt", weights_only=True)
    found = load_checkpoint(tmp_path, 3)
    assert found is not None
    second.load_state_dict(found["trial"])
    second.epoch()
    for _ in range(2):
        whole.epoch()
    assert same(weights(second.model), weights(whole.model))
