"""Evidence gathered over several reports of one thing."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.safety import EVIDENCE_LIMIT, REASONS, REPORT_TEXT_LIMIT, gathered

TEXTS = st.text(max_size=EVIDENCE_LIMIT)


@given(TEXTS, TEXTS)
def test_what_was_there_stays_and_what_is_new_comes_behind_it(before: str, seen: str) -> None:
    after = gathered(before, seen)
    assert after.startswith(before)
    assert len(after) <= EVIDENCE_LIMIT
    assert seen in after or len(after) == EVIDENCE_LIMIT
    assert gathered(after, before) == after


def test_every_reason_leaves_room_for_the_text() -> None:
    assert max(len(f"{code}\n") for code in REASONS) + REPORT_TEXT_LIMIT == 1000
