"""Every shell and python block of README and docs/ runs, page by page, on small stand-in data.

What cannot run here is listed by hand, with the reason; test_docs_text.py parses it all the same.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import torch
from docs_pages import ROOT, Block, blocks, pages
from rechorus_world import state_dict, write_folder

QUICK: Final = ("README",)
"""Pages that run in `make test`; the others take minutes together."""

NOT_RUN: Final = {
    r"make .*": "set-up, tests and benchmarks; `make tune` runs the search of smoke.yaml",
    r"export PATH=.*": "the tests have the commands on their PATH",
    r"recsae data get .*": "the network",
    r"python -m benchmarks.search_quality .*": "minutes; tests/benchmarks runs a smaller contest",
    r"recsae report .* --figures .*": "kaleido and a browser; `make test-browser` draws figures",
    r"python3 -m venv /opt/.*": "it writes outside of the tests' folder",
    r"echo 'export .*": "it writes into the login profile",
    r"(RAY_UP_\S+ )?ray (up|down|exec|get-auth-token) .*": "it needs the machines of a cluster",
}
INSTEAD: Final = {
    # The same command line, run on this machine by a Ray of its own.
    r"ray submit cluster.yaml (experiments/\w+.py) --": r"python \1",
    r" --address auto": "",
    r"file:///mnt/shared": "shared",
}
ITEMS: Final = 24


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with data sets under the names that the pages use, and a cache."""
    root = tmp_path_factory.mktemp("docs")
    for name in ("ml-100k", "grocery", "beauty"):
        write_folder(root / "data" / name, ITEMS, users=40, seed=len(name))
    return root


@pytest.fixture
def place(world: Path, tmp_path: Path) -> Path:
    """Return an empty folder with what a page expects beside it: a clone, a log, a checkpoint."""
    for name in ("experiments", "benchmarks", "search_spaces", "cluster"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    draw = np.random.default_rng(0)
    rows = [(u, i, t, r) for t, (u, i, r) in enumerate(draw.integers(1, [30, 20, 6], (900, 3)))]
    log = "uid,item,when,rating\n" + "".join(f"u{u},i{i},{t},{r}\n" for u, i, t, r in rows)
    (tmp_path / "my.csv").write_text(log)
    torch.save(state_dict(ITEMS + 1, width=16, layers=1, history=20), tmp_path / "model.pt")
    return tmp_path


def run_page(page: Path, world: Path, place: Path) -> None:
    """Run the blocks of a page in order; the first that fails is told with what it printed."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("RECSAE_")}
    env |= {"RECSAE_CACHE": str(world / "cache"), "RECSAE_DATA_DIR": str(world / "data")}
    env |= {"PATH": f"{Path(sys.executable).parent}:{env['PATH']}", "PYTHONWARNINGS": "default"}
    for block in blocks(page):
        if block.language not in ("sh", "python"):
            continue
        words = ["bash", "-euo", "pipefail", "-c", runnable(block)]
        if block.language == "python":
            words = [sys.executable, "-c", block.text]
        done = subprocess.run(words, cwd=place, env=env, capture_output=True, text=True)
        message = (
            f"{page.name}:{block.line}\n{block.text}\n{done.stdout[-2000:]}{done.stderr[-3000:]}"
        )
        assert done.returncode == 0, message


def runnable(block: Block) -> str:
    """Return a shell block without what cannot run here."""
    kept = [line for line in block.text.splitlines() if not excepted(line)]
    text = "\n".join(kept)
    for pattern, other in INSTEAD.items():
        text = re.sub(pattern, other, text)
    return text


def excepted(line: str) -> bool:
    return any(re.fullmatch(pattern, line) for pattern in NOT_RUN)


def has_commands(page: Path) -> bool:
    return any(block.language in ("sh", "python") for block in blocks(page))


LONG = [p for p in pages() if p.stem not in QUICK and has_commands(p)]


@pytest.mark.parametrize("page", [p for p in pages() if p.stem in QUICK], ids=lambda p: p.stem)
def test_a_quick_page_runs(page: Path, world: Path, place: Path) -> None:
    run_page(page, world, place)


@pytest.mark.docs
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("page", LONG, ids=lambda p: p.stem)
def test_a_long_page_runs(page: Path, world: Path, place: Path) -> None:
    run_page(page, world, place)


def test_every_exception_is_of_a_line_that_is_there() -> None:
    lines = [
        x for p in pages() for b in blocks(p) if b.language == "sh" for x in b.text.split("\n")
    ]
    unused = [p for p in NOT_RUN if not any(re.fullmatch(p, line) for line in lines)]
    unused += [p for p in INSTEAD if not any(re.search(p, line) for line in lines)]
    assert unused == []


def test_a_command_that_fails_is_found(world: Path, place: Path) -> None:
    page = place / "page.md"
    page.write_text("```sh\nrecsae results nowhere\necho after\n```\n")
    with pytest.raises(AssertionError, match=r"page.md:1[\s\S]*nowhere"):
        run_page(page, world, place)
