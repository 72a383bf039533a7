"""Downloads from a server of this machine: whole, cut off, gone on with, refused."""

import hashlib
import socket
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from file_server import FileServer, serving

from recsae.downloads import http
from recsae.downloads.archives import unpack
from recsae.downloads.checksums import check, checksum_of
from recsae.downloads.http import Unreachable, download
from recsae.errors import RecsaeError

BODY = bytes(range(256)) * 4000


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setattr(http, "PAUSE_SECONDS", 0.0)
    with serving() as found:
        found.files["/log.bin"] = BODY
        yield found


def test_a_file_comes_whole(server: FileServer, tmp_path: Path) -> None:
    download(f"{server.url}/log.bin", tmp_path / "new" / "part", "log")
    assert (tmp_path / "new" / "part").read_bytes() == BODY
    assert server.asked == [("/log.bin", None)]


def test_a_connection_that_is_cut_is_gone_on_with(server: FileServer, tmp_path: Path) -> None:
    server.cuts = [300_000, 200_000, 100]
    download(f"{server.url}/log.bin", tmp_path / "part", "log")
    assert (tmp_path / "part").read_bytes() == BODY
    ends = [0, 300_000, 500_000, 500_100]
    assert [wanted for _, wanted in server.asked] == [
        f"bytes={end}-" if end else None for end in ends
    ]


def test_a_part_of_an_earlier_call_is_gone_on_with(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(BODY[:1000])
    download(f"{server.url}/log.bin", tmp_path / "part", "log")
    assert (tmp_path / "part").read_bytes() == BODY
    assert server.asked == [("/log.bin", "bytes=1000-")]


def test_a_server_without_ranges_sends_all_again(server: FileServer, tmp_path: Path) -> None:
    server.ranges = False
    (tmp_path / "part").write_bytes(b"something else")
    download(f"{server.url}/log.bin", tmp_path / "part", "log")
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_part_that_is_whole_is_not_sent_again(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(BODY)
    download(f"{server.url}/log.bin", tmp_path / "part", "log")
    assert (tmp_path / "part").read_bytes() == BODY and len(server.asked) == 1


def test_a_part_that_is_too_long_is_begun_anew(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(BODY + b"more")
    download(f"{server.url}/log.bin", tmp_path / "part", "log")
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_server_that_always_cuts_is_given_up_and_what_came_is_kept(
    server: FileServer, tmp_path: Path
) -> None:
    server.cuts = [5000, 0, 0, 0, 0, 0]
    with pytest.raises(Unreachable, match=r"/log\.bin: cut off after 5,000 bytes"):
        download(f"{server.url}/log.bin", tmp_path / "part", "log")
    assert (tmp_path / "part").read_bytes() == BODY[:5000]
    assert len(server.asked) == http.ATTEMPTS


def test_a_file_that_is_not_there(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"/none: 404 Not Found"):
        download(f"{server.url}/none", tmp_path / "part", "log")
    assert len(server.asked) == 1 and not (tmp_path / "part").exists()


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PAUSE_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unreachable, match=rf"^http://127.0.0.1:{port}/x: Connection refused"):
        download(f"http://127.0.0.1:{port}/x", tmp_path / "part", "log")


@pytest.mark.parametrize("kind", ["sha256", "md5", "git"])
def test_checksums(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "log.bin"
    path.write_bytes(BODY)
    done = subprocess.run(
        {
            "git": ["git", "hash-object", "--no-filters", str(path)],
            "md5": ["md5sum", str(path)],
            "sha256": ["sha256sum", str(path)],
        }[kind],
        check=True,
        capture_output=True,
        text=True,
    )
    expected = f"{kind}:{done.stdout.split()[0]}"
    assert checksum_of(path, kind) == expected
    check(path, expected, "here")
    assert path.exists()


def test_a_wrong_checksum_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.bin"
    path.write_bytes(BODY[:-1])
    expected = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
    with pytest.raises(
        RecsaeError, match=rf"^here: expected {expected}, got sha256:[0-9a-f]{{64}}"
    ):
        check(path, expected, "here")
    assert not path.exists()


def test_what_is_wanted_of_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("set/u.data", "set/README", "../out.txt"):
            archive.writestr(name, name)
    unpack(tmp_path / "a.zip", ["u.data", "out.txt"], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "out.txt", "u.data"]
    assert (tmp_path / "u.data").read_text() == "set/u.data"
    with pytest.raises(RecsaeError, match=r"^a\.zip: no u\.item in it$"):
        unpack(tmp_path / "a.zip", ["u.item"], tmp_path)
    (tmp_path / "b.zip").write_text("<html>")
    with pytest.raises(RecsaeError, match=r"^b\.zip: not a zip archive"):
        unpack(tmp_path / "b.zip", ["u.item"], tmp_path)
