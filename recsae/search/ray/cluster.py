"""A Ray to run on: one of our own on this machine, or one that is there already; both silent."""

import json
import logging
import os
import re
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError
from ray.experimental.internal_kv import _internal_kv_get
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from recsae.errors import RecsaeError
from recsae.progress import say
from recsae.search.engine.reports import one_line
from recsae.search.ray.resources import GPU, Allocation, Node, capacity

STORE_BYTES = 100_000_000  # what trials exchange is small: data are memory-mapped files
SHARED_MEMORY = Path("/dev/shm")
ANSWER_SECONDS = 10.0
NODES_SECONDS = 2.0
TASK_SECONDS = 60.0
AUTOSCALING = "__autoscaling_status"
"""Where Ray's autoscaler keeps its status, as `ray status` shows it."""
ACCELERATOR = "accelerator_type:"
"""How Ray begins the name of the resource that tells what GPUs a node has."""
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
"""How a client of HTTP/2 begins: its preface and empty settings."""
_FRAME_BYTES, _SETTINGS = 9, 4
"""Length of a frame's head, and the type of the frame that a server answers with."""
_INVENTED = re.compile(r"node_[0-9a-f]+")
SETTINGS = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_OBJECT_STORE_ALLOW_SLOW_STORAGE": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "1e9",  # Tune's own snapshots would never be read
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
}


@contextmanager
def cluster(address: str | None) -> Iterator[None]:
    """Be connected to the Ray at `address`, or to one of our own, which ends with the block.

    A Ray that this process is already connected to is used and left as it is.
    """
    with _settings():
        if ray.is_initialized():
            yield
            return
        with _own_sigterm():
            _join(address) if address else _start()
        try:
            yield
        finally:
            with silence():
                ray.shutdown()


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Keep what a SIGTERM does: Ray would have it abort the driver with a search half-done."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def nodes() -> list[Node]:
    """Return what each living node offers."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]


def run_on_each_node(
    function: Callable[..., Any], *words: Any, gpus_alone: bool = False
) -> list[tuple[str, Any]]:
    """Run `function(*words)` on each living node; return the nodes' names with what it returned.

    Where it failed, or has not answered in time, that is the exception. gpus_alone: on nodes that
    have a GPU. It gets no resources, so it waits for nobody.
    """
    task = ray.remote(num_cpus=0)(function)
    running: list[tuple[str, Any]] = []
    for node in ray.nodes():  # type: ignore[no-untyped-call]
        if node["Alive"] and (node["Resources"].get(GPU, 0) or not gpus_alone):
            # soft=False: fail rather than answer from another node.
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            answer = task.options(scheduling_strategy=there).remote(*words)
            running.append((node["NodeManagerHostname"], answer))
    answers = [answer for _, answer in running]
    ray.wait(answers, num_returns=len(answers), timeout=TASK_SECONDS)
    return [(name, _answer(answer)) for name, answer in running]


def _answer(answer: Any) -> Any:
    try:
        return ray.get(answer, timeout=0)
    except RayError as error:
        return getattr(error, "cause", None) or error


def gpu_types() -> str:
    """Return the types of GPUs that the nodes have, as far as Ray knows them."""
    names = {name for node in nodes() for name in node if name.startswith(ACCELERATOR)}
    return ", ".join(sorted(name.removeprefix(ACCELERATOR) for name in names))


def autoscales() -> bool:
    """Return True if the cluster starts nodes by itself when they are asked for."""
    until = time.monotonic() + ANSWER_SECONDS
    while True:  # an autoscaler needs some seconds from its start to its first whole status
        status = json.loads(_internal_kv_get(AUTOSCALING) or "{}")
        if starts_nodes(status) or any(_types()):
            return True
        if "autoscaler_report" in status or time.monotonic() >= until:
            return False
        time.sleep(0.5)


def starts_nodes(status: Mapping[str, Any]) -> bool:
    """Return True if the status that Ray's autoscaler tells names types of nodes that it starts.

    Without an autoscaler Ray invents a type for each node, called by the node's id.
    """
    report = status.get("autoscaler_report") or {}
    types = {*(report.get("active_nodes") or {}), *(report.get("pending_launches") or {})}
    types |= set((report.get("node_type_mapping") or {}).values())
    return any(not _INVENTED.fullmatch(name) for name in types)


def _types() -> list[str]:
    """Return the types of nodes as Ray's newer autoscaler keeps them, "" for none."""
    try:
        from ray._raylet import GcsClient  # type: ignore[attr-defined]
        from ray.autoscaler.v2.sdk import get_cluster_resource_state
    except ImportError:
        return []  # a Ray that keeps them elsewhere
    address = ray.get_runtime_context().gcs_address
    state = get_cluster_resource_state(GcsClient(address))
    return [str(node.ray_node_type_name) for node in state.node_states]


