"""D1 and D2 with real processes: killed at any moment, over a real Discord's REST, nothing is lost or doubled."""

import random
from pathlib import Path

import pytest

from tests.support.lives import Toll, kill_run
from tests.support.post_office import small_bank


def spotless(toll: Toll) -> bool:
    return (toll.lost, toll.doubled) == (0, 0)


async def test_a_worker_killed_again_and_again(database_url: str, tmp_path: Path) -> None:
    toll = await kill_run(
        database_url, small_bank(tmp_path / "bank"), random.Random(1), deliveries=60, kills=20
    )

    assert spotless(toll), toll
    assert toll.kills >= 20
    assert toll.looked, "none came back to what a dead one had begun"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_two_workers_killed_again_and_again(database_url: str, tmp_path: Path) -> None:
    toll = await kill_run(
        database_url, small_bank(tmp_path / "bank"), random.Random(2), deliveries=30, kills=10, workers=2
    )

    assert spotless(toll), toll
    assert toll.kills >= 8
