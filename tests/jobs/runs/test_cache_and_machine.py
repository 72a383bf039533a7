"""`cache list`, `cache rm` and `doctor`."""

from pathlib import Path

import pytest
from commands import Recsae
from report.made_up_runs import SEARCH

from recsae import __version__
from recsae.files import write_json
from recsae.results import create


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a cache: a base with states that run a uses, a named base, and one of nobody."""
    monkeypatch.setenv("RECSAE_STORAGE", str(tmp_path / "runs"))
    monkeypatch.setenv("RECSAE_CACHE", str(tmp_path / "cache"))
    for key in ("base-of-a", "named-base", "lonely-base"):
        write_json(tmp_path / "cache/bases" / key / "base.json", {"dataset": "ml-100k"})
    states = tmp_path / "cache/activations/states-of-a"
    write_json(states / "activations.json", {"base": {"fingerprint": "base-of-a"}})
    (tmp_path / "cache/names").mkdir()
    (tmp_path / "cache/names/mine").write_text("bases/named-base\n")
    used = {"base": {"fingerprint": "base-of-a"}, "activations": {"fingerprint": "states-of-a"}}
    create(tmp_path / "runs/a", SEARCH | used)
    return tmp_path / "cache"


def test_entries_tell_size_data_and_users(recsae: Recsae, cache: Path) -> None:
    outcome = recsae("cache", "list", "--json").json
    found = {one["key"]: one for one in outcome["entries"]}
    assert found["base-of-a"]["used_by"] == ["activations states-of-a", "run a"]
    assert found["states-of-a"]["used_by"] == ["run a"]
    assert found["named-base"]["used_by"] == ["name mine"] and found["lonely-base"]["used_by"] == []
    assert found["lonely-base"]["dataset"] == "ml-100k"
    assert outcome["bytes"] == sum(one["bytes"] for one in outcome["entries"]) > 0
    out = recsae("cache", "list").out
    assert "lonely-base" in out and "nothing" in out


def test_what_nobody_uses_can_go(recsae: Recsae, cache: Path) -> None:
    done = recsae("cache", "rm", "--unused", "--yes", "--json").json
    assert [one["key"] for one in done["removed"]] == ["lonely-base"]
    assert sorted(path.name for path in (cache / "bases").iterdir()) == ["base-of-a", "named-base"]


def test_an_entry_goes_by_the_beginning_of_its_key(recsae: Recsae, cache: Path) -> None:
    done = recsae("cache", "rm", "base-of", "--yes")
    assert "used by activations states-of-a, run a" in done.err
    assert done.code == 0 and not (cache / "bases/base-of-a").exists()
    assert "KEY: expected one of" in recsae("cache", "rm", "base", "--yes").mistake
    assert "or --unused" in recsae("cache", "rm", "--yes").mistake


def test_doctor_tells_the_machine(recsae: Recsae, cache: Path) -> None:
    found = recsae("doctor", "--json").json
    assert found["versions"]["recsae"] == __version__ and found["cores"] >= 1
    assert found["memory"]["total"] >= found["memory"]["free"] > 0
    assert found["places"]["cache"] == {
        "path": str(cache),
        "free": pytest.approx(found["places"]["cache"]["free"]),
        "writable": True,
    }
    out = recsae("doctor").out
    assert "versions" in out and "missing" in out


def test_doctor_names_what_is_missing(
    recsae: Recsae, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsae.jobs.runs.doctor.PACKAGES", ("no-such-package",))
    monkeypatch.setattr("recsae.jobs.runs.doctor._SHARED_MEMORY", cache / "none")
    missing = recsae("doctor", "--json").json["missing"]
    assert "no-such-package: not installed" in missing
    assert any(line.startswith("/dev/shm: too small") for line in missing)
