"""Text from people, made safe to keep and to show (M2)."""

import unicodedata

# Characters that start or shape Markdown, mentions, links and timestamps in Discord.
_SPECIAL = frozenset("\\*_~`|>#-+[]()<@:")
# Joiners inside emoji and several scripts; without them names in those scripts fall apart.
_JOINERS = frozenset("\u200c\u200d")
_TRIMMED = " \n\t\u00a0" + "".join(sorted(_JOINERS))
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def cleaned(text: str) -> str:
    """NFC, without control, bidirectional and invisible characters, trimmed; line breaks stay."""
    kept = "".join(
        character
        for character in text.replace("\r\n", "\n").replace("\r", "\n")
        if character in "\n\t" or character in _JOINERS or unicodedata.category(character) not in _INVISIBLE
    )
    # Joiners hold letters together; at an end, or alone, they hold nothing.
    return unicodedata.normalize("NFC", kept).strip(_TRIMMED)


def escaped(text: str) -> str:
    """Cleaned text in which nothing is Markdown, a mention or a link; one pass, linear time.

    discord.py's escape_markdown takes cubic time on hostile text, so it is not used.
    """
    return "".join("\\" + character if character in _SPECIAL else character for character in cleaned(text))


def folded(text: str, limit: int) -> tuple[str, str]:
    """A text in two lines of at most `limit` characters each, broken between words where it can be."""
    if len(text) <= limit:
        return text, ""
    first = text[: limit + 1].rpartition(" ")[0].rstrip() or text[:limit]
    return first, shortened(text[len(first) :].strip(), limit)


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
