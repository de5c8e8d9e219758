"""What the bank holds, counted."""

from bot.bank.loader import Bank
from bot.bank.stats import KINDS, Tally, count_bank, stat_lines
from tests.bank.builders import ENGINEERS, SQL, TEXTS, parsed

BANK = Bank(
    topics=(SQL, ENGINEERS),
    drafts=(
        parsed(TEXTS["sql"].replace("difficulty: 2", "difficulty: 5\nreserved: true")),
        parsed(TEXTS["choice"]),
        parsed(TEXTS["choice"].replace("track: both", "track: ds")),
    ),
)


def test_counts_by_topic_kind_difficulty_and_track() -> None:
    stats = count_bank(BANK)
    assert KINDS == ("choice", "numeric", "open", "code", "sql", "problem", "concept", "script", "probes")
    tally = Tally("sql", 3, 1, (2, 0, 0, 0, 1, 0, 0, 0, 0), (0, 2, 0, 0, 1), (1, 0, 2))
    empty = Tally("gpu", 0, 0, (0,) * 9, (0,) * 5, (0,) * 3)
    assert stats.topics == (tally, empty)
    assert stats.whole == Tally("all", *[getattr(tally, name) for name in Tally.__slots__[1:]])


def test_lines_are_aligned() -> None:
    kinds = "choice  numeric  open  code  sql  problem  concept  script  probes"
    assert stat_lines(count_bank(BANK)) == [
        f"topic  items  reserved  {kinds}  d1  d2  d3  d4  d5  ds  mle  both",
        "sql        3         1       2        ·     ·     ·    1        ·        ·       ·"
        "       ·   ·   2   ·   ·   1   1    ·     2",
        "gpu        ·         ·       ·        ·     ·     ·    ·        ·        ·       ·"
        "       ·   ·   ·   ·   ·   ·   ·    ·     ·",
        "all        3         1       2        ·     ·     ·    1        ·        ·       ·"
        "       ·   ·   2   ·   ·   1   1    ·     2",
    ]
