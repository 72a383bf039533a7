"""The page of a run in use: filters, sorting, CSV, what the pointer tells, saved figures."""

from pathlib import Path

import pytest
from browser_pages import ATTACK, make_run
from chromium import Browser

from recsae.report.page import render
from recsae.report.pages.paper_figures import FORMATS, write_figures
from recsae.report.plots.all_plots import PLOTS
from recsae.results import load_results

pytestmark = pytest.mark.browser

SHOWN = "[...document.querySelectorAll('#trials tbody tr')].filter((row) => !row.hidden)"
CELLS = SHOWN + ".map((row) => row.cells[{}].textContent)"


def search(chrome: Browser, words: str) -> list[str]:
    """Type into the search field; return the trials that are left."""
    chrome.ask(
        "(() => { const form = document.querySelector('form.filters');"
        f"form.elements.words.value = {words!r};"
        "form.dispatchEvent(new Event('input')); })()"
    )
    return list(chrome.ask(CELLS.format(1)))


def test_filters_change_the_table(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["run"])
    assert len(chrome.ask(CELLS.format(1))) == 30
    assert len(search(chrome, "failed")) == 1
    assert (
        chrome.ask("document.querySelector('form.filters output').textContent") == "1 of 30 trials"
    )
    few = search(chrome, "sae_k<=4 complete")
    assert 0 < len(few) < 30
    assert all(2 + int(number) * 7 % 15 <= 4 for number in few)
    assert search(chrome, "k=2") == search(chrome, "sae_k=2") != []
    assert search(chrome, "sae_k>99") == []
    assert search(chrome, "ndcg@10>0.16") == search(chrome, "ndcg@10>=.16") != []
    assert len(search(chrome, "")) == 30
    chrome.click("form.filters [name=marked]")
    marks = chrome.ask(CELLS.format(0))
    assert set(marks) == {"★"} and 0 < len(marks) < 30


def test_a_head_sorts_by_click_and_by_key(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["run"])
    for how in ("click", "key"):
        if how == "click":
            chrome.click("#trials th:nth-child(2) button")
        else:
            chrome.ask("document.querySelector('#trials th:nth-child(2) button').focus()")
            chrome.press("Enter")
        numbers = [int(text) for text in chrome.ask(CELLS.format(1))]
        assert numbers == sorted(numbers, reverse=how == "key")
    head = "document.querySelector('#trials th:nth-child(2)').getAttribute('aria-sort')"
    assert chrome.ask(head) == "descending"


def test_the_csv_has_what_is_shown(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["run"])
    search(chrome, "failed")
    chrome.ask(
        "(() => { const make = URL.createObjectURL;"
        "URL.createObjectURL = (blob) => { window.saved = blob; return make(blob); };"
        "HTMLAnchorElement.prototype.click = () => {}; })()"
    )
    chrome.click("[data-csv]")
    head, *rows = chrome.ask("window.saved.text()").splitlines()
    assert "dev ndcg@10" in head.split(",")
    assert len(rows) == 1 and ATTACK.replace('"', '""') in rows[0]


def test_the_pointer_names_the_trial(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["run"])
    place = chrome.ask(
        "(() => { const dot = [...document.querySelectorAll('#tradeoff .points path')].at(-1);"
        "dot.scrollIntoView({block: 'center', behavior: 'instant'});"
        "const box = dot.getBoundingClientRect();"
        "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
    )
    chrome.hover(*place)
    told = ""
    for _ in range(40):
        told = chrome.ask("document.querySelector('#tradeoff .hoverlayer').textContent")
        if told:
            break
    assert told.startswith("trial ")


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_figure_is_saved_in_light_colours(
    chrome: Browser, pages: dict[str, Path], kind: str
) -> None:
    chrome.open(pages["run"], dark=True)
    chrome.ask(
        "Plotly.downloadImage = (figure, how) => "
        "{ window.saved = [figure.layout.paper_bgcolor, figure.layout.font.color, how.format]; }"
    )
    chrome.click(f"[data-save={kind}]")
    assert chrome.ask("window.saved") == ["#fff", "#4a535e", kind]


def test_a_run_of_a_thousand_trials_stays_small(chrome: Browser, tmp_path: Path) -> None:
    from recsae.results import write_trials

    make_run(tmp_path / "large", "plain")
    results = load_results(tmp_path / "large")
    rows = results.trials.drop(columns="node").to_dict("records")
    more = [{**rows[i % 27], "trial_id": i, "sae_lr": 1e-4 * (1 + i)} for i in range(1000)]
    write_trials(tmp_path / "large", more)
    page = tmp_path / "large.html"
    page.write_text(render(load_results(tmp_path / "large")))
    assert page.stat().st_size <= 3e6
    chrome.open(page)
    assert len(search(chrome, "sae_lr<=0.01")) == 100


def test_figures_are_written_for_a_paper(chrome: Browser, tmp_path: Path) -> None:
    pytest.importorskip("kaleido", reason="needs pip install 'recsae[figures]'")
    make_run(tmp_path / "run", "plain")
    figure = PLOTS["tradeoff"].draw(load_results(tmp_path / "run"))
    assert figure is not None
    paths = [Path(path) for path in write_figures({"tradeoff": figure}, tmp_path / "figs")]
    assert [path.name for path in paths] == [f"tradeoff.{kind}" for kind in FORMATS]
    assert "best up to this k" in paths[0].read_text()
    assert paths[1].read_bytes().startswith(b"%PDF")
