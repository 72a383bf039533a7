"""The audit of autoencoders from elsewhere: what lives by its code passes, planted leaks do not."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from commands import Recsae
from inference.runs import make_run, save
from torch import Tensor, nn

from recsae.activations.store import Activations
from recsae.errors import SettingError
from recsae.inference.foreign import Foreign
from recsae.jobs.models.audit import audit
from recsae.metrics.leakage import MIN_FVU_WITHOUT_CODE
from recsae.sae.model import SparseAutoencoder

WIDTH, K = 16, 4
HERE = "inference.test_audit"


class Dense:
    """A code of all latents, most of them 0, as SAELens has it."""

    def __init__(self) -> None:
        atoms = torch.randn(64, WIDTH, generator=torch.Generator().manual_seed(0))
        self.atoms = atoms / atoms.norm(dim=1, keepdim=True)

    @classmethod
    def loaded(cls, weights: str) -> "Dense":
        assert weights == "weights"
        return cls()

    def encode(self, x: Tensor) -> Tensor:
        values = (x @ self.atoms.T).relu()
        return values * (values >= values.topk(K, dim=1).values[:, -1:])

    def decode(self, code: Tensor) -> Tensor:
        return code @ self.atoms

    def __call__(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


class Encoded(NamedTuple):
    """What sparsify's encode returns."""

    top_acts: Tensor
    top_indices: Tensor
    pre_acts: Tensor


class Called(NamedTuple):
    """What a call of sparsify's coder returns, in part."""

    sae_out: Tensor
    fvu: Tensor


class Sparse(nn.Module):
    """A code of values and places, as sparsify has it; what encode returns holds more."""

    def __init__(self) -> None:
        super().__init__()
        self.W_dec = nn.Parameter(Dense().atoms)

    def encode(self, x: Tensor) -> Encoded:
        pre_acts = (x @ self.W_dec.T).relu()
        return Encoded(*pre_acts.topk(K, dim=1), pre_acts)

    def decode(self, top_acts: Tensor, top_indices: Tensor) -> Tensor:
        return (top_acts[..., None] * self.W_dec[top_indices]).sum(dim=1)

    def forward(self, x: Tensor) -> Called:
        return Called(self.decode(*self.encode(x)[:2]), torch.zeros(()))


class Residual(Dense):
    """Adds a little of the input to what its code gives."""

    def reconstruct(self, code: Tensor, x: Tensor) -> Tensor:
        return self.decode(code) + 0.1 * x


class Remembers(Dense):
    """Returns what it was last shown."""

    def encode(self, x: Tensor) -> Tensor:
        self.seen = x
        return super().encode(x)

    def decode(self, code: Tensor) -> Tensor:
        return self.seen if len(self.seen) == len(code) else super().decode(code)


class CallsPast(Dense):
    """Its encode and decode are sound, but what a call returns goes past them."""

    def __call__(self, x: Tensor) -> Tensor:
        return 0.5 * super().__call__(x) + 0.5 * x


class Narrow(Dense):
    def decode(self, code: Tensor) -> Tensor:
        return super().decode(code)[:, :3]


def published(weights: str) -> SparseAutoencoder:
    """Return the published attention of a folder."""
    from recsae.sae import files

    return files.load(Path(weights))[0]


@pytest.fixture
def run(storage: Path, trained: Any, activations: Activations) -> Path:
    make_run(storage / "a", {0: (0.3, 3)}, states=activations.fingerprint)
    make_run(storage / "old", {})
    save(trained("SASRec_SAE"), storage / "a/best/0", activations)
    return storage / "a"


@pytest.mark.parametrize("states", ["run", "model", "base"])
@pytest.mark.parametrize("name", ["Dense", "Sparse"])
def test_what_lives_by_its_code_passes(
    run: Path, activations: Activations, name: str, states: str
) -> None:
    base = activations.meta["base"]["fingerprint"]
    place = {"run": str(run), "model": f"{run}/best/0", "base": base}[states]
    found = audit(place, f"{HERE}:{name}", None, storage=None)
    assert not found["leak"] and found["leak_share"] == 0 and found["leak_rank"] == 0
    assert found["call_share"] < 1e-9 and found["rows"] == len(activations.dev_x)
    wanted = Dense()(activations.states("dev"))
    centred = activations.states("dev") - activations.states("dev").mean(0)
    fvu = (wanted - activations.states("dev")).square().sum() / centred.square().sum()
    assert found["fvu"] == pytest.approx(float(fvu), rel=1e-4)
    assert found["ndcg@10_base"] == activations.meta["base"]["metrics"]["dev"]["ndcg@10"]


