"""The page of latents in use: search, sorting, cards of latents and users."""

from pathlib import Path

import pytest
from browser_pages import LATENTS
from chromium import Browser

pytestmark = pytest.mark.browser

NUMBERS = "[...document.querySelectorAll('#latents tbody tr')].map((row) => row.dataset.latent)"
CARD = "document.getElementById('card').innerText"
COUNT = "document.querySelector('#latent-filter output').textContent"


def fill(chrome: Browser, field: str, text: str) -> list[str]:
    """Set a field of the filter; return the latents that are listed."""
    chrome.ask(
        "(() => { const form = document.getElementById('latent-filter');"
        f"form.elements.{field}.value = {text!r};"
        "form.dispatchEvent(new Event('input')); })()"
    )
    return list(chrome.ask(NUMBERS))


def test_latents_are_searched_and_sorted(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["latents"])
    first = chrome.ask(NUMBERS)
    assert len(first) == 100 and first[0] == str(LATENTS - 2)
    chrome.click("#more")
    assert len(chrome.ask(NUMBERS)) == 200
    assert "dead" not in fill(chrome, "kind", "alive") and chrome.ask(COUNT) == "125 of 250 latents"
    fill(chrome, "kind", "")
    assert len(fill(chrome, "words", "genre=drama")) == LATENTS // 10
    assert "Title 39" in chrome.ask("document.body.textContent")
    assert "39" in fill(chrome, "words", "title 39")
    assert fill(chrome, "words", "nothing has this") == []
    fill(chrome, "words", "")
    chrome.click("#latents th button")
    assert chrome.ask(NUMBERS)[:3] == ["0", "1", "2"]


def test_a_latent_has_a_card(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["latents"])
    fill(chrome, "words", "genre=drama")
    chrome.ask("document.querySelector('#latents tbody a[href=\"#latent=20\"]').focus()")
    chrome.press("Enter")
    chrome.ask("new Promise((go) => setTimeout(go, 50))")
    card = chrome.ask(CARD)
    assert card.startswith("Latent 20")
    words = "AUC 0.900, precision 60.0 % [50.0 %, 70.0 %], by chance 20.0 %, lift 3.00"
    assert words in card and "Raises" in card and "Title 3 " in card and "stability 0.500" in card
    assert "the model leaks" in card and "dead" not in card
    assert chrome.ask("document.activeElement.id") == "card-title"
    chrome.ask("location.hash = 'latent=7'")
    chrome.ask("new Promise((go) => setTimeout(go, 50))")
    assert "dead: positive on no train row" in chrome.ask(CARD)


def test_a_user_has_a_card(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["latents"])
    told = chrome.ask("document.getElementById('user-body').innerText")
    assert "30 events, the last 20: Title 0" in told
    texts = chrome.ask(
        "[...document.querySelectorAll('#user-body table')].map((table) =>"
        "[...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent)))"
    )
    best, changes = texts
    assert [row[0] for row in best] == ["1", "2", "3"] and best[0][2:] == [
        "1",
        "3.00",
        "+1.50",
        "+0.20",
    ]
    assert best[1][4] == "−0.50"
    assert changes[0][3].startswith("Title 1 ") and changes[0][4].startswith("Title 4 ")
    assert changes[1][3:] == ["nothing", "nothing"]


def test_meaning_is_drawn_against_quality(chrome: Browser, pages: dict[str, Path]) -> None:
    chrome.open(pages["latents"])
    assert chrome.ask("document.querySelectorAll('#meaning-plot circle').length") == 4
    own = chrome.ask("document.querySelector('#meaning-plot circle.own title').textContent")
    assert own == "trial 1: ndcg@10 0.11, concept_auc 0.59"
