"""Whatever trains or decides has its part in the names of runs, bases and states."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import comparison
import pytest
import torch
from comparison import searches, training
from conftest import TINY
from outside_package import MODULE, installed, lay

from recsae import files
from recsae.activations.settings import ActivationSettings
from recsae.activations.store import extract
from recsae.cache import Cache
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.jobs.baselines import score
from recsae.metrics.registry import METRICS
from recsae.recommenders.base import Base, fingerprint
from recsae.recommenders.gru4rec.settings import GRU4RecSettings
from recsae.recommenders.registry import RECOMMENDERS
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.registry import Registry
from recsae.sae.registry import VARIANTS
from recsae.search.versions import code
from recsae.sequences import Sequences
from recsae.space.kinds import SAMPLERS, SCHEDULERS

ROOMS = {
    "training": (
        "sae/",
        "metrics/",
        "trial.py",
        "scoring.py",
        "sequences.py",
        "splits.py",
        "activations",
    ),
    "search": ("space/", "search/", "results/", "jobs/"),
}
BASES = ("recommenders/", "metrics/", "sequences.py", "splits.py")


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the code, which may be changed."""
    copy = tmp_path / "sources"
    shutil.copytree(files.SOURCES, copy, ignore=shutil.ignore_patterns("__pycache__", "*.j2"))
    monkeypatch.setattr(files, "SOURCES", copy)
    return copy


def changing(sources: Path, name: Callable[[], object]) -> set[str]:
    """Return the files that change a name when they are changed."""
    before, found = name(), set()
    for path in sources.rglob("*.py"):
        text = path.read_text()
        path.write_text(text + "\n")
        if name() != before:
            found.add(path.relative_to(sources).as_posix())
        path.write_text(text)
    assert name() == before
    return found


def of_rooms(sources: Path, rooms: tuple[str, ...]) -> set[str]:
    paths = (path.relative_to(sources).as_posix() for path in sources.rglob("*.py"))
    return {path for path in paths if path.startswith(rooms)}


@pytest.mark.parametrize("part", list(ROOMS))
def test_every_file_that_trains_or_decides_is_in_the_digest_of_code(
    sources: Path, part: str
) -> None:
    found = changing(sources, lambda: code()[part])
    assert found >= of_rooms(sources, ROOMS[part])
    asked_or_shown = of_rooms(sources, ("cli/", "report/", "__main__"))
    assert asked_or_shown and not found & asked_or_shown


def test_a_new_room_counts_as_training(sources: Path) -> None:
    before = code()
    (sources / "new").mkdir()
    assert code() == before
    (sources / "new" / "__init__.py").write_text("")
    assert code()["training"] != before["training"] and code()["search"] == before["search"]


@pytest.mark.parametrize(
    ("group", "registry", "part"),
    [
        ("recsae.variants", VARIANTS, "training"),
        ("recsae.metrics", METRICS, "training"),
        ("recsae.samplers", SAMPLERS, "search"),
        ("recsae.schedulers", SCHEDULERS, "search"),
    ],
)
def test_a_package_that_adds_to_recsae_counts_and_each_change_of_it(
    tmp_path: Path, group: str, registry: Registry[Any], part: str
) -> None:
    seen = [code()]
    for source in ("class Mine: ...\n", "class Mine: pass\n"):
        lay(tmp_path, source, group, mine="Mine")
        with installed(tmp_path, registry):
            seen.append(code())
        (tmp_path / f"{MODULE}-1.0.dist-info" / "entry_points.txt").unlink()
    assert len({found[part] for found in seen}) == 3
    (other,) = seen[0].keys() - {part}
    assert len({found[other] for found in seen}) == 1


def test_every_file_that_a_base_is_trained_by_is_in_its_name_and_no_other_recommender(
    sources: Path,
) -> None:
    sequences = Sequences.of(load(DataSettings(dataset=TINY)))
    imported = Base(sources, {"fingerprint": "x", "architecture": "rechorus"})
    names: dict[str, Callable[[], object]] = {
        "sasrec": lambda: fingerprint(sequences, SASRecSettings()),
        "gru4rec": lambda: fingerprint(sequences, GRU4RecSettings(), "GRU4Rec"),
        "rechorus": lambda: imported.states_key,
    }
    rooms = of_rooms(sources, BASES)
    assert {"recommenders/training/next_item.py", "metrics/ranking.py"} <= rooms
    for folder, name in names.items():
        others = {module.split(".")[-2] for module in modules_of_recommenders()} - {folder}
        assert others >= names.keys() - {folder}
        expected = rooms - of_rooms(sources, tuple(f"recommenders/{one}/" for one in others))
        assert changing(sources, name) == expected


def modules_of_recommenders() -> list[str]:
    return [RECOMMENDERS.about(name).module for name in RECOMMENDERS.names]


class Asked(Exception):
    """A cache was asked for a key."""


class KeysAlone:
    """A cache that is asked, and gives nothing."""

    def get(self, kind: str, key: str, build: object) -> None:
        raise Asked(key)


def asked(ask: Callable[[Any], object]) -> str:
    """Return the key that a call asks its cache for."""
    with pytest.raises(Asked) as caught:
        ask(KeysAlone())
    return str(caught.value)


def test_every_file_that_stores_states_is_in_their_name(sources: Path) -> None:
    sequences = Sequences.of(load(DataSettings(dataset=TINY)))
    own = Base(sources, {"fingerprint": "x"})  # its name has the files that it depends on
    store, device = ActivationSettings(), torch.device("cpu")
    found = changing(
        sources, lambda: asked(lambda cache: extract(sequences, own, store, cache, device))
    )
    assert found == of_rooms(sources, ("activations",)) and len(found) >= 3


def test_every_file_of_the_baselines_is_in_the_name_of_their_scores(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(cache: Any) -> None:
        monkeypatch.setattr(Cache, "default", lambda: cache)
        score("Popularity", DataSettings(dataset=TINY), device=None)

    found = changing(sources, lambda: asked(ask))
    assert found == of_rooms(sources, ("recommenders/counts/", *BASES[1:]))


def test_every_file_that_a_comparison_depends_on_is_in_the_keys_of_its_parts(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trains, chooses = (of_rooms(sources, ROOMS[part]) for part in ROOMS)
    assert changing(sources, training.code_of_training.__wrapped__) >= trains
    assert changing(sources, searches.code_of_search.__wrapped__) >= trains | chooses
    own = tmp_path / "comparison"
    shutil.copytree(comparison.SOURCES, own, ignore=shutil.ignore_patterns("__pycache__", "*.j2"))
    monkeypatch.setattr(comparison, "SOURCES", own)
    every = of_rooms(own, ("",))
    assert {"run.py", "report/page.py"} <= every
    assert changing(own, training.code_of_training.__wrapped__) == every
    assert changing(own, searches.code_of_search.__wrapped__) == every
