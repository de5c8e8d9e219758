"""Every service, built once and passed on together."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from bot.bank.intake import Tracks
from bot.clock import Clock
from bot.services import explanations, safety
from bot.services.answers import Answers
from bot.services.appointments import Appointments, Finder
from bot.services.availability import Availabilities
from bot.services.bank_files import BankFiles
from bot.services.checks import Checks
from bot.services.deliveries import Deliveries
from bot.services.digests import Digests
from bot.services.drops import Drops
from bot.services.duties import Duties
from bot.services.explanations import Explanations
from bot.services.guides import Guides
from bot.services.home import Homes
from bot.services.interviews import Interviews
from bot.services.interviews import subject as mock_partner
from bot.services.interviews.requests import Requests
from bot.services.interviews.scorecards import Scorecards
from bot.services.interviews.standing import appointment as mock_appointment
from bot.services.interviews.standing import go_on_without, part_ways
from bot.services.interviews.times import InterviewTimes
from bot.services.item_reports import ItemReports
from bot.services.lobby import Lobby, strand
from bot.services.meetings import Meetings
from bot.services.meetings.bringing import MeetingMoves
from bot.services.meetings.planning import appointed as meeting_appointed
from bot.services.meetings.turns import MeetingTurns
from bot.services.members import Members
from bot.services.notices import Notices
from bot.services.pairing import Pairing
from bot.services.pairing.matcher import Matcher
from bot.services.privacy import Privacy
from bot.services.problems import Problems, subjects
from bot.services.problems.turns import ProblemTurns
from bot.services.problems.voices import ProblemVoices
from bot.services.projects import Projects
from bot.services.questions import Questions
from bot.services.recitation import feedback, leaving, phases, rescheduling
from bot.services.recitation.exchange import Exchanges
from bot.services.recitation.history import Histories
from bot.services.recitation.recitations import Recitations
from bot.services.recitation.solo import Solos
from bot.services.rooms import Rooms
from bot.services.safety import Kind, Safety
from bot.services.schedules import Schedules
from bot.services.scoring import Scoring
from bot.services.scoring.corrections import Corrections
from bot.services.setup import ServerSetup
from bot.services.suggestions import Suggestions
from bot.services.troubles import Troubles
from bot.storage.database import Database

# What can be reported and whose author blocked; another noun is one more entry.
SUBJECTS = {
    "explanation": Kind(explanations.subject, explanations.remove),
    "feedback": Kind(feedback.feedback_subject),
    "member": Kind(safety.person),
    "mock": Kind(mock_partner),
    "recitation": Kind(feedback.partner_subject),
    "proposal": Kind(subjects.proposal, subjects.remove_proposal),
    "response": Kind(subjects.response, subjects.remove_response),
}
# What ends when one of its people blocks another.
PARTINGS = (phases.part, part_ways)
# What goes on, or ends, without somebody who stops taking part.
LEAVINGS = (leaving.left, go_on_without)
# What people agree to meet for, and are reminded of.
APPOINTMENTS: dict[str, Finder] = {
    "meeting": meeting_appointed,
    "mock": mock_appointment,
    "recitation": rescheduling.appointed,
}


@dataclass(frozen=True, slots=True)
class Services:
    """What a member, an admin or the calendar can have done."""

    answers: Answers
    appointments: Appointments
    availability: Availabilities
    bank_files: BankFiles
    checks: Checks
    corrections: Corrections
    deliveries: Deliveries
    digests: Digests
    drops: Drops
    duties: Duties
    exchanges: Exchanges
    explanations: Explanations
    guides: Guides
    history: Histories
    home: Homes
    interview_times: InterviewTimes
    interviews: Interviews
    item_reports: ItemReports
    lobby: Lobby
    meeting_moves: MeetingMoves
    meeting_turns: MeetingTurns
    meetings: Meetings
    members: Members
    mock_requests: Requests
    notices: Notices
    pairing: Pairing
    privacy: Privacy
    problem_turns: ProblemTurns
    problem_voices: ProblemVoices
    problems: Problems
    projects: Projects
    questions: Questions
    recitations: Recitations
    rooms: Rooms
    safety: Safety
    schedules: Schedules
    scorecards: Scorecards
    scoring: Scoring
    setup: ServerSetup
    solo: Solos
    suggestions: Suggestions
    troubles: Troubles

    @classmethod
    def build(
        cls,
        database: Database,
        clock: Clock,
        rng: random.Random,
        topic_names: Mapping[str, str],
        tracks: Tracks,
        matcher: Matcher,
        *,
        worker: str,
    ) -> Self:
        """Wire the services to one database, clock and source of chance."""
        return cls(
            answers=Answers(database, clock, rng, topic_names),
            appointments=Appointments(database, clock, APPOINTMENTS),
            availability=Availabilities(database, clock),
            bank_files=BankFiles(database, clock, tracks),
            checks=Checks(database, clock, topic_names),
            corrections=Corrections(database, clock),
            deliveries=Deliveries(database, clock),
            digests=Digests(database, clock),
            drops=Drops(database, clock, rng, topic_names),
            duties=Duties(database, clock, worker),
            exchanges=Exchanges(database, clock),
            explanations=Explanations(database, clock),
            guides=Guides(database, clock),
            history=Histories(database, topic_names),
            home=Homes(database, clock, topic_names),
            interview_times=InterviewTimes(database, clock),
            interviews=Interviews(database, clock, rng),
            item_reports=ItemReports(database, clock, topic_names, tracks),
            lobby=Lobby(database, clock, topic_names),
            meeting_moves=MeetingMoves(database, clock),
            meeting_turns=MeetingTurns(database, clock, rng, topic_names, matcher),
            meetings=Meetings(database, clock, rng),
            members=Members(database, clock, LEAVINGS),
            mock_requests=Requests(database, clock, rng),
            notices=Notices(database, clock),
            pairing=Pairing(database, clock, rng, matcher),
            privacy=Privacy(database, clock, LEAVINGS),
            problem_turns=ProblemTurns(database, clock, rng, topic_names),
            problem_voices=ProblemVoices(database, clock),
            problems=Problems(database, clock, rng, topic_names),
            projects=Projects(database, clock),
            questions=Questions(database, clock, topic_names),
            recitations=Recitations(database, clock, rng, strand),
            rooms=Rooms(database, clock),
            safety=Safety(database, clock, SUBJECTS, PARTINGS),
            schedules=Schedules(database, clock),
            scorecards=Scorecards(database, clock),
            scoring=Scoring(database, clock),
            setup=ServerSetup(database, clock),
            solo=Solos(database, clock, rng, topic_names),
            suggestions=Suggestions(database, clock, topic_names, tracks),
            troubles=Troubles(database, clock),
        )
