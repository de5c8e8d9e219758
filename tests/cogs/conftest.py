"""People with a past, for tests of what becomes of it."""

import pytest

from tests.support.group import Group
from tests.support.world import World


@pytest.fixture
async def group(quiz: World) -> Group:
    """Six people who answered, and a revealed question on which Bo and Cy explained themselves."""
    await quiz.admin.slash(quiz.channel, "setup start")
    made = Group(quiz)
    await made.study()
    return made
