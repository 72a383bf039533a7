"""docs/architecture.md, setup.cfg and the folders agree, and no room outgrows its limits."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest
from rooms import PAGE, ROOT, folders, layers, redrawn, sentences, setup

TOPS = ("recsae", "experiments", "benchmarks", "tests")
MOST_FILES = 15
MOST_LINES = 300
PACKAGES = [file.parent for top in TOPS for file in sorted((ROOT / top).rglob("__init__.py"))]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    """Module → the modules that it imports, those for the type checker alone included."""
    graph = grimp.build_graph("recsae", include_external_packages=True, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def test_the_page_is_what_the_code_is() -> None:
    page = PAGE.read_text()
    assert redrawn(page) == page, "`make architecture` redraws it"


def test_the_wheel_has_all_folders() -> None:
    packages = setup()["options"]["packages"].split()
    assert [name for name in packages if name != "recsae.space.spaces"] == [
        name_of(folder) for folder in folders("recsae")
    ]


@pytest.mark.parametrize("container", layers())
def test_every_module_has_its_layer(container: str) -> None:
    named = [name for layer in layers()[container] for name in layer.split(" | ")]
    folder = ROOT.joinpath(*container.split("."))
    inner = {path.stem for path in (*folder.glob("*.py"), *folder.glob("*/__init__.py"))}
    inner |= {path.parent.name for path in folder.glob("*/__init__.py")}
    assert sorted(named) == sorted(inner - {"__init__"})


@pytest.mark.parametrize("folder", PACKAGES, ids=name_of)
def test_a_folder_says_what_it_holds_and_what_it_must_not(folder: Path) -> None:
    holds, must_not = sentences(folder / "__init__.py")[:2]
    assert "must not" in must_not and "must not" not in holds


@pytest.mark.parametrize("top", TOPS)
def test_no_folder_is_crowded(top: str) -> None:
    counts = {name_of(folder): len([*folder.glob("*.py")]) for folder in folders(top)}
    assert {name: count for name, count in counts.items() if count > MOST_FILES} == {}


@pytest.mark.parametrize("top", TOPS)
def test_no_file_is_long(top: str) -> None:
    lines = {str(file): len(file.read_text().splitlines()) for file in (ROOT / top).rglob("*.py")}
    assert {file: count for file, count in lines.items() if count > MOST_LINES} == {}


def cycle(imports: Mapping[str, Iterable[str]]) -> list[str]:
    """Return modules that import each other in a circle, or none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_modules_import_each_other(imports: dict[str, set[str]]) -> None:
    assert cycle(imports) == []
    assert set(cycle({**imports, "recsae.errors": {"recsae.cli.app"}})) >= {"recsae.errors"}


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("ray", ("recsae.search.ray.",)),
        ("optuna", ("recsae.search.samplers.", "recsae.search.optuna_views.")),
    ],
)
def test_a_heavy_package_is_imported_in_its_rooms_alone(
    imports: dict[str, set[str]], package: str, rooms: tuple[str, ...]
) -> None:
    users = [module for module, imported in imports.items() if package in imported]
    assert users
    assert [module for module in users if not f"{module}.".startswith(rooms)] == []
