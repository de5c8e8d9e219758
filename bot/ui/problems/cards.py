"""A group problem's messages: its card, what opens each phase, each proposal and response, and the summary."""

import discord

from bot.client.cards import GOOD, QUIET, STUDY, TEXT_LIMIT, Card, Rule, Text, card, row
from bot.domain.notices import PROBLEM
from bot.domain.problems import OPENED_AT_MOST, Nudge, Outcome, Problem, Proposed, Responded
from bot.domain.texts import escaped, shortened
from bot.ui.notices import StopButton, StopTicket
from bot.ui.phrases import many, somebody, stamp
from bot.ui.problems.checking import CheckButton, HintButton
from bot.ui.problems.guiding import GuideButton
from bot.ui.problems.taking import (
    DataButton,
    HelpedButton,
    PeopleButton,
    ProposalsButton,
    ProposeButton,
    RespondButton,
    ResponseHelpedButton,
    proposal_title,
)
from bot.ui.problems.tickets import (
    MessageTicket,
    PageTicket,
    ProblemTicket,
    ProposalTicket,
    ResponseTicket,
)
from bot.ui.problems.words import MODERATED, headline, participation, phase_words, written_parts
from bot.ui.questions import key_point_lines, sources_line, trimmed
from bot.ui.safety import SafetyButton, SafetyTicket

# A little is left for what Discord counts and we do not.
ROOM = TEXT_LIMIT - 100
INSIGHTS_SHOWN = 5
# The summary has all of it.
COMMENT_SHOWN = 300
NO_GUIDE = "-# No guide has looked at this one, so the model solution stands in for a guide's word."


def problem_card(problem: Problem) -> Card:
    """The problem where it was posted: the case, where it stands, and who has taken part."""
    draft, ticket = problem.question.draft, ProblemTicket(problem.id)
    open_now, proposing = problem.phase != "closed", problem.phase in ("draft", "propose", "discuss")
    late = problem.late and problem.due_at is not None
    texts = [
        f"## {escaped(draft['title'])}",
        headline(problem),
        f"-# Posted late: it was due {stamp(problem.due_at, 'f')}, but I was away. Sorry!"
        if late and problem.due_at
        else None,
        draft["question"],
    ]
    state = [
        phase_words(problem),
        _solution_link(problem),
        participation(problem),
        _guide_words(problem),
    ]
    data = _data(problem, ROOM - sum(len(one) for one in (*texts, *state) if one))
    return card(
        *texts,
        data,
        Rule(),
        *state,
        row(
            ProposeButton(ticket, label="Propose", style=discord.ButtonStyle.primary) if proposing else None,
            CheckButton(MessageTicket(problem.id, "card"), label="Check yourself")
            if problem.phase in ("reveal", "closed")
            else None,
            ProposalsButton(MessageTicket(problem.id, "card")),
            PeopleButton(PageTicket(problem.id, 0), label="Who took part"),
            HintButton(ticket, label="Hint") if open_now else None,
            GuideButton(ticket, label="For guides"),
        ),
        row(DataButton(ticket, label="All of the data")) if data != _data(problem, ROOM) else None,
        MODERATED if problem.phase in ("draft", "propose") else None,
        colour=STUDY if open_now else QUIET,
    )


def problem_marker(problem: Problem) -> str:
    """The custom_id by which a posted problem is found again."""
    return ProposeButton.custom_id_for(ProblemTicket(problem.id))


def _data(problem: Problem, room: int) -> Text | None:
    data = problem.question.draft["data"]
    if not data or room < 100:
        return None
    (part,) = trimmed([Text(f"**Data**\n{data}")], room)
    assert isinstance(part, Text)
    return part


def _solution_link(problem: Problem) -> str | None:
    if problem.reveal_message_id is None:
        return None
    way = f"https://discord.com/channels/{problem.guild_id}/{problem.room}/{problem.reveal_message_id}"
    return f"[The solution]({way})"


