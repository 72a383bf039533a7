"""A browser for all tests of this folder, and the pages that they open."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_pages import comparison_page, latents_page, run_page
from chromium import Browser, browser, chromium


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Return one browser, with a page that each test loads anew."""
    if chromium() is None:
        pytest.skip("no chromium on the PATH")
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the pages, all full of hostile texts: of a run, of two runs, of latents."""
    folder = tmp_path_factory.mktemp("pages")
    makers = {"run": run_page, "comparison": comparison_page, "latents": latents_page}
    return {name: make(folder) for name, make in makers.items()}
