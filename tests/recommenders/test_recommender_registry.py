"""A recommender is found by its architecture, in a folder here or in a package beside recsae."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import TINY
from outside_package import installed, lay

from recsae.activations.settings import ActivationSettings
from recsae.cache import Cache
from recsae.errors import RecsaeError, SettingError
from recsae.interactions.settings import DataSettings
from recsae.jobs.sources import Source
from recsae.recommenders.base import Base, fingerprint
from recsae.recommenders.base_choice import BaseChoice
from recsae.recommenders.recommender import Recommender
from recsae.recommenders.registry import RECOMMENDERS, architecture, trainable
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sequences import Sequences
from recsae.settings import fields
from recsae.space import space_of
from recsae.space.file_format.schema import schema

CPU = torch.device("cpu")
SOURCE = """
from recsae.recommenders.architecture import Architecture, Trained
from recsae.settings import Settings

class MeanSettings(Settings):
    size: int = 6
    '''Width of the item vectors.'''

class Mean(Architecture):
    "The mean of random item vectors."

    name = "Mean"
    Settings = MeanSettings

    def width(self, settings):
        return settings.size

    def build(self, settings, n_items):
        import torch
        from recsae.recommenders.recommender import SequenceRecommender

        class Model(SequenceRecommender):
            max_len = 4

            def __init__(self):
                super().__init__()
                self.items = torch.nn.Embedding(n_items, settings.size)

            def hidden(self, items_BL, lengths_B):
                places_L1 = torch.arange(1, items_BL.shape[1] + 1).unsqueeze(1)
                return self.items(items_BL).cumsum(1) / places_L1

            def last(self, items_BL, lengths_B):
                return self.hidden(items_BL, lengths_B)[torch.arange(len(lengths_B)), lengths_B - 1]

            def item_table(self):
                return self.items.weight

        return Model()

    def train(self, sequences, settings, device):
        model = self.build(settings, sequences.n_items).to(device)
        return Trained(model.eval().requires_grad_(False), [0.0])
"""
SPACE = {"model_name": "SASRec_SAE", "parameters": {"sae_k": 2}, "base": {"model_name": "Mean"}}


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[None]:
    lay(tmp_path, SOURCE, "recsae.recommenders", Mean="Mean")
    with installed(tmp_path, RECOMMENDERS):
        yield


def test_names_and_settings_load_without_torch() -> None:
    code = (
        "from recsae.recommenders.registry import RECOMMENDERS, architecture\n"
        "for name in RECOMMENDERS.names: architecture(name).Settings.model_json_schema()\n"
        "import sys; assert not {'torch', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", RECOMMENDERS.names)
def test_each_is_built_with_the_width_it_declares(name: str) -> None:
    kind = architecture(name)
    sizes = {"emb_size": 6, "num_layers": 1, "num_heads": 2, "max_len": 4}
    settings = kind.Settings.of({k: v for k, v in sizes.items() if k in fields(kind.Settings)})
    model = kind.build(settings, 9)
    assert isinstance(model, Recommender) and model.item_table().shape == (9, kind.width(settings))


def test_what_is_imported_is_not_trained_here() -> None:
    assert "rechorus" in RECOMMENDERS.names and "rechorus" not in trainable()
    with pytest.raises(RecsaeError, match="rechorus is not trained here"):
        architecture("rechorus").train(*[None] * 3)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match=r"model_name: expected one of .*SASRec, got 'rechorus'"):
        BaseChoice.of({"model_name": "rechorus"})


@pytest.mark.usefixtures("outside")
def test_one_from_outside_is_chosen_with_its_own_settings() -> None:
    choice = BaseChoice.of({"model_name": "Mean"})
    assert choice.values() == {"model_name": "Mean", "size": 6} and choice.width == 6
    assert BaseChoice.of(choice.values()) == choice
    with pytest.raises(SettingError, match="emb_size: not a setting of Mean, but of SASRec"):
        BaseChoice.of({"model_name": "Mean", "emb_size": 6})
    with pytest.raises(SettingError, match="preset: expected default for Mean"):
        BaseChoice.of({"model_name": "Mean", "preset": "best"})
    assert space_of(SPACE).base == choice
    keys: Any = schema()["properties"]["base"]["anyOf"][0]["properties"]
    assert "size" in keys and keys["model_name"]["enum"] == list(trainable())


@pytest.mark.usefixtures("outside")
def test_one_from_outside_is_trained_stored_and_explained(tmp_path: Path) -> None:
    cache, data = Cache(tmp_path / "cache"), DataSettings(dataset=TINY)
    source = Source(data, BaseChoice.of({"model_name": "Mean"}), ActivationSettings())
    ready = source.prepare(cache, CPU)
    assert ready.pretrained and ready.activations.meta["width"] == 6
    base = Base.open(cache.local / "bases" / ready.activations.meta["base"]["fingerprint"])
    assert base.meta["model_name"] == "Mean" and base.width == 6
    again = base.model(CPU)
    assert torch.equal(again.item_table(), ready.activations.tensor("item_table"))
    assert not source.prepare(cache, CPU).pretrained


def test_a_name_tells_bases_of_like_settings_apart(sequences: Sequences) -> None:
    settings = SASRecSettings()
    assert fingerprint(sequences, settings) != fingerprint(sequences, settings, "Other")


def test_without_its_package_a_base_says_which_recommender_it_wants(tmp_path: Path) -> None:
    base = Base(tmp_path, {"architecture": "Mean", "settings": {}, "fingerprint": "a"})
    with pytest.raises(
        SettingError, match=r"expected one of .*SASRec, rechorus, states, got 'Mean'"
    ):
        base.model(CPU)