@contextmanager
def silence() -> Iterator[None]:
    """Drop what Ray prints on standard output, in spite of its settings, when a process is lost."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        yield


class ClusterCapacity:
    """How many trials the nodes run at once now; asked often, it looks only now and then."""

    def __init__(self, allocation: Allocation, clock: Callable[[], float] = time.monotonic) -> None:
        self._allocation, self._clock = allocation, clock
        self._known, self._look_at = 0, clock()

    def __call__(self) -> int:
        """Return the number of trials."""
        now = self._clock()
        if now >= self._look_at:
            self._known, self._look_at = capacity(nodes(), self._allocation), now + NODES_SECONDS
        return self._known


def _start() -> None:
    # In containers /dev/shm is often 64 MB.
    free = shutil.disk_usage(SHARED_MEMORY).free if SHARED_MEMORY.is_dir() else STORE_BYTES
    if free < STORE_BYTES:
        say(f"{SHARED_MEMORY} has only {free / 1e6:.0f} MB free: Ray falls back to slower files")
    say("starting Ray on this machine")
    ray.init(
        # Else it would join whatever Ray the environment names.
        address="local",
        # It would take a port and memory, and nobody looks at it.
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.CRITICAL,
        object_store_memory=STORE_BYTES,
    )


def _join(address: str) -> None:
    check_answers(address)
    _take_token()
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = one_line(error)
        raise RecsaeError(f"--address: cannot join the Ray at {address}: {reason}") from None


def check_answers(address: str) -> None:
    """Raise RecsaeError if no Ray listens at HOST:PORT; Ray itself would wait for minutes."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal()):
        raise RecsaeError(f"--address: expected HOST:PORT or auto, got {address!r}")
    try:
        speaks = _speaks_grpc(host, int(port))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RecsaeError(f"--address: no Ray answers at {address} ({reason})") from None
    if not speaks:
        raise RecsaeError(f"--address: what answers at {address} is not a Ray; its port is 6379")


def _speaks_grpc(host: str, port: int) -> bool:
    """Return True if a port answers as HTTP/2 does, which every Ray speaks (RFC 9113, 3.4)."""
    with socket.create_connection((host, port), timeout=ANSWER_SECONDS) as connection:
        if os.environ.get("RAY_USE_TLS") == "1":
            return True  # it answers nothing that is not encrypted
        connection.settimeout(ANSWER_SECONDS)
        connection.sendall(_PREFACE)
        try:
            answer = connection.recv(_FRAME_BYTES, socket.MSG_WAITALL)
        except OSError:
            return False
    return len(answer) == _FRAME_BYTES and answer[3] == _SETTINGS


def _take_token() -> None:
    """Use this machine's token if it has one, as Ray by itself does only for the address auto.

    A Ray of our own leaves a token behind, and the next `ray start` then asks everybody for it.
    """
    try:
        from ray._private.authentication import authentication_token_setup as setup
    except ImportError:
        return  # a Ray that knows no tokens
    setup.maybe_enable_token_auth_if_token_available(warn_if_disabled=False)


@contextmanager
def _settings() -> Iterator[None]:
    """Set Ray's switches for the block; what the user has set in the environment wins."""
    added = {name: value for name, value in SETTINGS.items() if name not in os.environ}
    os.environ.update(added)
    logger = logging.getLogger("ray")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
        for name in added:
            os.environ.pop(name, None)
