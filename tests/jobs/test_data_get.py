"""`data get` and `data list`, with a server of this machine in the place of the owners'."""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import Done, Recsae
from file_server import FileServer, serving

from recsae.downloads import http
from recsae.interactions.named_sets import NAMED, NamedSet, Remote

Run = Callable[..., Done]
RATINGS = "user,item,time\n" + "".join(f"{u},{i},{i}\n" for u in range(4) for i in range(5))


def archive(*files: tuple[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, text in files:
            made.writestr(name, text)
    return buffer.getvalue()


ZIP = archive(("ml/ratings.csv", RATINGS), ("ml/README", "terms"))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """Serve ml-1m as an archive and toys as two files."""
    monkeypatch.setattr(http, "PAUSE_SECONDS", 0.0)
    monkeypatch.delenv("RECSAE_DATA_DIR", raising=False)
    with serving() as found:
        plain = {"/toys.txt": RATINGS.encode(), "/about.json": b"{}"}
        found.files = {"/ml-1m.zip": ZIP, **plain}
        remotes = [
            Remote(found.url + path, f"sha256:{hashlib.sha256(body).hexdigest()}", len(body))
            for path, body in found.files.items()
        ]
        for name, files in (
            ("ml-1m", (remotes[0]._replace(members=("ratings.csv",)),)),
            ("toys", (*remotes[1:],)),
        ):
            made = NamedSet(name.upper(), "https://page", files, "for research", "Somebody 2015")
            monkeypatch.setitem(NAMED, name, made)
        yield found


@pytest.fixture
def cache(own_cache: Path) -> Path:
    return own_cache


@pytest.fixture
def run(cache: Path, recsae: Recsae) -> Run:
    return lambda *words: recsae("data", *words)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_set_is_downloaded_unpacked_and_read(server: FileServer, run: Run, cache: Path) -> None:
    done = run("get", "ml-1m", "--json")
    found = done.json
    assert found["downloaded"]
    assert "licence: for research" in done.err and "cite: Somebody 2015" in done.err
    assert found["path"] == str(cache / "data" / "ml-1m")
    assert names(cache / "data" / "ml-1m") == ["ratings.csv"]
    assert names(cache / "data") == ["ml-1m", "ml-1m.json"]
    assert run("describe", "ml-1m", "--json").json["events"] == 20


def test_what_is_here_is_not_downloaded_again(server: FileServer, run: Run) -> None:
    run("get", "toys")
    asked = len(server.asked)
    done = run("get", "toys", "--json")
    assert not done.json["downloaded"] and "licence" not in done.err
    assert len(server.asked) == asked


def test_what_has_changed_since_is_told(server: FileServer, run: Run, cache: Path) -> None:
    run("get", "toys")
    path = cache / "data" / "toys" / "toys.txt"
    path.write_text(RATINGS[:-4])
    line = run("get", "toys").mistake
    assert f"{path} has changed since it was downloaded; delete {path.parent}/" in line


def test_a_cut_download_is_gone_on_with_by_the_next_call(
    server: FileServer, run: Run, cache: Path
) -> None:
    server.cuts = [40, 0, 0]
    code, out, err = run("get", "ml-1m")
    line = err.splitlines()[-1]
    assert code == 2 and out == ""
    assert (
        f"cannot download {server.url}/ml-1m.zip: cut off after 40 bytes; what came is kept" in line
    )
    assert f"put ml-1m.zip into {cache / 'data' / 'ml-1m'}/ and give the same command" in line
    assert not (cache / "data" / "ml-1m").exists()
    assert run("get", "ml-1m")[0] == 0
    assert server.asked[-1] == ("/ml-1m.zip", "bytes=40-")
    assert (cache / "data" / "ml-1m" / "ratings.csv").read_text() == RATINGS


def test_a_wrong_checksum_leaves_nothing_that_would_be_read(
    server: FileServer, run: Run, cache: Path
) -> None:
    server.files["/about.json"] = b"[]"
    code, out, err = run("get", "toys")
    assert code == 2 and out == ""
    assert "about.json: expected sha256:" in err.splitlines()[-1]
    assert not (cache / "data" / "toys").exists()
    server.files["/about.json"] = b"{}"
    assert run("get", "toys")[0] == 0
    assert names(cache / "data" / "toys") == ["about.json", "toys.txt"]
    assert [path for path, _ in server.asked].count("/about.json") == 2


def test_nobody_answers(server: FileServer, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = NAMED["ml-1m"].files
    gone = file._replace(url="http://127.0.0.1:9/ml-1m.zip")
    made = NamedSet("ML", "https://page", (gone,), "for research", "Somebody 2015")
    monkeypatch.setitem(NAMED, "ml-1m", made)
    code, out, err = run("get", "ml-1m")
    said, line = err.splitlines()
    assert code == 2 and out == "" and "licence" in said
    assert "cannot download http://127.0.0.1:9/ml-1m.zip: Connection refused; put " in line


def test_a_file_that_was_put_there_by_hand_is_checked_and_unpacked(
    server: FileServer, run: Run, cache: Path
) -> None:
    folder = cache / "data" / "ml-1m"
    folder.mkdir(parents=True)
    (folder / "ml-1m.zip").write_bytes(ZIP)
    assert run("get", "ml-1m", "--json").json["downloaded"] and server.asked == []
    assert names(folder) == ["ratings.csv"]


def test_ones_own_files_stand_in(
    server: FileServer, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine" / "toys").mkdir(parents=True)
    monkeypatch.setenv("RECSAE_DATA_DIR", str(tmp_path / "mine"))
    done = run("get", "toys", "--json")
    assert (done.json["downloaded"], server.asked) == (False, [])
    assert done.json["path"] == str(tmp_path / "mine" / "toys") and "stands in" in done.err


def test_the_list_has_all_sets_and_says_which_are_here(
    server: FileServer, run: Run, cache: Path
) -> None:
    run("get", "toys")
    sets = {one["name"]: one for one in run("list", "--json").json["sets"]}
    assert [*sets] == [*NAMED]
    assert sets["toys"]["path"] == str(cache / "data" / "toys")
    assert sets["ml-1m"]["path"] is None
    assert sets["ml-1m"]["files"][0]["taken"] == ["ratings.csv"]
    code, out, _ = run("list")
    assert code == 0 and all(name in out for name in NAMED) and "for research" in out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["get", "ml1m"], "NAME: expected one of ml-100k, "),
        (["get", "synthetic"], "NAME: expected one of ml-100k, "),
        (["gte", "toys"], "gte"),
        (["describe", "no/such.csv"], "dataset: no such file or folder: no/such.csv"),
        (["describe", "toys"], "dataset: toys is not here: `recsae data get toys` downloads it"),
    ],
)
def test_a_mistake_is_one_line(
    server: FileServer, run: Run, words: list[str], expected: str
) -> None:
    assert expected in run(*words).mistake
