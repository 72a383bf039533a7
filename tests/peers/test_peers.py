"""Exported models in sparsify and SAELens themselves; models of these libraries in the audit."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from commands import Recsae
from inference.runs import SOURCE, save
from peers import peer_models
from peers.conftest import Codes
from torch import Tensor

import recsae as package
from recsae.activations.store import Activations
from recsae.jobs.sources import Source
from recsae.jobs.training import train
from recsae.sae.base import SAESettings
from recsae.sae.formats import LIBRARIES
from recsae.sae.registry import VARIANTS
from recsae.testing.sae_cases import ROWS, cases
from recsae.trial import SAETrial, run_trial

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
CLOSE = 1e-5
CASES = {name: case for name, case in cases(VARIANTS.names).items() if case.variant.linear}
Open = Callable[[Path], Callable[[Tensor], Codes]]
Tell = Callable[[str], None]
HERE = "peers.peer_models"


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("layout", LIBRARIES)
def test_the_library_itself_gives_the_same_codes(
    opened: Open, tmp_path: Path, told: Tell, layout: str, name: str
) -> None:
    model, x_BD = CASES[name].train(1).model.eval(), ROWS[0].x_ND
    for file, content in LIBRARIES[layout](model).items():
        (tmp_path / file).write_bytes(content)
    found_BN, found_BD = opened(tmp_path)(x_BD)
    with torch.no_grad():
        code, wanted_BD = model.encode(x_BD), model(x_BD)
    wanted_BN = torch.zeros_like(found_BN).scatter(1, code.indices_BK, code.values_BK)
    gaps = [float((a - b).abs().max()) for a, b in ((found_BN, wanted_BN), (found_BD, wanted_BD))]
    told("{}, {}: codes {:.1e}, reconstructions {:.1e}".format(layout, name, *gaps))
    assert max(gaps) < CLOSE and bool((wanted_BN > 0).any())


@pytest.fixture(scope="module")
def trained(own_places: Path) -> str:
    """Return the path of a model that the command line trained on the tiny data."""
    settings = SAESettings(sae_k=4, sae_scale_size=4, sae_lr=1e-2, sae_epochs=10)
    return str(train("SASRec_SAE", settings, Source.of(SOURCE), seed=0, device="cpu")["path"])


@pytest.mark.parametrize("layout", LIBRARIES)
def test_a_trained_model_goes_there_and_back_into_the_audit(
    opened: Open, tmp_path: Path, told: Tell, layout: str, trained: str, recsae: Recsae
) -> None:
    recsae("export", trained, "--format", layout, "-o", tmp_path / "out")
    model = package.load_model(trained)
    found_BN, found_BD = opened(tmp_path / "out")(model.activations.states("test"))
    codes = model.encode("test")
    gaps = [
        abs(found_BN.numpy() - codes.toarray()).max(),
        abs(found_BD.numpy() - model.decode(codes)).max(),
    ]
    told("{}, command line: codes {:.1e}, reconstructions {:.1e}".format(layout, *gaps))
    assert max(gaps) < CLOSE and codes.nnz
    loader = {"sparsify": "sparsify:SparseCoder", "saelens": "sae_lens:SAE"}[layout]
    words = ["--model", f"{loader}.load_from_disk", "--weights", tmp_path / "out"]
    audited = recsae("audit", trained, *words, "--json").json
    own = recsae("evaluate", trained, "--json").json["metrics"]["dev"]
    assert not audited["leak"] and audited["call_share"] < 1e-9
    assert audited["fvu"] == pytest.approx(own["fvu"], rel=1e-4)
    assert audited["ndcg@10"] == pytest.approx(own["ndcg@10"], abs=1e-3)


@pytest.fixture(scope="module")
def foreign(activations: Activations, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a model of each library that is installed, trained on dev states."""
    root, x_BD = tmp_path_factory.mktemp("foreign"), activations.states("dev")
    pytest.importorskip("sparsify", reason="eai-sparsify is not installed")
    pytest.importorskip("sae_lens", reason="sae-lens is not installed")
    peer_models.train_sparsify(x_BD, root / "sparsify")
    peer_models.train_saelens(x_BD, root / "saelens")
    return root


@pytest.mark.parametrize(
    ("library", "name", "leaks"),
    [
        ("sparsify", "sparsify:SparseCoder.load_from_disk", False),
        ("saelens", "sae_lens:SAE.load_from_disk", False),
        ("sparsify", f"{HERE}:sparsify_with_skip", True),
        ("saelens", f"{HERE}:saelens_with_error", True),
        ("saelens", f"{HERE}:saelens_that_remembers", True),
    ],
)
def test_the_audit_passes_theirs_and_finds_what_is_planted(
    foreign: Path, trained: str, recsae: Recsae, told: Tell, library: str, name: str, leaks: bool
) -> None:
    words = ["--model", name, "--weights", foreign / library]
    found = recsae("audit", trained, *words, "--json").json
    figures = {one: found[one] for one in ("fvu", "leak_share", "leak_rank", "call_share")}
    told(f"audit of {name}: leak {found['leak']}, {figures}")
    assert found["leak"] == leaks and found["fvu"] < 0.9


def test_the_published_attention_is_found_beside_them(
    trained: str, tmp_path: Path, activations: Activations, recsae: Recsae, told: Tell
) -> None:
    case = cases(("SASRec_SAE_Attention",))["SASRec_SAE_Attention default published"]
    trial = SAETrial(case.variant.name, case.settings, activations)
    run_trial(trial, lambda epoch, metrics: None)
    save(trial.model.eval(), tmp_path / "published", activations)
    words = ["--model", f"{HERE}:of_recsae", "--weights", tmp_path / "published"]
    found = recsae("audit", trained, *words, "--json").json
    told(f"audit of the published attention: leak {found['leak']}, {found['leak_share']:.2e}")
    assert found["leak"]
    assert (
        "cannot be exported" in recsae("export", tmp_path / "published", "--format", "hub").mistake
    )
