"""A headless Chromium driven over a pipe by the DevTools protocol: no driver, no port, no dependency."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

PATIENCE = 30.0


class Browser:
    """One Chromium with one tab; every event received is kept in `events`."""

    def __init__(self, program: str) -> None:
        self.profile = tempfile.mkdtemp(prefix="ess-chromium-")
        to_child, self._out = os.pipe()
        self._in, from_child = os.pipe()
        command = [program, "--headless", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"]
        command += [f"--user-data-dir={self.profile}", "--hide-scrollbars"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")
        line = f'exec "$@" 3<&{to_child} 4>&{from_child}'
        self._process = subprocess.Popen(
            ["bash", "-c", line, "chromium", *command, "about:blank"],
            pass_fds=(to_child, from_child),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_child)
        os.close(from_child)
        self._buffer = b""
        self._last = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        targets = self.send("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        attached = self.send("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Calls a method and returns its result."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, event: str) -> None:
        """Waits for an event that was not received yet."""
        while True:
            found = self._receive()
            self.events.append(found)
            if found.get("method") == event:
                return

    def open(self, page: Path, query: str = "") -> None:
        """Opens a file and waits until it is loaded; events start again from nothing."""
        self.events = []
        self.send("Page.navigate", url="about:blank")
        self.wait_until("document.readyState === 'complete'")
        self.events = []
        self.send("Page.navigate", url=page.as_uri() + query)
        self.wait_until("location.href !== 'about:blank' && document.readyState === 'complete'")

    def reload(self) -> None:
        """Loads the page again, in the same process: what it has stored is seen without waiting for the disk."""
        self.value("window.before = true")
        self.send("Page.reload")
        self.wait_until("!window.before && document.readyState === 'complete'")

    def wait_until(self, expression: str) -> None:
        """Waits until an expression of the page is true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(RuntimeError):
                if self.value(expression):
                    return
            time.sleep(0.02)
        raise TimeoutError(expression)

    def value(self, expression: str) -> Any:
        """Value of an expression of the page (promises are awaited)."""
        found = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("exception", {}).get("description", "exception"))
        return found["result"].get("value")

    def screen(self, width: int = 1280, height: int = 900, scheme: str = "light", media: str = "") -> None:
        """Size of the window and preferences of the reader."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", media=media, features=features)

    def press(self, key: str, code: int, text: str = "") -> None:
        """Presses a key."""
        for kind in ("keyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                text=text if kind == "keyDown" else "",
            )

    def close(self) -> None:
        """Ends the browser."""
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            self._session = None
            self.send("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._out)
        os.close(self._in)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], PATIENCE)
            if not ready:
                raise TimeoutError("the browser does not answer")
            received = os.read(self._in, 1 << 20)
            if not received:
                raise RuntimeError("the browser is gone")
            self._buffer += received
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)
