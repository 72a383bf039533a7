"""Nodes that run another recsae or torch, or lack storage or states, are refused by name."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from search.local_ray import local_ray

from recsae.errors import RecsaeError
from recsae.jobs import search as jobs
from recsae.search.ray import cluster
from recsae.search.ray.node_checks import (
    check_nodes,
    check_reach,
    check_states,
    differences,
    own_versions,
)
from recsae.search.versions import versions
from recsae.space import space_of

OWN = {"recsae": "0.1", "torch": "2.9.0+cpu", "python": "3.11.2", "training code": "abc"}


@pytest.fixture(scope="module")
def joined() -> Iterator[None]:
    with local_ray(1):
        yield


@pytest.mark.parametrize(
    ("found", "refused", "noted"),
    [
        ({}, "", ""),
        ({"torch": "2.8.0+cpu"}, "torch 2.8.0+cpu, not 2.9.0+cpu", ""),
        ({"torch": "2.9.0+cu128"}, "", "torch 2.9.0+cu128, not 2.9.0+cpu"),
        ({"recsae": "0.2"}, "recsae 0.2, not 0.1", ""),
        ({"training code": "abd"}, "training code abd, not abc", ""),
        ({"python": "3.11.9"}, "", "python 3.11.9, not 3.11.2"),
    ],
)
def test_what_must_be_equal_is_refused_and_the_rest_noted(
    found: dict[str, str], refused: str, noted: str
) -> None:
    assert differences(OWN, OWN | found) == (refused, noted)


def test_a_node_tells_what_it_runs(joined: None, capsys: pytest.CaptureFixture[str]) -> None:
    check_nodes()
    assert not capsys.readouterr().err


def test_a_node_with_another_torch_is_refused_before_anything_is_trained(
    joined: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def trained(*_: Any) -> Any:
        raise AssertionError("a base was trained")

    monkeypatch.setattr(jobs, "prepare", trained)
    monkeypatch.setitem(own_versions(), "torch", "0.0.1")
    monkeypatch.setattr("recsae.search.ray.cluster.check_answers", lambda address: None)
    space = space_of({"model_name": "SASRec_SAE", "parameters": {"sae_k": {"int": [2, 4]}}})
    where = jobs.Where(storage=str(tmp_path), address="here:1")
    message = rf"^{socket.gethostname()}: torch {versions()['torch']}, not 0\.0\.1: its trials"
    with pytest.raises(RecsaeError, match=message.replace("+", r"\+")):
        jobs.tune(space, where)


def test_nodes_that_reach_the_storage_and_have_its_states_are_taken(
    joined: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RECSAE_CACHE", str(tmp_path))
    states = tmp_path / "activations" / "key"
    states.mkdir(parents=True)
    (states / "train_x.npy").write_bytes(b"1")
    check_reach(str(tmp_path))
    check_states(states)
    assert not capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["activations"], "no probe is left"


@pytest.mark.parametrize("answer", [FileNotFoundError(2, "No such file", "/x"), OSError("?")])
def test_a_node_that_does_not_reach_the_storage_is_refused(
    answer: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [("head", True), ("b", answer), ("c", answer)]
    monkeypatch.setattr(cluster, "run_on_each_node", lambda *words: nodes)
    with pytest.raises(RecsaeError, match=r"^--storage: b, c cannot read what this machine writes"):
        check_reach(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_node_with_other_states_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.npy").write_bytes(b"1")
    nodes = [("a", None), ("b", ("/cache/activations/key", "other"))]
    monkeypatch.setattr(cluster, "run_on_each_node", lambda *words: nodes)
    with pytest.raises(RecsaeError, match=r"^b: its states in /cache/activations/key have other"):
        check_states(tmp_path)
