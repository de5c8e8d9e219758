"""The whole demo in a browser: a command, a button and a form while a scheduled post fires, then the reveal."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.show import play
from tests.demo.browser import Browser, Page, chromium
from tests.demo.test_stage import settled


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """The running demo's index."""
    stop, told = asyncio.Event(), asyncio.get_running_loop().create_future()

    def say(words: str) -> None:
        if "http://" in words and not told.done():
            told.set_result("http://" + words.split("http://")[1].split()[0])

    playing = asyncio.create_task(play(tmp_path / "demo", port=0, browser=False, say=say, stop=stop))
    await asyncio.wait({playing, told}, return_when=asyncio.FIRST_COMPLETED)
    if playing.done():
        playing.result()
    yield told.result()
    stop.set()
    assert await playing is False


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with chromium(tmp_path / "profile") as running:
        yield running


async def command(page: Page, name: str) -> None:
    """Give a command without its options, as one would on a keyboard."""
    await page.click("#channel-composer [data-control-key^=composer]")
    await page.type(f"/{name}")
    await page.until("document.querySelector('.command-entry.is-active')")
    await page.press("Enter")
    await page.until("document.querySelector('[data-command-mode=true]')")
    await page.press("Escape")
    await page.press("Enter")
    await settled(page)


async def picture_of(page: Page, words: str) -> None:
    """Wait until a picture whose alt text holds these words is loaded at its full width."""
    await page.until(
        f"[...document.querySelectorAll('img')].some((i) => i.alt.includes('{words}') && i.naturalWidth === 1100)"
    )


async def shot(page: Page, path: Path) -> None:
    """A picture of the room's latest, for whoever wants to look."""
    await page.eval("document.getElementById('channel-timeline').scrollTo(0, 1e9)")
    await page.screenshot(path)


async def test_a_newcomer_tries_the_whole_of_it(browser: Browser, address: str, tmp_path: Path) -> None:
    index = await browser.open(address)
    await index.until("document.querySelector('a.room[aria-current]')")
    await index.text("the next daily question")
    await index.screenshot(tmp_path / "index.png")
    room = await browser.open(await index.eval("document.querySelector('iframe').src"))
    await room.until("window.simcordPreview?.ready")

    await command(room, "reps")
    await room.text("Hello You")
    await room.click("button", words="Practise one")
    await room.text("Practice:")

    # The form stays open while a new question arrives, and what is written in it arrives too.
    await room.click("button", words="Explain it in your words")
    await room.until("document.querySelector('#modal-root textarea')")
    asked = "document.body.innerText.split('Answers are private').length"
    before = await room.eval(asked)
    await index.click("#skip")
    await index.text("Now: the next daily question")
    await room.click("#modal-root textarea")
    await room.type("Say it with the smallest example you can think of.")
    await room.screenshot(tmp_path / "modal.png")
    await room.click("#modal-root button", words="Submit")
    await room.text("Your explanation is in the thread")
    await room.until(f"{asked} > {before}")
    await shot(room, tmp_path / "drop.png")

    revealed = await room.eval("document.body.innerText.split('Explain it in your words').length")
    await index.click("#skip")
    await index.text("Now: the reveal of a question")
    await room.until(f"document.body.innerText.split('Explain it in your words').length > {revealed}")
    await shot(room, tmp_path / "reveal.png")

    await command(room, "leaderboard")
    await picture_of(room, "Interview study hall")
    await shot(room, tmp_path / "leaderboard.png")
    await command(room, "me stats")
    await picture_of(room, "Reps per day")
    await shot(room, tmp_path / "heatmap.png")

    grace = await index.eval(
        "[...document.querySelectorAll('a.person')].find((a) => a.innerText.includes('Grace')).dataset.person"
    )
    as_grace = await browser.open(
        await index.eval(f"document.querySelector('iframe').src.replace(/as=.*/, 'as={grace}')")
    )
    await as_grace.until("window.simcordPreview?.ready")
    await command(as_grace, "guide queue")
    for waiting in ("A raised hand from", "An open answer to check from", "1 suggested question"):
        await as_grace.text(waiting)
    await shot(as_grace, tmp_path / "queue.png")
    assert browser.problems == []
