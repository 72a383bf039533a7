"""What holds for every page: no complaint, no overlap, no sideways scroll, texts stay texts."""

from pathlib import Path

import pytest
from chromium import Browser

pytestmark = pytest.mark.browser

NAMES = ("run", "comparison", "latents")
WIDTHS = (390, 1280, 1920)
OVERLAPS = """
(() => {
  const seen = (box, element) => {
    let {left, top, right, bottom} = box;
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      if (getComputedStyle(at).opacity === "0") return null;
      if (at.closest("svg") && at.tagName !== "svg") continue;
      if (getComputedStyle(at).overflowX === "visible") continue;
      const room = at.getBoundingClientRect();
      left = Math.max(left, room.left); right = Math.min(right, room.right);
      top = Math.max(top, room.top); bottom = Math.min(bottom, room.bottom);
    }
    return right - left > 1 && bottom - top > 1 ? {left, top, right, bottom} : null;
  };
  const UNSEEN = "script, style, .unseen, .skip, option, title";
  const boxes = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.data.trim() || element.closest(UNSEEN)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const line of range.getClientRects()) {
      const box = seen(line, element);
      if (box) boxes.push({...box, element, text: node.data.trim()});
    }
  }
  const found = [];
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 2 && down > 4 && a.element !== b.element) found.push(`${a.text} / ${b.text}`);
  }));
  return found;
})()
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_whole_at_every_width(
    chrome: Browser, pages: dict[str, Path], name: str, width: int, dark: bool
) -> None:
    chrome.open(pages[name], width, dark=dark)
    assert chrome.complaints == []
    assert chrome.ask("document.documentElement.scrollWidth") == width
    assert chrome.ask(OVERLAPS) == []
    drawn = chrome.ask("[...document.querySelectorAll('.plot')].every((one) => one._fullData)")
    assert drawn


@pytest.mark.parametrize("name", NAMES)
def test_no_text_becomes_markup(chrome: Browser, pages: dict[str, Path], name: str) -> None:
    chrome.open(pages[name])
    assert chrome.ask("window.hacked === undefined && document.images.length === 0")
    assert "onerror=window.hacked" in chrome.ask("document.body.innerText")


@pytest.mark.parametrize("name", NAMES)
def test_what_can_be_used_has_a_name(chrome: Browser, pages: dict[str, Path], name: str) -> None:
    chrome.open(pages[name])
    for landmark in ("main", "nav", "header", "footer"):
        assert chrome.ask(f"document.querySelectorAll({landmark!r}).length") == 1
    tree = chrome.call("Accessibility.getFullAXTree")["nodes"]
    used = ("button", "searchbox", "combobox", "checkbox", "link", "region", "columnheader")
    nameless = [
        node["role"]["value"]
        for node in tree
        if not node["ignored"]
        and node["role"]["value"] in used
        and not node.get("name", {}).get("value")
    ]
    assert nameless == []
    assert chrome.ask("[...document.querySelectorAll('thead th')].every((one) => one.scope)")


@pytest.mark.parametrize("name", NAMES)
def test_the_first_tab_leads_to_the_content(
    chrome: Browser, pages: dict[str, Path], name: str
) -> None:
    chrome.open(pages[name])
    chrome.press("Tab")
    assert chrome.ask("document.activeElement.className") == "skip"
    chrome.press("Enter")
    assert chrome.ask("document.activeElement.id") == "main"
    chrome.press("Tab")
    chrome.ask("document.activeElement.scrollIntoView()")
    assert chrome.ask("getComputedStyle(document.activeElement).outlineStyle") != "none"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_texts_stand_out_from_their_ground(
    chrome: Browser, pages: dict[str, Path], dark: bool
) -> None:
    chrome.open(pages["run"], dark=dark)
    names = ("--ink", "--quiet", "--bad", "--wait", "--accent")
    style = "getComputedStyle(document.documentElement).getPropertyValue"
    ground = luminance(
        chrome.ask(f"{style}.call(getComputedStyle(document.documentElement), '--card')")
    )
    for name in names:
        colour = chrome.ask(
            f"getComputedStyle(document.documentElement).getPropertyValue('{name}')"
        )
        high, low = sorted([luminance(colour), ground], reverse=True)
        # Enough for texts of any size (WCAG 2.1, 1.4.3).
        assert (high + 0.05) / (low + 0.05) >= 4.5, name


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour such as #1b2129."""
    parts = [int(colour.strip()[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
