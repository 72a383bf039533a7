"""What goes wrong outside of recsae is told in one line with exit code 2, and leaves no halves."""

import errno
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Recsae
from conftest import TINY

from recsae.cli.app import main
from recsae.errors import RecsaeError, refusal
from recsae.files import read_json, whole, whole_folder, write_json
from recsae.progress import LONGEST_LINE
from recsae.settings import path_of
from recsae.space import find_space

BASE = ["--dataset", TINY, "--emb_size", "16", "--num_layers", "1", "--num_heads", "2"]
BASE += ["--epochs", "1"]
TRAIN = ["train", "--model_name", "SASRec_SAE", *BASE, "--sae_epochs", "1"]
HUGE = str(2**64)


def mistake(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must fail; return its one line."""
    return Recsae(capsys)(*words).mistake


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache with a base, its states and a saved model."""
    cache = tmp_path_factory.mktemp("trained") / "cache"
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setenv("RECSAE_CACHE", str(cache))
        patch.setattr(sys, "argv", ["recsae", *TRAIN])
        main()
    assert not ended.value.code
    return cache


@pytest.fixture
def cache(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of that cache, in use."""
    copy = tmp_path / "cache"
    shutil.copytree(trained, copy)
    monkeypatch.setenv("RECSAE_CACHE", str(copy))
    return copy


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pretrain", *BASE, "--base_seed", HUGE], "base_seed: expected a number below 2^63"),
        (["pretrain", *BASE, "--seed", HUGE], "base_seed: expected a number below 2^63"),
        ([*TRAIN, "--sae_seed", HUGE], "sae_seed: expected a number below 2^63"),
        (["tune", "smoke.yaml", "--seed", HUGE], "seed: expected a number below 2^63"),
        (["pretrain", *BASE, "--lr", "inf"], "lr: expected a number > 0, got inf"),
        (["pretrain", "--num_layers", "9999"], "num_layers: expected an integer >= 1 and <= 1000"),
        (["pretrain", *BASE, "--max_len", "9000000000000"], "not enough memory"),
        (
            ["pretrain", "--dataset", "synthetic:users=1000000000000"],
            "users: expected an integer >= 1 and <= 10000000",
        ),
        (
            ["pretrain", "--dataset", "synthetic:users=10000000,length=10000"],
            "users: expected at most 200,000,000 events (users x length), got 100,000,000,000",
        ),
        (
            ["pretrain", "--dataset", "synthetic:items=10000000,concepts=10000"],
            "items: expected items x concepts of at most 100,000,000",
        ),
        (["pretrain", "--dataset", "synthetic:length=1e308"], "length: expected a number"),
        (["pretrain", "--dataset", "/dev/zero"], "/dev/zero: neither a file nor a folder"),
        (["tune", "smoke.yaml", "--dataset", "/dev/tty"], "/dev/tty: neither a file nor a folder"),
        (["tune", "smoke.yaml", "--name", ""], "name: expected letters"),
        (["tune", "smoke.yaml", "--name", "x", "--address", "127.0.0.1:1"], "no Ray answers"),
        (["tune", "smoke.yaml", "--address", ""], "expected HOST:PORT or auto, got ''"),
        (["tune", "~nosuchuser/space.yaml"], "~nosuchuser/space.yaml: no such search-space file"),
        (["tune", "a" * 5000], "File name too long"),
        (
            ["pretrain", "--dataset", "~nosuchuser/log.csv"],
            "no such file or folder: ~nosuchuser/log.csv",
        ),
        (["results", "~nosuchuser/run"], "no run '~nosuchuser/run'"),
        (["results", "x", "--storage", "http://[bad"], "storage: expected a path"),
        (["results", "x", "--storage", "file:///tmp/%00"], "storage: expected a path"),
        (["tune", "smoke.yaml", "--storage", "/dev/null/x"], "/dev/null/x: Not a directory"),
        *(
            (["evaluate", name], f"no run in {{}}, saved model or base is named {name!r}")
            for name in ("", "..", "/", "*******", "[abcdef", "/dev/null", "~nosuchuser/x")
        ),
    ],
)
def test_a_wrong_word_is_one_line(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = mistake(words, capsys)
    assert all(part in line for part in expected.split("{}"))
    assert len(line) < LONGEST_LINE + 20


def test_a_search_that_cannot_begin_leaves_no_run(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storage = ["--storage", str(tmp_path / "runs"), "--address", "127.0.0.1:1"]
    mistake(["tune", "smoke.yaml", "--dataset", TINY, *storage], capsys)
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_search_whose_trials_fit_nowhere_leaves_no_run(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RecsaeError("a trial asks for 1000 CPUs")

    monkeypatch.setattr("recsae.search.ray.tuner.run_search", refuse)
    space = tmp_path / "space.yaml"  # its base is trained too soon for a line of progress
    space.write_text(find_space("smoke.yaml").read_text() + "base: {epochs: 1}\n")
    (tmp_path / "runs").mkdir()
    assert "1000 CPUs" in mistake(
        ["tune", str(space), "--dataset", TINY, "--storage", str(tmp_path / "runs")], capsys
    )
    assert list((tmp_path / "runs").iterdir()) == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def only(folder: Path) -> Path:
    (found,) = folder.glob("[!.]*")
    return found


DAMAGES: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "cut array": ("activations", lambda entry: cut(entry / "dev_x.npy")),
    "empty array": ("activations", lambda entry: (entry / "items.npy").write_text("")),
    "array gone": ("activations", lambda entry: (entry / "offsets.npy").unlink()),
    "broken meta": ("activations", lambda entry: (entry / "activations.json").write_text("{")),
    "empty meta": ("activations", lambda entry: (entry / "activations.json").write_text("{}")),
    "other meta": ("activations", lambda entry: (entry / "activations.json").write_text("[]")),
    "meta gone": ("activations", lambda entry: (entry / "activations.json").unlink()),
    "broken base": ("bases", lambda entry: (entry / "base.json").write_text("{")),
    "empty base": ("bases", lambda entry: (entry / "base.json").write_text("{}")),
    "base gone": ("bases", lambda entry: (entry / "base.json").unlink()),
    "broken count": ("bases", lambda entry: (entry / "test_reads.json").write_text("{}")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_named_and_made_again_once_deleted(
    cache: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, spoil = DAMAGES[damage]
    entry = only(cache / kind)
    spoil(entry)
    line = mistake(TRAIN, capsys)
    assert str(entry) in line and "delete it, and recsae makes it again" in line


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        *(("machine", {"threads": n}, "machine.threads from 1") for n in (None, 0, -1, "x", True)),
        ("machine", None, "machine.threads from 1"),
        ("machine", [], "machine.threads from 1"),
        ("activations", None, "expected the fingerprint of its activations, got None"),
        ("activations", "../x", "expected the fingerprint of its activations, got '../x'"),
    ],
)
def test_a_model_with_odd_settings_is_one_line(
    cache: Path, key: str, value: object, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = only(cache / "models") / "settings.json"
    described = read_json(file)
    described["extra"][key] = value
    write_json(file, described)
    line = mistake(["evaluate", str(file.parent)], capsys)
    assert str(file) in line and expected in line


@pytest.mark.parametrize("spoil", [cut, Path.unlink])
def test_damaged_weights_of_a_base_are_named(
    cache: Path, spoil: Callable[[Path], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    base = only(cache / "bases")
    shutil.rmtree(only(cache / "activations"))
    spoil(base / "model.safetensors")
    assert f"{base}: damaged" in mistake(["pretrain", *BASE], capsys)
    assert list((cache / "activations").iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        '{"model_name": 3, "width": 16, "settings": {}, "extra": {}}',
        '{"model_name": "SASRec_SEA", "width": 16, "settings": {}, "extra": {}}',
        '{"model_name": "SASRec_SAE", "width": "x", "settings": {}, "extra": {}}',
        '{"model_name": "SASRec_SAE", "width": 16, "settings": 3, "extra": {}}',
        '{"model_name": "SASRec_SAE", "width": 16, "settings": {"sae_k": "x"}, "extra": {}}',
        '{"model_name": "SASRec_SAE", "width": 16, "settings": {}, "extra": 3}',
        '{"model_name": "SASRec_SAE", "width": 16, "settings": {}, "extra": {}}',
        '{"model_name": "SASRec_SAE", "width": 16, "settings": {}, "extra": {"source": 3}}',
    ],
)
def test_a_damaged_model_is_named(
    cache: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = only(cache / "models") / "settings.json"
    settings.write_text(content)
    assert str(settings) in mistake(["evaluate", str(settings.parent)], capsys)


def test_a_damaged_model_is_trained_again(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut(only(cache / "models") / "model.safetensors")
    assert "train it again, with --sae_train 1" in mistake([*TRAIN, "--sae_train", "0"], capsys)


@pytest.mark.parametrize("kind", ["bases", "activations", "models"])
def test_a_full_disk_leaves_no_entry(
    cache: Path, kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    entry = only(cache / kind)
    shutil.rmtree(entry)
    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr("os.posix_fallocate", full)
    assert f"{entry}: No space left on device" in mistake(TRAIN, capsys)
    assert list((cache / kind).iterdir()) == []


def test_an_entry_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RECSAE_CACHE", str(tmp_path / "file"))
    assert f"{tmp_path / 'file'}" in mistake(["pretrain", *BASE], capsys)


def test_a_bug_is_no_mistake_of_the_user() -> None:
    assert refusal(ValueError("x")) is None and refusal(RuntimeError("shapes differ")) is None
    assert refusal(RecsaeError("x")) == "x"
    assert refusal(OSError("odd")) == "odd"
    assert str(refusal(MemoryError())) == "not enough memory for such sizes: MemoryError"


def test_a_write_that_fails_names_its_place(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught, whole_folder(tmp_path / "entry"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path / "entry")


def test_reading_what_is_broken_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RecsaeError, match=r"damaged \(no key 'b'\); delete it"), whole(tmp_path):
        {"a": 1}["b"]


def test_an_unknown_home_stays_as_written() -> None:
    assert path_of("~nosuchuser/x") == Path("~nosuchuser/x")
    assert path_of("~/x") == Path.home() / "x"
