"""The pages as `make docs` builds them: strict, whole, and without anything from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from docs_pages import DOCS, ROOT

pytestmark = pytest.mark.docs


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built pages; mkdocs fails on a broken link or anchor."""
    out = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def test_every_page_is_built(site: Path) -> None:
    built = {path.stem for path in site.glob("*.html")} - {"404"}
    assert built == {path.stem for path in DOCS.glob("*.md")}
    assert (site / "images/report.png").is_file() and not (site / "hooks").exists()


def test_no_mark_and_no_reference_is_left(site: Path) -> None:
    for page in site.glob("*.html"):
        text = page.read_text()
        assert "<!-- made:" not in text and "<p>:::" not in text, page.name


def test_a_page_loads_nothing_from_elsewhere(site: Path) -> None:
    loads = r"<(?:script|img|iframe)[^>]*\ssrc=[\"']?(https?:[^\"' >]+)"
    styles = r"<link[^>]*stylesheet[^>]*href=[\"']?(https?:[^\"' >]+)"
    found = {
        page.name: re.findall(f"{loads}|{styles}", page.read_text()) for page in site.glob("*.html")
    }
    assert not any(found.values()), found


def test_lists_are_lists(site: Path) -> None:
    glued = re.compile(r"<p>[^<]*\n- ")
    assert [page.name for page in site.glob("*.html") if glued.search(page.read_text())] == []
