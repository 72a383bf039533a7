"""How a variant is found: by its file alone, and without torch."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import recsae.sae.variants
from recsae.errors import SettingError
from recsae.registry import declarations
from recsae.sae import registry
from recsae.sae.files import load, save
from recsae.sae.registry import VARIANTS, variant, variants
from recsae.sae.rows import Rows
from recsae.sae.training import SAETrainer
from recsae.space import space_of
from recsae.space.file_format.schema import schema

NEW_FILE = """
from recsae.sae.base import Variant
from recsae.sae.variants.topk import TopK

class Plain(Variant):
    name = "SASRec_SAE_Plain"

class Finer(TopK):
    name: str = "SASRec_SAE_Finer"

    def refine(self, sae, code, linear_BD, x_BD):
        return 0.5 * linear_BD
"""


def test_the_published_names_are_there() -> None:
    assert {"SASRec_SAE", "SASRec_SAE_Attention", "SASRec_SAE_Contrastive"} <= set(variants())
    assert variant("SASRec_SAE").name == "SASRec_SAE"


@pytest.mark.parametrize(
    "loaded",
    [
        "from recsae.sae.registry import variants; variants()",
        "from recsae.sae.registry import variants\n"
        "for v in variants().values(): v.Settings.of({}).check_width(64)",
        "from recsae.sae.registry import variants\n"
        "for v in variants().values(): v.Settings.model_json_schema()",
    ],
)
def test_names_and_settings_load_without_torch(loaded: str) -> None:
    code = f"{loaded}\nimport sys\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_misspelt_name_is_told_the_nearest() -> None:
    with pytest.raises(SettingError, match="did you mean 'SASRec_SAE_Attention'") as caught:
        variant("SASRec_SAE_Atention")
    assert caught.value.key == "model_name"


@pytest.fixture
def folder_of_a_new_variant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "newcomer.py").write_text(NEW_FILE)
    room = recsae.sae.variants
    monkeypatch.setattr(room, "__path__", [*room.__path__, str(tmp_path)])
    forget()
    yield
    sys.modules.pop("recsae.sae.variants.newcomer")
    vars(room).pop("newcomer")
    forget()


def forget() -> None:
    """Let the variants be looked for again."""
    vars(VARIANTS).pop("found", None)
    registry.variants.cache_clear()


@pytest.mark.usefixtures("folder_of_a_new_variant")
def test_a_variant_joins_by_its_file_alone() -> None:
    assert {"SASRec_SAE_Plain", "SASRec_SAE_Finer", "SASRec_SAE"} <= set(variants())


@pytest.mark.usefixtures("folder_of_a_new_variant")
def test_it_can_be_searched_at_once() -> None:
    written = {"model_name": "SASRec_SAE_Plain", "parameters": {"sae_k": {"int": [2, 4]}}}
    assert space_of(written).models == ("SASRec_SAE_Plain",)
    assert "SASRec_SAE_Finer" in schema()["properties"]["model_name"]["anyOf"][0]["enum"]


@pytest.mark.usefixtures("folder_of_a_new_variant")
def test_it_is_trained_saved_and_loaded_like_any_other(tmp_path: Path) -> None:
    kind = variant("SASRec_SAE_Finer")
    x = torch.randn(60, 8, generator=torch.Generator().manual_seed(0))
    settings = kind.Settings.of({"sae_epochs": 1})
    run = SAETrainer(kind, settings, Rows(x), order_seed=0, device="cpu")
    run.epoch()
    save(run.model, tmp_path / "model", {})
    loaded = load(tmp_path / "model")[0]
    assert type(loaded.variant) is type(kind)
    assert torch.equal(loaded(x), run.model(x))
    torch.testing.assert_close(loaded(x), 0.5 * loaded.decode(loaded.encode(x)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A(Variant):\n    name = 'x'", True),
        ("class A(Variant):\n    name: ClassVar[str] = 'x'", True),
        ("class A(Variant):\n    name: str", False),
        ("class A(Variant):\n    name = make()", False),
        ("class A:\n    def f(self):\n        name = 'x'", False),
        ("name = 'x'", False),
    ],
)
def test_a_variant_is_recognised_by_its_name(source: str, expected: bool) -> None:
    assert bool(declarations(source)) is expected
