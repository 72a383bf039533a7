"""A bucket of S3, of what speaks S3, or of Google, through obstore.

Every request is tried again until the bucket answers, for a few minutes. A conditional put whose
answer is lost may have come through: then its own content lies there, and nobody else's can.
"""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from recsae.errors import RecsaeError
from recsae.progress import say
from recsae.storage.objects import Entry, StorageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_TIMEOUT: Final = "RECSAE_STORAGE_TIMEOUT"
"""Seconds that one request may take."""
_PATIENCE: Final = "RECSAE_STORAGE_PATIENCE"
"""Seconds after which a bucket that does not answer is given up."""
_SECONDS: Final = {_TIMEOUT: 60.0, _PATIENCE: 180.0}
_SAID_AFTER: Final = 10.0
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
_CREDENTIALS: Final = ("AWS_", "GOOGLE_")
_PERMANENT: Final = ("NoSuchBucket", "InvalidBucketName", "InvalidAccessKeyId", "SignatureDoesNot")
T = TypeVar("T")


@dataclass(frozen=True)
class Bucket:
    """The objects under an address."""

    address: str
    _bucket: str
    _prefix: str

    @classmethod
    def at(cls, address: str) -> "Bucket":
        """Return the place of SCHEME://BUCKET/PREFIX."""
        scheme, _, rest = address.partition("://")
        bucket, _, prefix = rest.strip("/").partition("/")
        return cls(address.rstrip("/"), f"{scheme}://{bucket}", f"{prefix}/" if prefix else "")

    def entries(self, prefix: str = "") -> dict[str, Entry]:
        """Return the objects under a prefix."""

        def listed() -> list[Any]:
            return [one for page in self._store.list(self._prefix + prefix) for one in page]

        return {
            one["path"][len(self._prefix) :]: Entry(
                one["size"], str(one["e_tag"]), one["last_modified"].timestamp()
            )
            for one in self._asked("list", listed)
        }

    def folders(self) -> list[str]:
        """Return the common prefixes."""
        found = self._asked("list", lambda: self._store.list_with_delimiter(self._prefix or None))
        return sorted(str(one).rpartition("/")[2] for one in found["common_prefixes"])

    def read(self, name: str) -> bytes:
        """Get an object."""
        path = self._prefix + name
        return self._asked(name, lambda: bytes(self._store.get(path).bytes()))

    def write(self, name: str, content: bytes) -> None:
        """Put an object."""
        path = self._prefix + name
        self._asked(name, lambda: self._store.put(path, content, use_multipart=False))

    def create(self, name: str, content: bytes) -> str | None:
        """Put an object on the condition that it is new."""
        return self._put(name, content, "create")

    def replace(self, name: str, content: bytes, tag: str) -> str | None:
        """Put an object on the condition that the one there has the tag."""
        mode: Any = {"e_tag": tag}
        if self._bucket.startswith("gs:"):  # Google compares generations, which no listing has
            there = self._head(name)
            if there is None or there["e_tag"] != tag:
                return None
            mode = {"e_tag": tag, "version": there["version"]}
        return self._put(name, content, mode)

    def tag(self, name: str) -> str | None:
        """Ask for an object's head."""
        there = self._head(name)
        return None if there is None else str(there["e_tag"])

    def upload(self, name: str, file: Path) -> None:
        """Put a file in parts; nobody sees it before the last one."""
        self._asked(name, lambda: self._store.put(self._prefix + name, file))

    def download(self, name: str, file: Path) -> None:
        """Get an object in parts."""

        def got() -> None:
            with file.open("wb") as target:
                for chunk in self._store.get(self._prefix + name).stream():
                    target.write(chunk)

        self._asked(name, got)

    def delete(self, names: Iterable[str]) -> None:
        """Delete objects."""
        paths = [self._prefix + name for name in names]
        if paths:
            self._asked("delete", lambda: self._store.delete(paths))

    def _put(self, name: str, content: bytes, mode: Any) -> str | None:
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        path = self._prefix + name

        def put() -> str | None:
            try:
                done = self._store.put(path, content, mode=mode, use_multipart=False)
            except (AlreadyExistsError, PreconditionError):
                return None
            return str(done["e_tag"])

        try:
            tag = self._asked(name, put)
            return tag or (self.tag(name) if self.read(name) == content else None)
        except FileNotFoundError:
            return None  # nothing is there any more that could be replaced

    def _head(self, name: str) -> Any:
        try:
            return self._asked(name, lambda: self._store.head(self._prefix + name))
        except FileNotFoundError:
            return None

    @property
    def _store(self) -> "ObjectStore":
        settings = {k: v for k, v in os.environ.items() if k.startswith(_CREDENTIALS)}
        return _opened(self._bucket, tuple(sorted(settings.items())))

    def _asked(self, what: str, ask: Callable[[], T]) -> T:
        """Ask until there is an answer; raises StorageError, or FileNotFoundError."""
        began, wait, said = time.monotonic(), _FIRST_WAIT, False
        while True:
            try:
                return ask()
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise StorageError(self._bucket, "there is no such bucket") from None
                raise FileNotFoundError(f"{self.address}/{what}") from None
            except Exception as error:
                reason = _reason(error)
                seconds = time.monotonic() - began
                if _is_final(error):
                    raise StorageError(self._bucket, reason) from None
                if seconds + wait > _limit(_PATIENCE):
                    words = f"no answer for {seconds:.0f} s ({reason})"
                    raise StorageError(self._bucket, words) from None
                if seconds > _SAID_AFTER and not said:
                    said = True
                    say(f"{self._bucket} does not answer ({reason}): asking it again")
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)


