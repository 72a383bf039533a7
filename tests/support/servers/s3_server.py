"""A server process that speaks S3 (moto's), behind a proxy that makes faults of the network."""

import http.client
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SERVER = Path(__file__).parents[2] / ".venv-s3" / "bin" / "moto_server"
BUCKET = "bucket"
_HOP = {"connection", "transfer-encoding", "content-length"}


@dataclass
class Faults:
    """What the proxy does to requests, a share of them each; counts what it did."""

    error: float = 0.0
    """503 in place of asking the server."""
    lost: float = 0.0
    """The server does it, and the connection is cut in place of the answer."""
    slow: float = 0.0
    """The answer comes late."""
    refusing_until: float = 0.0
    """Nothing is let through before this moment, by `time.monotonic`."""
    did: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._draws = random.Random(0)

    def calm(self, seed: int = 0) -> None:
        """Let everything through from now on, and count anew."""
        self.error = self.lost = self.slow = self.refusing_until = 0.0
        self._draws = random.Random(seed)
        self.did.clear()

    def drawn(self) -> str:
        """Return what happens to the next request."""
        if time.monotonic() < self.refusing_until:
            return self._counted("refused")
        with self.lock:
            draw = self._draws.random()
        for kind in ("error", "lost", "slow"):
            share = getattr(self, kind)
            if draw < share:
                return self._counted(kind)
            draw -= share
        return self._counted("passed")

    def _counted(self, kind: str) -> str:
        with self.lock:
            self.did[kind] += 1
        return kind


@contextmanager
def s3_server(folder: Path) -> Iterator[tuple[str, str, Faults]]:
    """Yield two addresses of a server with an empty bucket: with faults on the way, and without."""
    port = _free_port()
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [str(SERVER), "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log
        )
    try:
        _await(port)
        _request(port, "PUT", f"/{BUCKET}", b"", {})
        faults = Faults()
        with _proxy(port, faults) as address:
            yield address, f"http://127.0.0.1:{port}", faults
    finally:
        server.terminate()
        server.wait()


def environment(address: str, cache: Path, **more: str) -> dict[str, str]:
    """Return the variables of a process that uses the server, with a cache of its own."""
    return {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address,
        "RECSAE_CACHE": str(cache),
        "OMP_NUM_THREADS": "1",
        "RECSAE_STORAGE_TIMEOUT": "5",
        **more,
    }


def recsae(*words: str) -> list[str]:
    """Return the command line of a recsae of this environment."""
    return [sys.executable, "-m", "recsae", *words]


@contextmanager
def _proxy(port: int, faults: Faults) -> Iterator[str]:
    puts = threading.Lock()  # the server looks and then writes, which a bucket does at once

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kind = faults.drawn()
            if kind in ("error", "refused"):
                self.send_response(503)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            with puts:
                status, headers, answer = _request(
                    port, self.command, self.path, body, dict(self.headers.items())
                )
            if kind == "lost":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if kind == "slow":
                time.sleep(0.5)
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            size = dict(headers).get("Content-Length", "0") if self.command == "HEAD" else None
            self.send_header("Content-Length", size or str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on

        def log_message(self, *words: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that was killed

    with Server(("127.0.0.1", 0), Handler) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{proxy.server_port}"
        proxy.shutdown()
        thread.join()


def _request(
    port: int, method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read()
    finally:
        connection.close()


def _await(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            _request(port, "GET", "/", b"", {})
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
