"""The thread of an interview: a card for each phase with at most two buttons; the rest is under *More*."""

from collections.abc import Callable

from bot.client.cards import GOOD, QUIET, Card, card, row
from bot.domain.interviews import State, Why
from bot.domain.interviews.readouts import Mock
from bot.ui.appointments import calendar_file, in_words, moment_lines, moment_options
from bot.ui.interviews.scorecards import CardsButton, ReadButton
from bot.ui.interviews.scripts import OpenScriptButton, ScriptTicket
from bot.ui.interviews.threads import (
    AGAIN,
    PRIMARY,
    SUCCESS,
    MoreButton,
    OtherTimesButton,
    StartButton,
    TimeSelect,
)
from bot.ui.interviews.tickets import (
    HalfTicket,
    MockTicket,
    TurnTicket,
    asked_about,
    both,
    half_words,
    person,
)
from bot.ui.notices import NoticesButton
from bot.ui.phrases import stamp

WATCHED = (
    "-# Only you two are in this thread; moderators can read it and enter. *More* has *Report or block*."
)
CANCELLED = f"This interview was cancelled. Something always may come up. {AGAIN}"
# Whoever left, was erased or blocks the other is told of in the words of any cancelling.
ENDED: dict[Why, str] = {
    "expired": f"No time was agreed on, so this one is closed. {AGAIN}",
    "not-begun": f"This interview did not begin, so it is closed. {AGAIN}",
}


def thread_name(mock: Mock) -> str:
    """What the thread is called; names of people stay out of it."""
    return "Mock interview"


def thread_marker(mock: Mock) -> str:
    """The custom_id by which the card now in force is found again."""
    return MoreButton.custom_id_for(TurnTicket(mock.id, mock.turn))


def thread_card(mock: Mock) -> Card:
    """What the thread is told now."""
    return _CARDS[mock.state](mock)


def _more(mock: Mock) -> MoreButton:
    return MoreButton(TurnTicket(mock.id, mock.turn), label="More")


def _voice(mock: Mock) -> str | None:
    return f"Your voice room: <#{mock.voice_id}>" if mock.voice_id else None


def _arranging_card(mock: Mock) -> Card:
    first, second = mock.seats
    takers = [seat for seat in mock.seats if seat.takes in mock.offered]
    waited = [seat for seat in mock.seats if seat not in takers]
    missed = next((seat for seat in mock.seats if seat.missed_at is not None and seat in waited), None)
    if missed is not None:
        head = (
            f"{person(missed)}, {person(mock.other(missed))} was here and did not find you. Something always may come "
            "up: here are other times."
        )
    elif len(takers) == 1:
        head = (
            f"{person(takers[0])} takes {stamp(takers[0].takes or mock.asked_at, 'F')}. "
            f"{person(waited[0])}, does that fit you? Take it too, or another one."
        )
    elif len(takers) == 2:
        head = f"{both(mock)}, you take different times. Take the same one, and it is agreed."
    elif mock.nudged:
        head = f"{both(mock)}, you have no time yet. One choice each is enough."
    else:
        head = f"{both(mock)}, choose a time: once you both take the same one, it is agreed."
    return card(
        "## A mock interview for you two",
        f"{person(first)} is asked about {asked_about(first)}, {person(second)} about {asked_about(second)}: each "
        f"interviews the other for one half by a script, about {mock.minutes} minutes in all.",
        head,
        moment_lines(mock.offered, mock.zones),
        row(
            TimeSelect(
                TurnTicket(mock.id, mock.turn),
                placeholder="I take…",
                options=moment_options(mock.offered, mock.zones),
            )
        )
        if mock.offered
        else None,
        row(OtherTimesButton(MockTicket(mock.id), label="Three others"), _more(mock)),
        _voice(mock),
        WATCHED,
        pings=[seat.discord_id for seat in waited or mock.seats],
    )