@lru_cache(maxsize=8)
def _opened(bucket: str, settings: tuple[tuple[str, str], ...]) -> "ObjectStore":
    """Return the client of a bucket, one a process and set of credentials."""
    try:
        from obstore.store import from_url
    except ImportError:
        raise RecsaeError("storage: buckets need obstore: pip install 'recsae[s3]'") from None
    told = dict(settings)
    options: Any = {"timeout": f"{_limit(_TIMEOUT):g}s"}
    endpoint = told.get("AWS_ENDPOINT_URL") or told.get("AWS_ENDPOINT") or ""
    if endpoint.startswith("http://"):
        options["allow_http"] = True
    provider = {} if "AWS_ACCESS_KEY_ID" in told else _profile(bucket)
    # What is tried again, and for how long, is decided by `_asked` alone.
    retry: Any = {"max_retries": 0}
    store: ObjectStore = from_url(bucket, client_options=options, retry_config=retry, **provider)
    return store


def _profile(bucket: str) -> dict[str, Any]:
    """Return what reads ~/.aws if boto3 is there: obstore knows the environment and machines."""
    if not bucket.startswith("s3:"):
        return {}
    try:
        from obstore.auth.boto3 import Boto3CredentialProvider

        return {"credential_provider": Boto3CredentialProvider()}
    except (ImportError, ValueError):  # no boto3, or no credentials that it knows
        return {}


def _is_final(error: Exception) -> bool:
    """Return True if asking again would not help."""
    from obstore import exceptions

    refused = (
        exceptions.PermissionDeniedError,
        exceptions.UnauthenticatedError,
        exceptions.NotSupportedError,
        exceptions.InvalidPathError,
        exceptions.UnknownConfigurationKeyError,
    )
    known = isinstance(error, exceptions.BaseError)
    return not known or isinstance(error, refused) or any(w in str(error) for w in _PERMANENT)


def _reason(error: Exception) -> str:
    """Return the part of an error's first line that says why."""
    line = str(error).partition("\n")[0]
    if "NoSuchBucket" in str(error):
        return "there is no such bucket"
    for mark in ("Server returned non-2xx status code: ", "HTTP error: "):
        line = line.rpartition(mark)[2]
    return line.partition(": <")[0].strip(" :") or type(error).__name__


def _limit(name: str) -> float:
    try:
        return float(os.environ.get(name) or _SECONDS[name])
    except ValueError:
        raise RecsaeError(f"{name}: expected seconds, got {os.environ[name]!r}") from None
