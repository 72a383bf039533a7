"""Whether a run may go on from where it was left, and what a search is told to go on with."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from recsae import files
from recsae.errors import RecsaeError
from recsae.jobs.search_start import Prepared, check_resumable
from recsae.results.failures import few_complete
from recsae.search.versions import code, versions
from recsae.space import space_of, stored_space

SPACE = space_of({"model_name": "SASRec_SAE", "parameters": {"sae_k": {"int": [2, 8]}}})


def searched() -> dict[str, Any]:
    """Return what search.yaml keeps of a run by the code as it is."""
    return {"activations": {"fingerprint": "x"}, "code": code(), "versions": versions()}


@pytest.mark.parametrize(
    ("file", "part"),
    [
        ("search/stopping/noise.py", "search"),
        ("search/stopping/repeats.py", "search"),
        ("results/selection.py", "search"),
        ("sae/variants/topk.py", "training"),
        ("sequences.py", "training"),
    ],
)
def test_a_change_of_what_decides_or_trains_is_refused_unless_it_extends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, part: str
) -> None:
    sources = tmp_path / "sources"
    shutil.copytree(files.SOURCES, sources)
    monkeypatch.setattr(files, "SOURCES", sources)
    before = searched()
    same = Prepared(SPACE, searched(), tmp_path)
    assert check_resumable(tmp_path / "a", before, SPACE, same, extend=False) == []
    (sources / file).write_text((sources / file).read_text() + "\nNEWER = True\n")
    now = Prepared(SPACE, searched(), tmp_path)
    message = f"the code of {part} is not that of recsae"
    with pytest.raises(RecsaeError, match=message):
        check_resumable(tmp_path / "a", before, SPACE, now, extend=False)
    (change,) = check_resumable(tmp_path / "a", before, SPACE, now, extend=True)
    assert change.startswith(message)


def test_a_run_does_not_go_on_with_a_base_that_came_out_otherwise(tmp_path: Path) -> None:
    before = searched() | {"base": {"fingerprint": "b", "weights": "1"}}
    states = {"activations": {"fingerprint": "y"}}
    for base, message in [
        ({"fingerprint": "b", "weights": "2"}, "its base was trained again since, and came out "),
        ({"fingerprint": "c", "weights": "2"}, "its data, its base or the code"),
    ]:
        now = Prepared(SPACE, searched() | states | {"base": base}, tmp_path)
        with pytest.raises(RecsaeError, match=f"on other states: {message}"):
            check_resumable(tmp_path / "a", before, SPACE, now, extend=True)


@pytest.mark.parametrize(
    ("objectives", "complete", "over", "message"),
    [
        (2, 3, None, " --trials 16 goes on"),
        (3, 1, "max_hours is over", " goes on, given more of what ended it (max_hours is over)"),
        (2, 4, None, None),
        (2, 0, None, None),  # its errors are told
        (1, 0, None, None),
    ],
)
def test_a_front_of_few_trials_is_told_how_to_go_on(
    objectives: int, complete: int, over: str | None, message: str | None
) -> None:
    names = ["ndcg@10", "l0", "dead"][:objectives]
    values = {"objectives": dict.fromkeys(names, "max"), "search": {"trials": 8}}
    space = stored_space(values, "search.yaml")
    found = few_complete({"run": "a", "trials": {"COMPLETE": complete}}, space, over)
    if message is None:
        assert found == {}
    else:
        start = f"{complete} COMPLETE are few for a front of {objectives} objectives: "
        assert found == {"few": f"{start}recsae tune --resume a --extend{message}"}
