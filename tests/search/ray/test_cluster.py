"""Finding a Ray: mistakes in the address are one line, at once, and nothing stays changed."""

import logging
import os
import socket
import threading
import time

import pytest
import ray
from search.local_ray import local_ray

from recsae.errors import RecsaeError
from recsae.search.ray.cluster import (
    NODES_SECONDS,
    SETTINGS,
    ClusterCapacity,
    check_answers,
    cluster,
    starts_nodes,
)
from recsae.search.ray.resources import Allocation


@pytest.mark.parametrize("address", ["localhost", ":6379", "ray://head:10001/x", "head:port"])
def test_an_address_is_a_host_and_a_port(address: str) -> None:
    with pytest.raises(RecsaeError, match="expected HOST:PORT or auto"), cluster(address):
        pass


def test_an_address_where_nobody_answers_is_told_at_once() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        address = f"127.0.0.1:{busy.getsockname()[1]}"
        with pytest.raises(RecsaeError, match=f"no Ray answers at {address}"), cluster(address):
            pass


def test_settings_of_ray_last_as_long_as_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AIR_NEW_OUTPUT", "1")
    level = logging.getLogger("ray").level
    with pytest.raises(RecsaeError), cluster("nowhere"):
        pass
    assert os.environ["RAY_AIR_NEW_OUTPUT"] == "1"
    assert not (SETTINGS.keys() - {"RAY_AIR_NEW_OUTPUT"}) & os.environ.keys()
    assert logging.getLogger("ray").level == level


@pytest.mark.parametrize(
    ("report", "grow"),
    [
        ({}, False),
        ({"active_nodes": {"node_3c5f43": 1}, "node_type_mapping": {"3c5f": "node_3c5f"}}, False),
        ({"active_nodes": {}, "node_type_mapping": {"192.0.2.11": "ray.head.default"}}, True),
        ({"active_nodes": {"local.cluster.node": 2}, "node_type_mapping": None}, True),
        ({"active_nodes": {}, "pending_launches": {"gpu_worker": 1}}, True),
    ],
)
def test_a_cluster_grows_if_its_autoscaler_knows_types_of_nodes(
    report: dict[str, object], grow: bool
) -> None:
    assert starts_nodes({"autoscaler_report": report}) == grow
    assert not starts_nodes({"load_metrics_report": {}}) and not starts_nodes({})


def test_what_nodes_offer_is_looked_at_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes, now = [{"CPU": 4.0}], [0.0]
    monkeypatch.setattr("recsae.search.ray.cluster.nodes", lambda: nodes)
    capacity = ClusterCapacity(Allocation(1.0, 0.0), clock=lambda: now[0])
    assert capacity() == 4
    nodes.append({"CPU": 2.0})
    assert capacity() == 4
    now[0] = NODES_SECONDS
    assert capacity() == 6


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0\r\n", b"", None])
def test_another_service_at_the_address_is_told_within_seconds(
    answer: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsae.search.ray.cluster.ANSWER_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                if answer is None:
                    time.sleep(1)  # it listens, and says nothing
                else:
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        address = "{}:{}".format(*server.getsockname())
        with pytest.raises(RecsaeError, match=f"what answers at {address} is not a Ray"):
            check_answers(address)
        thread.join()


def test_a_ray_is_known_by_how_it_answers() -> None:
    with local_ray(1):
        check_answers(ray.get_runtime_context().gcs_address)
