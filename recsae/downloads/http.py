"""One file over HTTP into a part file, which a later call goes on with.

The standard library's client: it follows redirects and the proxy of the environment, and what is
left to do, asking for the rest of a file, is one header. fsspec's would need aiohttp beside it.
"""

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recsae.errors import RecsaeError
from recsae.files import naming
from recsae.progress import meter

ATTEMPTS = 3
"""Tries in a row that may bring nothing; each that brings something begins the count anew."""
PAUSE_SECONDS = 1.0
TIMEOUT_SECONDS = 30.0
_CHUNK = 1 << 18
_MEGABYTE = 1e6


class Unreachable(RecsaeError):
    """Nobody answered, or the answer was cut off again and again; what came is kept."""


def download(url: str, part: Path, what: str) -> None:
    """Fill `part` with what lies at `url`, from where it ends if it is there already.

    Raises Unreachable.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    failures, reason = 0, ""
    while failures < ATTEMPTS:
        before = _size(part)
        try:
            if _fetch(url, part, what):
                return
            reason = f"cut off after {_size(part):,} bytes"
        except urllib.error.HTTPError as error:
            raise Unreachable(f"{url}: {error.code} {error.reason}") from None
        except urllib.error.URLError as error:
            reason = _words(error.reason)
        except (http.client.HTTPException, TimeoutError, ConnectionError) as error:
            reason = _words(error)
        failures = 1 if _size(part) > before else failures + 1
        if failures < ATTEMPTS:
            time.sleep(PAUSE_SECONDS)
    raise Unreachable(f"{url}: {reason}")


def _fetch(url: str, part: Path, what: str) -> bool:
    """Ask for what is missing and append it; return True if the file is whole now."""
    have = _size(part)
    request = urllib.request.Request(url, headers={"User-Agent": "recsae"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not have:
            raise
        # "bytes */1234": the length of the whole file.
        total = (error.headers.get("Content-Range") or "").rpartition("/")[2]
        if total == str(have):
            return True
        part.unlink()  # longer than what is there now, so a part of something else
        return False
    with answer:
        partial = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        have = have if partial else 0  # a server that knows no ranges sends all again
        length = answer.headers.get("Content-Length")
        total_bytes = have + int(length) if length else None
        with naming(part), part.open("ab" if partial else "wb") as file:
            if total_bytes is None:
                _copy(answer, file.write, lambda done: None)
            else:
                with meter(f"{what}, MB", max(1, round(total_bytes / _MEGABYTE))) as progress:
                    _copy(
                        answer,
                        file.write,
                        lambda done: progress(round((have + done) / _MEGABYTE, 1)),
                    )
    return total_bytes is None or _size(part) == total_bytes


def _copy(answer: Any, write: Callable[[bytes], Any], progress: Callable[[int], None]) -> None:
    done = 0
    while chunk := answer.read(_CHUNK):
        write(chunk)
        done += len(chunk)
        progress(done)


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _words(reason: Any) -> str:
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    return str(getattr(reason, "strerror", None) or reason or type(reason).__name__)
