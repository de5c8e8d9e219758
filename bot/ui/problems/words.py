"""The words of a group problem: where it stands, who took part, and how, cut to what fits on a card."""

from collections.abc import Iterable, Sequence

from bot.client.cards import Attached, Part, Text
from bot.domain.problems import Contributor, Problem, Taking
from bot.domain.texts import escaped, shortened
from bot.ui.phrases import many, stamp
from bot.ui.questions import DIFFICULTY, trimmed

NAMES_LENGTH, PAIRS_LENGTH, PAIRS_SHOWN = 300, 500, 8
MODERATED = "-# Moderators can read and enter the discussion."


def headline(problem: Problem) -> str:
    """Topic, difficulty and length in one quiet line."""
    draft = problem.question.draft
    difficulty = DIFFICULTY[draft["difficulty"]]
    return (
        f"-# Group problem · {problem.question.topic_name} · {difficulty} · about {draft['minutes']} minutes"
    )


def phase_words(problem: Problem) -> str:
    """What is to be done now, and until when."""
    until = stamp(problem.ends_at, "f") + f" ({stamp(problem.ends_at, 'R')})" if problem.ends_at else "later"
    match problem.phase:
        case "draft" | "propose":
            return (
                f"**Now: propose**, until {until}. Proposals are sealed: you read the others' after yours, or when "
                "the discussion opens. You can change yours until then."
            )
        case "discuss":
            return (
                f"**Now: discuss**, until {until}. Respond to at least one proposal: reply to its message, or press "
                "*Respond*. Late proposals are welcome and marked."
            )
        case "reveal":
            return (
                f"**Now: check and vote**, until {until}. The solution is out: check your proposal against it, and "
                "vote for what helped you most."
            )
        case _:
            return "**Closed.** Thank you for thinking together."


def participation(problem: Problem) -> str:
    """Who has proposed and who has responded to whom, in figures and names."""
    proposed, responded, gone = problem.proposed, problem.responded, problem.gone
    if not problem.people and not gone.people:
        return "**Proposed: 0.** Be the first: a rough idea is a good start."
    lines = [
        f"**Proposed: {len(proposed) + gone.proposals}.** {names_words(proposed, gone.proposals)}".rstrip()
    ]
    if problem.phase in ("draft", "propose"):
        return lines[0]
    erased = f" {gone.responders} whose data was erased" if gone.responders else ""
    lines.append(f"**Responded: {len(responded) + gone.responders}.**{erased}")
    lines += pair_lines(responded)
    if problem.unanswered and problem.phase != "closed":
        waits = "waits" if problem.unanswered == 1 else "wait"
        lines.append(f"-# {many(problem.unanswered, 'proposal')} still {waits} for a first response.")
    return "\n".join(lines)


def names_words(people: Sequence[Contributor], erased: int = 0) -> str:
    """Names in a row, as many as fit; those without one are counted, and those who were erased."""
    shown: list[str] = []
    named = [escaped(one.name) + (" (late)" if one.late else "") for one in people if one.name is not None]
    for name in named:
        if sum(map(len, shown)) + len(name) > NAMES_LENGTH:
            break
        shown.append(name)
    hidden, left = len(people) - len(named), len(named) - len(shown)
    if left:
        shown.append(f"{left} more")
    if hidden:
        shown.append(many(hidden, "member") + " without a shown name")
    if erased:
        shown.append(f"{erased} whose data was erased")
    return ", ".join(shown)


def pair_lines(people: Sequence[Contributor]) -> list[str]:
    """Who responded to whom, a line each, as many as fit."""
    shown: list[str] = []
    for one in people[:PAIRS_SHOWN]:
        line = pair_words(one)
        if sum(map(len, shown)) + len(line) > PAIRS_LENGTH:
            break
        shown.append(line)
    left = len(people) - len(shown)
    return [*shown, f"-# and {left} more; *Who took part* has everyone."] if left else shown


def pair_words(one: Contributor) -> str:
    """Whom somebody responded to."""
    to = ", ".join(escaped(name) for name in one.responded_to)
    return f"{shown_name(one)} → {shortened(to, 120)}"


def shown_name(one: Contributor) -> str:
    """Somebody in a list."""
    return escaped(one.name) if one.name is not None else "A member without a shown name"


def everyone(people: Iterable[Contributor]) -> list[str]:
    """A line for each who took part: what they did."""
    lines = []
    for one in people:
        did = ["proposed" + (" (late)" if one.late else "")] if one.proposed else []
        if one.responded_to:
            to = shortened(", ".join(escaped(name) for name in one.responded_to), 80)
            did.append(f"responded to {to}")
        lines.append(f"- {shown_name(one)}: {'; '.join(did)}")
    return lines


def gain_words(taking: Taking) -> str | None:
    """What it brought."""
    gained = [many(taking.reps, "rep")] if taking.reps else []
    gained += [many(taking.points, "point")] if taking.points else []
    return " · ".join(f"**+{one}**" for one in gained) or None


def written_parts(text: str, name: str, limit: int = 3400) -> tuple[Part, ...]:
    """Somebody's text as plain text; with a file of the whole where the card does not take it."""
    whole = Text(escaped(text))
    parts = trimmed([whole], limit)
    if parts == [whole]:
        return (whole,)
    return (*parts, Attached(f"{name}.txt", text.encode()))
