"""The matcher: the same round in a child process, which carries nothing of the bot and does not outlive it."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.pairing import FEW, pair
from bot.services.pairing.matcher import Matcher
from tests.support.peers import NOW, peers

ROOT = Path(__file__).parents[2]


@pytest.fixture
def matcher() -> Iterator[Matcher]:
    """A matcher, closed twice at the end."""
    made = Matcher()
    yield made
    made.close()
    made.close()


async def asked(matcher: Matcher, question: str) -> object:
    """What the child answers to an expression of Python."""
    return await asyncio.wrap_future(matcher._opened().submit(eval, question))


@pytest.mark.parametrize("count", [0, 1, FEW, FEW + 1, 60])
async def test_a_round_is_the_same_in_the_child(matcher: Matcher, count: int) -> None:
    people = peers(count, 1)
    found = await matcher.pair(people, met={}, blocked=(), seed=3, now=NOW)
    assert found == pair(people, met={}, blocked=(), seed=3, now=NOW)
    # A few people need no child.
    assert (matcher._pool is None) == (count <= FEW)


async def test_the_child_carries_neither_discord_nor_sqlalchemy(matcher: Matcher) -> None:
    await matcher.pair(peers(FEW + 1, 1), met={}, blocked=(), seed=1, now=NOW)
    modules = await asked(matcher, "sorted(__import__('sys').modules)")
    assert isinstance(modules, list)
    assert {"rustworkx", "bot.domain.pairing.thinned"} <= set(modules)
    assert {name.partition(".")[0] for name in modules} & {
        "discord",
        "sqlalchemy",
        "pydantic",
        "cogs",
    } == set()


def test_whoever_only_asks_for_a_round_carries_no_numpy() -> None:
    program = (
        "import sys; from tests.support.peers import NOW, peers; from bot.domain.pairing import pair; "
        f"pair(peers({FEW}, 1), met={{}}, blocked=(), seed=1, now=NOW); "
        "import bot.services.pairing.matcher; print({'numpy', 'rustworkx'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


async def test_a_child_that_was_killed_is_replaced_for_all_who_wait(matcher: Matcher) -> None:
    people = peers(40, 1)
    before = await asked(matcher, "__import__('os').getpid()")
    assert isinstance(before, int)
    rounds = [
        asyncio.create_task(matcher.pair(people, met={}, blocked=(), seed=seed, now=NOW)) for seed in range(3)
    ]
    os.kill(before, signal.SIGKILL)
    found = await asyncio.gather(*rounds)
    assert found == [pair(people, met={}, blocked=(), seed=seed, now=NOW) for seed in range(3)]
    assert await asked(matcher, "__import__('os').getpid()") != before


async def test_a_closed_matcher_lets_its_child_go_and_may_be_asked_again(matcher: Matcher) -> None:
    before = await asked(matcher, "__import__('os').getpid()")
    assert isinstance(before, int)
    process = os.pidfd_open(before)
    matcher.close()
    assert await asyncio.to_thread(gone, process)
    people = peers(FEW + 1, 1)
    assert await matcher.pair(people, met={}, blocked=(), seed=1, now=NOW) == pair(
        people, met={}, blocked=(), seed=1, now=NOW
    )


def gone(process: int) -> bool:
    """Whether a process, named by its file descriptor, ends within a minute."""
    try:
        return bool(select.select([process], [], [], 60)[0])
    finally:
        os.close(process)


PARENT = """
import asyncio, sys
from bot.services.pairing.matcher import Matcher

async def main():
    print(await asyncio.wrap_future(Matcher()._opened().submit(eval, "__import__('os').getpid()")), flush=True)
    sys.stdin.read()

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_a_child_goes_when_its_parent_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    with parent:
        process = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
        assert gone(process)
