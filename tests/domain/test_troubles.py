"""The memory of what the staff was told: each trouble once, the newest kept, a source forgotten whole."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.troubles import MEMORY, added, is_told, without

sources = st.sampled_from(("1", "2", "11", "drop.reveal"))
troubles = st.tuples(sources, st.text(max_size=5))


@given(st.lists(troubles, max_size=60))
def test_the_memory_fits_and_holds_the_newest(told: list[tuple[str, str]]) -> None:
    memory = None
    for source, reason in told:
        memory = added(memory, source, reason)
        assert is_told(memory, source, reason)
        assert len(memory) <= MEMORY
    for source, reason in told[-8:]:
        assert is_told(memory, source, reason)


@given(st.lists(troubles, max_size=8), sources)
def test_a_source_is_forgotten_whole_and_alone(told: list[tuple[str, str]], over: str) -> None:
    memory = None
    for source, reason in told:
        memory = added(memory, source, reason)
    left = without(memory, over)
    for source, reason in told:
        assert is_told(left, source, reason) == (source != over)
    assert left != ""