def test_a_model_of_recsae_scores_as_in_its_own_search(run: Path, trained: Any) -> None:
    words = f"{HERE}:published", str(run / "best/0")
    found = audit(str(run / "best/0"), *words, storage=None)
    assert not found["leak"] and found["fvu"] < found["fvu_permuted"]


@pytest.mark.parametrize("name", ["Residual", "Remembers", "CallsPast"])
def test_planted_leaks_are_found(run: Path, name: str) -> None:
    found = audit(str(run / "best/0"), f"{HERE}:{name}", None, storage=None)
    assert found["leak"]
    assert (name == "CallsPast") == (found["leak_share"] == 0)


def test_the_published_attention_is_found(
    storage: Path, run: Path, trained: Any, activations: Activations
) -> None:
    save(trained("SASRec_SAE_Attention"), storage / "m", activations)
    found = audit(str(storage / "m"), f"{HERE}:published", str(storage / "m"), storage=None)
    assert found["leak"] and found["leak_share"] > 1e-3
    assert found["fvu_permuted"] < MIN_FVU_WITHOUT_CODE or found["leak_rank"] > 0.01


def test_states_may_be_those_of_an_array(
    activations: Activations, tmp_path: Path, recsae: Recsae, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "x.npy", activations.dev_x)
    (tmp_path / "mine_to_audit.py").write_text("from inference.test_audit import Residual\n")
    monkeypatch.chdir(tmp_path)
    words = ["audit", tmp_path / "x.npy", "--model", "mine_to_audit:Residual"]
    found = recsae(*words, "--json").json
    assert found["leak"] and found["rows"] == len(activations.dev_x) and "leak_rank" not in found
    assert "leak: True" in recsae(*words).out


def test_a_method_of_a_class_may_make_the_model(run: Path) -> None:
    found = audit(str(run / "best/0"), f"{HERE}:Dense.loaded", "weights", storage=None)
    assert not found["leak"]
    with pytest.raises(SettingError, match=r"has no Dense.load \(did you mean 'loaded'\?\)"):
        audit(str(run / "best/0"), f"{HERE}:Dense.load", None, storage=None)


def test_mistakes_are_a_line(
    run: Path, activations: Activations, tmp_path: Path, recsae: Recsae
) -> None:
    np.save(tmp_path / "flat.npy", np.zeros(3))
    np.save(tmp_path / "nan.npy", np.full((3, WIDTH), np.nan))
    (tmp_path / "cut.npy").write_bytes(b"\x93NUMPY")
    for states, model, expected in (
        ("b", f"{HERE}:Dense", "no run in"),
        ("old", f"{HERE}:Dense", "does not say its states; expected a model of it"),
        (tmp_path / "no.npy", f"{HERE}:Dense", "no.npy: No such file or directory"),
        (tmp_path / "cut.npy", f"{HERE}:Dense", "cut.npy: expected an array that NumPy saved"),
        (tmp_path / "flat.npy", f"{HERE}:Dense", "expected finite states, two rows or more"),
        (tmp_path / "nan.npy", f"{HERE}:Dense", "expected finite states, two rows or more"),
        ("a", "Dense", "--model: expected MODULE:NAME, got 'Dense'"),
        ("a", "nowhere.at_all:Dense", "no module named 'nowhere'"),
        ("a", f"{HERE}:Dens", "has no Dens (did you mean 'Dense'?)"),
        ("a", f"{HERE}:Path", "expected encode and decode, found no encode"),
        ("a", f"{HERE}:Narrow", "expected states [2, 16], got [2, 3] from decode"),
    ):
        told = recsae("audit", states, "--model", model).mistake
        assert expected in told, (states, model, told)
    with pytest.raises(SettingError, match="found no decode"):
        Foreign(type("Half", (), {"encode": lambda self, x: x})(), torch.zeros(2, 2))
