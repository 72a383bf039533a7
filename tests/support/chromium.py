"""A headless Chromium, driven by its DevTools protocol over a pipe: nothing is installed for it."""

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_READ, _WRITE = 3, 4  # the descriptors that --remote-debugging-pipe speaks of
_PATIENCE = 60.0
_NO_GPU = ("WebGL", "swiftshader")
"""What a browser says of the machine, not of a page."""


def chromium() -> str | None:
    """Return the path of a browser, None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page of a browser; what the page complained of is in `complaints`."""

    def __init__(self, command: str, profile: Path) -> None:
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        pipes = f'exec "$@" {_READ}<&{to_read} {_WRITE}>&{to_write}'
        words = ["bash", "-c", pipes, "bash", command, *flags, "--hide-scrollbars"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        # Without settings of its own bus the browser waits for one.
        self._process = subprocess.Popen(
            [*words, f"--user-data-dir={profile}"], pass_fds=(to_read, to_write), **quiet
        )
        os.close(to_read)
        os.close(to_write)
        self._next, self._rest, self.complaints = 0, b"", list[str]()
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the answer to a method of the protocol."""
        self._next += 1
        message = {"id": self._next, "method": method, "params": params}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (got := self._message()).get("id") != self._next:
            self._hear(got)
        assert "error" not in got, (method, got["error"])
        return got["result"]

    def open(self, path: Path, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Load a page at a width, and wait until its figures are drawn."""
        self.complaints.clear()
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Page.navigate", url=path.as_uri())
        limit = time.monotonic() + _PATIENCE
        ready = "location.href.startsWith('file') && document.readyState === 'complete'"
        while not self.ask(ready):
            assert time.monotonic() < limit, f"{path} was not loaded"
            time.sleep(0.05)
        self.ask("window.recsaeDrawn")
        # Two frames later what was drawn is laid out.
        self.ask("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")

    def ask(self, script: str) -> Any:
        """Return the value of an expression, awaited if it is a promise."""
        got = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in got, got["exceptionDetails"]
        return got["result"].get("value")

    def hover(self, x: float, y: float) -> None:
        """Move the pointer."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, selector: str) -> None:
        """Press the middle of the first element."""
        found = f"document.querySelector({selector!r})"
        self.ask(f"{found}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = self.ask(
            f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])"
            f"({found}.getBoundingClientRect())"
        )
        for kind in ("mousePressed", "mouseReleased"):
            place = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
            self.call("Input.dispatchMouseEvent", type=kind, **place)

    def press(self, key: str) -> None:
        """Press a key such as Tab or Enter."""
        codes = {"Tab": 9, "Enter": 13}
        more = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                **{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": codes[key]},
                **(more if kind == "keyDown" else {}),
            )

    def screenshot(self, path: Path, whole: bool = True) -> None:
        """Write a picture of the whole page, or of what is seen."""
        got = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(got["data"]))

    def close(self) -> None:
        """End the browser."""
        self._session = None
        self.call("Browser.close")
        self._process.wait(20)
        os.close(self._write)
        os.close(self._read)

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._read, 1 << 16)
            assert part, "the browser is gone"
            self._rest += part
        text, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(text))

    def _hear(self, message: dict[str, Any]) -> None:
        """Keep what a developer would see in red or yellow."""
        if any(word in str(message) for word in _NO_GPU):
            return
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(params["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(str([one.get("value") for one in params["args"]]))


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Give a browser and end it."""
    command = chromium()
    assert command is not None
    opened = Browser(command, profile)
    try:
        yield opened
    finally:
        opened.close()