def _guide_words(problem: Problem) -> str | None:
    lines = []
    if problem.guide:
        lines.append(f"Guide: {somebody(problem.guide)}.")
    elif problem.phase != "closed" and not problem.in_meeting:
        asked = f"Any <@&{problem.guide_role}> can take it: *For guides*. " if problem.guide_role else ""
        lines.append(f"-# No guide has this one yet. {asked}Without one, the model solution stands in.")
    if problem.comment:
        lines.append(f"The guide says: {shortened(escaped(problem.comment), COMMENT_SHOWN)}")
    return "\n".join(lines) or None


# --- what opens each phase


def discussion_card(problem: Problem) -> Card:
    """The discussion is open."""
    count = len(problem.proposed)
    if not count:
        said = (
            "Nobody has proposed anything yet. There is still time: *Propose* under the problem is open until the "
            "solution is shown."
        )
    elif count == 1:
        said = "One proposal came, and it is opened here now. Question it, add to it, or propose another way."
    else:
        said = f"**{many(count, 'proposal')}** came, and they are opened here now. Everyone: respond to at least one."
        if count > OPENED_AT_MOST:
            said += f" The first {OPENED_AT_MOST} by lot are messages; *Read the proposals* has all of them."
    until = f" The solution comes {stamp(problem.ends_at, 'f')}." if problem.ends_at else ""
    return card(
        "## The discussion is open",
        said + until,
        "-# Reply to a proposal's message, or press *Respond* under it: both count, once per proposal.",
        row(ProposalsButton(MessageTicket(problem.id, "discuss"))),
        MODERATED,
    )


def solution_card(problem: Problem) -> Card:
    """A model solution."""
    draft = problem.question.draft
    return card(
        f"## A way to solve it: {escaped(draft['title'])}",
        *trimmed([Text(draft["model_solution"])], 3500),
        sources_line(problem.question) and shortened(sources_line(problem.question) or "", 250),
        row(ProposalsButton(MessageTicket(problem.id, "solution"))),
        colour=GOOD,
    )


def rubric_card(problem: Problem) -> Card:
    """What tends to go wrong, and what a strong answer has."""
    draft = problem.question.draft
    until = (
        f" Votes count until {stamp(problem.ends_at, 'f')}."
        if problem.phase == "reveal" and problem.ends_at
        else ""
    )
    return card(
        *trimmed(
            [
                Text(f"**Pitfalls**\n{key_point_lines(draft['pitfalls'])}"),
                Text(f"**What a strong answer has**\n{key_point_lines(draft['strong_answer'])}"),
            ],
            3500,
        ),
        "Whose proposal or response helped you most? Press *This helped me most* under it; you have one vote."
        + until,
        NO_GUIDE if problem.guide is None else None,
        row(
            CheckButton(
                MessageTicket(problem.id, "rubric"),
                label="Check yourself",
                style=discord.ButtonStyle.primary,
            )
        ),
        colour=GOOD,
    )


def summary_card(outcome: Outcome) -> Card:
    """How it went, once it is closed."""
    problem = outcome.problem
    gone = problem.gone
    people, proposals = len(problem.people) + gone.people, len(problem.proposed) + gone.proposals
    responses = outcome.responses + gone.responses
    lines = [
        f"**{many(people, 'person', 'people')}** took part: {many(proposals, 'proposal')} and "
        f"{many(responses, 'response')}, about {many(outcome.minutes, 'minute')} of study together."
        if people
        else "Nobody took part this time. The problem stays here for reading."
    ]
    if outcome.insights:
        told = ", ".join(
            f"{escaped(name)} ({many(votes, 'vote')})" for name, votes in outcome.insights[:INSIGHTS_SHOWN]
        )
        lines.append(f"**What helped most:** {told}.")
    if outcome.signed_off:
        names = shortened(", ".join(escaped(name) for name in outcome.signed_off), 600)
        lines.append(f"**Signed off by the guide:** {names}.")
    if problem.comment:
        lines.append(f"**The guide says:** {escaped(problem.comment)}")
    return card(
        "## How it went",
        *trimmed([Text("\n".join(lines))], 3600),
        NO_GUIDE if people and problem.guide is None else None,
        row(ProposalsButton(MessageTicket(problem.id, "summary"))),
        colour=GOOD,
    )


