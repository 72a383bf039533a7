"""What README and docs/ say is well formed: commands, spaces, links, limits, generated parts."""

import importlib
import re
from pathlib import Path

import pytest
import typer
import yaml
from docs_pages import (
    LANGUAGES,
    ROOT,
    blocks,
    commands,
    generated,
    links,
    others,
    pages,
    prose,
    whole,
)
from markdown.extensions.toc import slugify
from typer._click.exceptions import MissingParameter

from recsae.cli.app import app
from recsae.space import load_space

PAGES = pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
ALL = pytest.mark.parametrize("page", pages() + others(), ids=lambda p: str(p.relative_to(ROOT)))
MOST_LINES, LONGEST = 120, 120
STANDS_FOR_ALL = "COMMAND"
LEAST = {"model_name": "SASRec_SAE", "dataset": "synthetic", "parameters": {"sae_k": 5}}


@PAGES
def test_every_block_says_what_it_is(page: Path) -> None:
    assert [b.line for b in blocks(page) if b.language not in LANGUAGES] == []
    assert prose(page).count("```") == 0, "a fence that is not closed"


@ALL
def test_every_command_parses(page: Path) -> None:
    for words in commands(page):
        if words[0] == "recsae" and STANDS_FOR_ALL not in words:
            parse(words[1:])
        elif words[:2] == ["ray", "submit"] and "--" in words:
            parse(["tune", *words[words.index("--") + 1 :]])
        elif words[0] == "make":
            assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text(), words
        elif words[0] == "python" and words[1].endswith(".py"):
            assert (ROOT / words[1]).is_file(), words


def parse(words: list[str]) -> None:
    """Parse the words of a recsae command without running it; an unknown flag raises.

    A sentence may name a command without what it requires.
    """
    command, left = typer.main.get_command(app), [w for w in words if w not in ("…", "--help")]
    while left:
        try:
            context = command.make_context("recsae", left)
        except MissingParameter:
            return
        left = [*context._protected_args, *context.args]
        if left:
            command, left = command.commands[left[0]], left[1:]


def test_what_does_not_parse_is_told() -> None:
    parse(["results", "diff", "a", "b"])
    parse(["results", "a", "--top", "3"])
    with pytest.raises(KeyError):
        parse(["tuna", "a"])
    with pytest.raises(Exception, match="No such option"):
        parse(["tune", "smoke.yaml", "--trails", "3"])
    with pytest.raises(Exception, match="No such option"):
        parse(["data", "describe", "synthetic", "--trials", "3"])


@PAGES
def test_every_space_is_right(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/clicks.csv").touch()
    for block in blocks(page):
        if block.language == "yaml":
            file = tmp_path / f"{page.stem}-{block.line}.yaml"
            given = yaml.safe_load(block.text)
            rest = {key: value for key, value in LEAST.items() if key not in given}
            file.write_text(block.text + (yaml.safe_dump(rest) if rest else ""))
            load_space(file)


@ALL
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), link
        if anchor:
            assert anchor in anchors(file), link


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", whole(page), re.MULTILINE)
    return {slugify(heading.replace("`", ""), "-") for heading in headings}


def test_readme_is_short() -> None:
    readme = ROOT / "README.md"
    assert len(readme.read_text().splitlines()) <= MOST_LINES
    long = [line for line in prose(readme).splitlines() if len(line) > LONGEST]
    assert [line for line in long if not line.startswith("|")] == []
    for line in ("make tune", "make test"):
        assert line in "\n".join(readme.read_text().splitlines()[:15])


def test_every_generated_part_is_on_a_page_and_holds_a_row() -> None:
    used = [name for page in pages() for name in generated.MARK.findall(page.read_text())]
    assert sorted(used) == sorted(generated.PARTS)
    assert all(len(made().strip()) > 40 for made in generated.PARTS.values())


def test_generated_tables_have_what_the_code_has() -> None:
    tables = whole(ROOT / "docs/commands.md")
    for flag in ("recsae results diff", "--stop_at_noise", "--sae_attn_mode", "--user_column"):
        assert flag in tables
    spaces = whole(ROOT / "docs/spaces.md")
    assert "| `sae_k` | integer ≥ 1 |" in spaces and "| `ndcg@10` | max |" in spaces
    assert "| `asha_promote` |" in whole(ROOT / "docs/search.md")


def test_every_reference_to_the_code_is_to_something_there() -> None:
    """A name that moves is found here, without the tools that build the pages."""
    named = re.findall(r"^::: (\S+)$", (ROOT / "docs/api.md").read_text(), re.MULTILINE)
    assert len(named) > 5
    for name in named:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name
