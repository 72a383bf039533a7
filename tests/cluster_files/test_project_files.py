"""Dockerfile, its context, the workflow of CI and CITATION.cff say what the project is."""

import configparser
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


def read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())
    return read


def setup() -> configparser.ConfigParser:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    return settings


def test_the_image_is_built_from_all_that_the_package_needs() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    sources = {"recsae", "search_spaces"}
    named = {setup()["metadata"]["license_files"], "README.md", "setup.cfg", "pyproject.toml"}
    assert kept == sources | named | {"constraints.txt"}
    assert all((ROOT / name).exists() for name in kept)


def test_the_image_installs_what_a_cluster_needs() -> None:
    text = (ROOT / "Dockerfile").read_text()
    (extra,) = re.findall(r'"/src\[(\w+)\]"', text)
    needed = setup()["options.extras_require"][extra].split()
    assert "ray[default]" in needed, "ray up's autoscaler and ray job submit"
    (python,) = re.findall(r"^FROM python:([\d.]+)", text, re.MULTILINE)
    assert fnmatch(setup()["options"]["python_requires"], f"*{python}")


def test_ci_runs_what_a_developer_runs() -> None:
    jobs = read(".github/workflows/ci.yml")["jobs"]
    run = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert ".ci/run" in run and "make docs" in run
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_the_lowest_versions_of_ci_are_those_of_the_package() -> None:
    requires = setup()["options"]["install_requires"]
    matrix = read(".github/workflows/ci.yml")["jobs"]["versions"]["strategy"]["matrix"]
    lowest = {case["name"]: case["packages"] for case in matrix["include"]}["lowest"]
    for package, major in re.findall(r"(\S+)==([\d.]+)\.\*", lowest):
        (least,) = re.findall(rf"^{re.escape(package)}>=(\S+)$", requires, re.MULTILINE)
        assert major == least or major == f"{least}.0"


def test_the_table_of_versions_is_that_of_the_package() -> None:
    page = (ROOT / "docs/quickstart.md").read_text()
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) \| ([\d.]+) \|$", page, re.MULTILINE)
    requires, pins = setup()["options"]["install_requires"], (ROOT / "constraints.txt").read_text()
    assert rows[0][:2] == ("Python", setup()["options"]["python_requires"].removeprefix(">="))
    for name, oldest, pinned in rows[1:]:
        assert re.search(rf"^{name.lower()}(\[\w+\])?>={oldest}$", requires, re.MULTILINE), name
        assert f"\n{name.lower()}=={pinned}\n" in pins, name


def test_the_citation_names_the_licence() -> None:
    citation = read("CITATION.cff")
    assert citation["cff-version"] == "1.2.0" and citation["authors"]
    assert citation["license"] == setup()["metadata"]["license"]
