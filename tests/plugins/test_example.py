"""A package installed beside recsae adds one of each kind, and they are searched together."""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from recsae.results import DEV, load_results

HERE = Path(__file__).parent
RECSAE = [sys.executable, "-m", "recsae"]
SPACE = """
model_name: [SASRec_SAE, SASRec_SAE_Damped]
base: {model_name: Mean}
parameters:
  sae_k: {int: [2, 4]}
  sae_damping: {float: [0.0, 0.5], when: {model_name: SASRec_SAE_Damped}}
  sae_epochs: 2
objectives: {first: max}
constraints: {dead: "<= 0.9"}
search: {sampler: halton, trials: 4}
scheduler: {name: drop_worst}
resources: {cpus: 1, gpus: 0}
"""


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip has installed the example into."""
    root = tmp_path_factory.mktemp("example")
    shutil.copytree(HERE / "example", root / "source")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    apart = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(root / "packages")]
    subprocess.run([*pip, *apart, str(root / "source")], check=True)
    return root / "packages"


def run(example: Path, *command: str, cwd: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(example), "COLUMNS": "200"}
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done


def test_help_and_schema_know_what_is_installed(example: Path, tmp_path: Path) -> None:
    names = {"SASRec_SAE_Damped", "halton", "drop_worst", "first", "arrows", "Mean"}
    code = "from recsae.space.file_format.schema import schema_text; print(schema_text())"
    found = run(example, sys.executable, "-c", code, cwd=tmp_path).stdout
    assert all(f'"{name}"' in found for name in names)
    output = run(example, *RECSAE, "tune", "--help", cwd=tmp_path).stdout
    assert "halton" in output and "drop_worst" in output and "arrows" in output
    assert "halton" not in run(tmp_path, sys.executable, "-c", code, cwd=tmp_path).stdout


@pytest.mark.slow
def test_one_of_each_is_searched_and_a_changed_package_is_noticed(
    example: Path, tmp_path: Path
) -> None:
    chance = random.Random(0)
    pairs = [(user, item) for user in range(60) for item in chance.sample(range(30), 8)]
    (tmp_path / "log.txt").write_text("".join(f"{user}->{item}\n" for user, item in pairs))
    (tmp_path / "space.yaml").write_text(SPACE)
    places = ["--storage", str(tmp_path / "runs"), "--json"]
    tune = [*RECSAE, "tune", "space.yaml", "--dataset", "log.txt", "--name", "a", *places]
    output = json.loads(run(example, *tune, cwd=tmp_path).stdout)
    assert sum(output["trials"].values()) == 4 and output["trials"]["FAILED"] == 0
    assert output["base"]["model_name"] == "Mean" and "first" in output["best"][0]["metrics"]
    trials = load_results(tmp_path / "runs" / "a").trials
    assert trials[DEV + "first"].notna().all() and set(trials["model_name"]) == {
        "SASRec_SAE",
        "SASRec_SAE_Damped",
    }
    changed = example / "recsae_example" / "recommender.py"
    changed.write_text(changed.read_text() + "\n")
    resume = [*RECSAE, "tune", "--resume", "a", "--trials", "5", *places]
    refused = run(example, *resume, cwd=tmp_path, code=2).stderr
    assert "a was searched on other states" in refused


@pytest.mark.slow
def test_an_author_runs_the_laws(example: Path) -> None:
    laws = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_laws.py"]
    output = run(example, *laws, cwd=example.parent / "source").stdout
    assert "passed" in output and "failed" not in output