def phase_cards(phase: str, outcome: Outcome) -> tuple[tuple[str, Card], ...]:
    """The messages with which a phase begins, each with the custom_id it is found by."""
    problem = outcome.problem

    def marked(message: str) -> MessageTicket:
        return MessageTicket(problem.id, message)

    match phase:
        case "discuss":
            return ((ProposalsButton.custom_id_for(marked("discuss")), discussion_card(problem)),)
        case "reveal":
            return (
                (ProposalsButton.custom_id_for(marked("solution")), solution_card(problem)),
                (CheckButton.custom_id_for(marked("rubric")), rubric_card(problem)),
            )
        case _:
            return ((ProposalsButton.custom_id_for(marked("summary")), summary_card(outcome)),)


# --- the discussion


def proposal_card(proposed: Proposed) -> Card:
    """One proposal, open for everyone."""
    ticket = ProposalTicket(proposed.id)
    return card(
        f"**{proposal_title(proposed)}**",
        *written_parts(proposed.text, f"proposal-{proposed.id}"),
        row(
            RespondButton(ticket, label="Respond"),
            HelpedButton(ticket),
            SafetyButton(SafetyTicket("proposal", proposed.id)),
        ),
    )


def proposal_marker(proposed: Proposed) -> str:
    """The custom_id by which an opened proposal is found again."""
    return RespondButton.custom_id_for(ProposalTicket(proposed.id))


def response_card(response: Responded) -> Card:
    """One response from the form, open for everyone."""
    to = f"[{escaped(response.to)}]({response.link})" if response.link else escaped(response.to)
    ticket = ResponseTicket(response.id)
    return card(
        f"**{escaped(response.name)}** responds to {to}",
        *written_parts(response.text, f"response-{response.id}"),
        row(ResponseHelpedButton(ticket), SafetyButton(SafetyTicket("response", response.id))),
    )


def response_marker(response: Responded) -> str:
    """The custom_id by which a posted response is found again."""
    return ResponseHelpedButton.custom_id_for(ResponseTicket(response.id))


# --- told by direct message


def nudge_card(nudge: Nudge) -> Card:
    """Reminds once of a problem, says which server it comes from, and how to stop it."""
    what = "waits for a response of yours" if nudge.proposed else "waits for your proposal"
    return card(
        f"The group problem in **{escaped(nudge.server_name)}** {what}: [{escaped(nudge.title)}]({nudge.link})",
        "-# You asked me there to remind you once. `/me settings` on that server has all your notices.",
        row(StopButton(_stop_ticket(nudge), label="Stop these reminders")),
    )


def nudge_marker(nudge: Nudge) -> str:
    """The custom_id by which a nudge that was sent is found again."""
    return StopButton.custom_id_for(_stop_ticket(nudge))


def _stop_ticket(nudge: Nudge) -> StopTicket:
    return StopTicket(PROBLEM, nudge.server_id, nudge.problem_id)


# --- /problem open


def open_card(problems: tuple[Problem, ...]) -> Card:
    """What is open here, for one person's eyes, with the ways on that do not need the message."""
    parts: list[Text | object] = []
    for problem in problems:
        title = escaped(problem.question.draft["title"])
        name = f"[{title}]({problem.link})" if problem.message_id else title
        parts.append(
            Text(f"**{name}**\n{headline(problem)}\n{phase_words(problem)}\n{participation(problem)}")
        )
    ways = [
        row(
            ProposeButton(ProblemTicket(one.id), label="Propose") if one.phase != "reveal" else None,
            ProposalsButton(MessageTicket(one.id, "open")),
            CheckButton(MessageTicket(one.id, "open"), label="Check yourself")
            if one.phase == "reveal"
            else None,
            HintButton(ProblemTicket(one.id), label="Hint"),
            GuideButton(ProblemTicket(one.id), label="For guides"),
        )
        for one in problems
    ]
    texts = trimmed(parts, 3600)  # type: ignore[arg-type]
    return card("## Open here", *(part for pair in zip(texts, ways, strict=True) for part in pair))