def _agreed_card(mock: Mock) -> Card:
    assert mock.starts_at is not None
    assert mock.agreed_at is not None
    link = f"https://discord.com/channels/{mock.guild_id}/{mock.thread_id}"
    words = f"You interview each other, one half each. Where: {link}"
    return card(
        f"## Agreed: {stamp(mock.starts_at, 'F')}",
        f"-# {in_words(mock.starts_at, mock.zones)}",
        f"{both(mock)}, I mention you here when it begins. The file puts it into your calendar.",
        calendar_file(
            "mock", mock.id, "Mock interview", mock.starts_at, mock.minutes, words, at=mock.agreed_at
        ),
        row(NoticesButton(label="Remind me before"), _more(mock)),
        _voice(mock),
        "-# Can you not come? *Reschedule* and *Cancel* are under *More*; the earlier, the better.",
        colour=GOOD,
        pings=[seat.discord_id for seat in mock.seats],
    )


def _ready_card(mock: Mock) -> Card:
    head = (
        "Ten minutes have passed. Press *Start* when you are both here. If your partner has not come, say so under "
        "*More*."
        if mock.nudged
        else "Say hello, then press *Start*."
    )
    return card(
        "## It is time",
        f"{both(mock)}: first {half_words(mock, mock.seats[0])}. Then you swap.",
        head,
        row(StartButton(HalfTicket(mock.id, 0), label="Start", style=SUCCESS), _more(mock)),
        _voice(mock),
        WATCHED,
        pings=[seat.discord_id for seat in mock.seats],
    )


def _half_card(mock: Mock) -> Card:
    asked, asking = mock.interviewee, mock.interviewer
    assert mock.ends_at is not None
    return card(
        f"## {'First' if asked.place == 0 else 'Second'} half: {asked_about(asked)}",
        f"{person(asking)} interviews {person(asked)}. It ends {stamp(mock.ends_at, 'R')}.",
        f"{person(asking)}, the script is for you alone: open it, and go stage by stage. {person(asked)}, think "
        'aloud; "I don\'t know", then reasoning, is a good answer.',
        row(
            OpenScriptButton(
                ScriptTicket(mock.id, asked.place, 0), label="Script for the interviewer", style=PRIMARY
            ),
            _more(mock),
        ),
        _voice(mock),
        pings=[seat.discord_id for seat in mock.seats],
    )


def _swap_card(mock: Mock) -> Card:
    return card(
        "## Half-time: swap" if not mock.nudged else "## Your second half waits",
        f"{both(mock)}: now {half_words(mock, mock.seats[1])}. Take a breath, then press *Start*.",
        row(StartButton(HalfTicket(mock.id, 1), label="Start", style=SUCCESS), _more(mock)),
        _voice(mock),
        pings=[seat.discord_id for seat in mock.seats],
    )


def _feedback_card(mock: Mock) -> Card:
    owing = [seat for seat in mock.seats if mock.owed_by(seat)]
    names = " and ".join(person(seat) for seat in owing)
    return card(
        "## Time. Thank you both" if not mock.nudged else "## Your cards are still to come",
        f"{names or both(mock)}: tell each other how it was. One card about how your partner answered, and one about "
        "how they interviewed; two minutes in all. Speak about the answers, never about accent or grammar.",
        "They are sealed until you both gave yours, or for 24 hours. Your cards also confirm your partner's points.",
        row(CardsButton(MockTicket(mock.id), label="Give my cards", style=PRIMARY), _more(mock)),
        pings=[seat.discord_id for seat in owing],
    )


def _opened_card(mock: Mock) -> Card:
    return card(
        "## Your cards are open",
        f"{both(mock)}, each of you reads what the other said; only you see yours. `/mock history` keeps it.",
        row(ReadButton(MockTicket(mock.id), label="Read what was said about me", style=PRIMARY), _more(mock)),
        colour=GOOD,
        pings=[seat.discord_id for seat in mock.seats],
    )


def _over_card(mock: Mock) -> Card:
    return card(
        "## This one is closed",
        f"{both(mock)}: {ENDED.get(mock.why, CANCELLED) if mock.why else CANCELLED}",
        row(_more(mock)),
        colour=QUIET,
        pings=[seat.discord_id for seat in mock.seats],
    )


_CARDS: dict[State, Callable[[Mock], Card]] = {
    "arranging": _arranging_card,
    "agreed": _agreed_card,
    "ready": _ready_card,
    "first": _half_card,
    "swap": _swap_card,
    "second": _half_card,
    "feedback": _feedback_card,
    "opened": _opened_card,
    "over": _over_card,
}
