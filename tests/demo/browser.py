"""A headless Chromium for tests, driven over its debugging socket with aiohttp alone."""

import asyncio
import base64
import contextlib
import itertools
import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
_PATIENCE = 60


class Page:
    """One tab. Selectors are CSS; a step that waits fails with its own words after twenty seconds."""

    def __init__(self, browser: "Browser", session: str) -> None:
        self._browser = browser
        self._session = session

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        return await self._browser.call(method, params, self._session)

    async def eval(self, script: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise."""
        answer = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script}: {answer['exceptionDetails']['exception'].get('description')}")
        return answer["result"].get("value")

    async def until(self, condition: str) -> Any:
        """Wait until a JavaScript expression is true; its value."""
        last: Exception | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while True:
                    try:
                        # The page waits a moment between looks; one that is just loading has no say.
                        if value := await self.eval(
                            f"(async () => {{ const seen = ({condition});"
                            " if (!seen) await new Promise((done) => setTimeout(done, 50));"
                            " return seen instanceof Node || seen; })()"
                        ):
                            return value
                    except (AssertionError, RuntimeError) as error:
                        last = error
                        await asyncio.sleep(0.05)
        seen = await self.eval("document.body.innerText")
        raise AssertionError(f"not in time: {condition} ({last}); the page says: {seen[-1500:]}")

    async def text(self, wanted: str) -> None:
        """Wait until the page shows these words."""
        await self.until(f"document.body.innerText.includes({json.dumps(wanted)})")

    async def go(self, url: str) -> None:
        await self.call("Page.navigate", url=url)

    async def front(self) -> None:
        """Show this tab: one behind another draws no frames, and answers a press late."""
        await self.call("Page.bringToFront")

    async def click(self, target: str, *, words: str = "") -> None:
        """Press the last enabled element that matches, and holds `words` if given, at its middle."""
        await self.front()
        spot = await self.until(
            f"(() => {{ const all = [...document.querySelectorAll({json.dumps(target)})].reverse();"
            " const one = all.find((e) =>"
            " !e.disabled && e.getAttribute('aria-disabled') !== 'true' && e.checkVisibility()"
            f" && (e.innerText || '').includes({json.dumps(words)})); if (!one) return null;"
            " one.scrollIntoView({ block: 'nearest' }); const r = one.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=spot[0],
                y=spot[1],
                button="none" if kind == "mouseMoved" else "left",
                clickCount=0 if kind == "mouseMoved" else 1,
            )

    async def type(self, words: str) -> None:
        """Type into whatever has the focus."""
        await self.call("Input.insertText", text=words)

    async def press(self, key: str) -> None:
        """Press a named key, such as `Enter` or `Tab`."""
        codes = {"Enter": (13, "\r"), "Tab": (9, ""), "Escape": (27, ""), "Backspace": (8, "")}
        code, text = codes[key]
        for kind in ("keyDown", "keyUp"):
            await self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                **({"text": text} if text and kind == "keyDown" else {}),
            )

    async def screenshot(self, path: Path) -> None:
        shot = await self.call("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))

    async def size(self, width: int, height: int) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )


class Browser:
    """A running Chromium. `problems` holds what its pages wrote to the console as errors."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.problems: list[str] = []

    async def call(self, method: str, params: dict[str, Any], session: str | None = None) -> dict[str, Any]:
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        where = {"sessionId": session} if session else {}
        await self._socket.send_json({"id": number, "method": method, "params": params} | where)
        return await answer

    async def listen(self) -> None:
        async for message in self._socket:
            heard = json.loads(message.data)
            answer = self._waiting.pop(heard.get("id"), None)
            if answer is not None and not answer.done():
                if "error" in heard:
                    answer.set_exception(RuntimeError(heard["error"]["message"]))
                else:
                    answer.set_result(heard["result"])
            elif heard.get("method") == "Runtime.exceptionThrown":
                self.problems.append(heard["params"]["exceptionDetails"]["exception"].get("description", "?"))
            elif heard.get("method") == "Log.entryAdded":
                entry = heard["params"]["entry"]
                if entry["level"] == "error" and not entry.get("url", "").endswith("/favicon.ico"):
                    self.problems.append(entry["text"])

    async def open(self, url: str) -> Page:
        target = await self.call("Target.createTarget", {"url": "about:blank"})
        session = await self.call("Target.attachToTarget", {"targetId": target["targetId"], "flatten": True})
        page = Page(self, session["sessionId"])
        for domain in ("Page", "Runtime", "Log"):
            await page.call(f"{domain}.enable")
        await page.size(1360, 860)
        await page.go(url)
        return page


@contextlib.asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Browser]:
    """A browser with a profile of its own in `profile`. Where there is no Chromium the test is skipped."""
    binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if binary is None:
        pytest.skip("No Chromium on this machine, so the browser part of the demo is not tested.")
    process = await asyncio.create_subprocess_exec(
        binary, *_FLAGS, f"--user-data-dir={profile}", stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(_PATIENCE):
            while not (found := re.search(rb"ws://\S+", line := await process.stderr.readline())):
                assert line, "Chromium ended before it could be driven"
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(found.group().decode(), max_msg_size=0) as socket,
        ):
            browser = Browser(socket)
            background = [asyncio.create_task(browser.listen()), asyncio.create_task(process.stderr.read())]
            try:
                yield browser
            finally:
                await browser.call("Browser.close", {})
                await asyncio.gather(*background)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
