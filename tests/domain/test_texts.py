"""Text from people: cleaned, escaped in linear time, and read as it was written (M2)."""

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.texts import cleaned, escaped, folded, shortened

BACKSLASHED = re.compile(r"\\([\\*_~`|>#\-+\[\]()<@:])")


def as_read(text: str) -> str:
    """What Discord shows of escaped text: each escape as the character itself."""
    return BACKSLASHED.sub(r"\1", text)


@given(st.text() | st.text("\\*_~`|>#-+[]()<@: a\n"))
def test_escaped_text_reads_as_the_cleaned_one(text: str) -> None:
    assert as_read(escaped(text)) == cleaned(text)


@given(st.text() | st.text("\\*_~`|>#-+[]()<@: a\n"))
def test_nothing_that_discord_acts_on_is_left_bare(text: str) -> None:
    bare = BACKSLASHED.sub("", escaped(text))
    assert not set(bare) & set("\\*_~`|>#-+[]()<@:")


@given(st.text())
def test_cleaned_text_holds_nothing_invisible(text: str) -> None:
    kept = cleaned(text)
    assert kept == kept.strip()
    for character in kept:
        assert character in "\n\t\u200c\u200d" or unicodedata.category(character) not in {
            "Cc",
            "Cf",
            "Cs",
            "Co",
        }


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" a \n b ", "a \n b"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("e\u0301", "\u00e9"),
        ("a\u202eb\u2066c\u200bd\ufeffe\x00f", "abcdef"),
        ("\u2028a\u2029", "a"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\t\n \u200b", ""),
    ],
)
def test_cleaned(text: str, kept: str) -> None:
    assert cleaned(text) == kept


def test_cleaned_text_is_nfc_where_something_invisible_stood_between() -> None:
    assert cleaned("e\u200b\u0301") == "\u00e9"


def test_joiners_alone_are_nothing() -> None:
    assert cleaned("\u200d\u200c") == ""


@pytest.mark.parametrize(
    "text",
    [
        "@everyone",
        "<@1>",
        "<@&1>",
        "<#1>",
        "</reps:1>",
        "<t:0:R>",
        "[a](https://example.org)",
        "**b**",
        "||s||",
        "# h",
    ],
)
def test_what_discord_acts_on_is_defused(text: str) -> None:
    assert escaped(text).startswith("\\")
    assert as_read(escaped(text)) == text


def test_escaping_takes_linear_time() -> None:
    def seconds(size: int) -> float:
        best = float("inf")
        for _ in range(5):
            begun = time.perf_counter()
            escaped("[a](" * size)
            best = min(best, time.perf_counter() - begun)
        return best

    # discord.py's escape_markdown takes cubic time on this: sixteen times the text, 4,096 times the time.
    assert seconds(16_000) < 64 * seconds(1_000)
    assert seconds(1_000) < 0.1


@given(st.text(), st.integers(1, 50))
def test_shortened_text_fits_and_keeps_its_beginning(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert len(short) <= limit
    if len(text) <= limit:
        assert short == text
    else:
        assert short.endswith("…")
        assert text.startswith(short[:-1])


@given(st.text() | st.text("ab \n"), st.integers(2, 20))
def test_folded_text_is_whole_as_long_as_it_fits_in_two_lines(text: str, limit: int) -> None:
    first, second = folded(text, limit)
    assert max(len(first), len(second)) <= limit
    assert text.startswith(first)
    rest = text[len(first) :].strip()
    assert second == (rest if len(text) > limit and len(rest) <= limit else shortened(rest, limit))
    if len(text) <= limit:
        assert (first, second) == (text, "")


@given(st.lists(st.text("abc", min_size=1, max_size=10), min_size=1, max_size=30).map(" ".join))
def test_folded_text_breaks_no_word(text: str) -> None:
    first, second = folded(text, 10)
    assert text == first or text[len(first)] == " "
    if not second.endswith("…"):
        assert f"{first} {second}".strip() == text
