"""The tables, one module per noun."""

from .base import Base
from .drops import Answer, Drop, Explanation, ExplanationVote
from .duties import Fact, Heartbeat
from .guides import Guide, GuideRequest
from .interviews import MockCard, MockInterview, MockSeat, OwnProject
from .ledger import Minutes
from .meetings import Meeting, MeetingAttendee, MeetingGroup, MeetingTable
from .members import Availability, Member, NotificationChoice
from .pairing import Enrolment, LobbyTicket, Round
from .problems import InsightVote, Problem, ProblemSeat, Proposal, Response
from .questions import Item, ItemTally, ItemVersion
from .recitation import Recitation, RecitationFeedback, Reciter
from .rooms import Room
from .safety import Block, Report
from .schedules import Delivery, Leased, Schedule, ScheduleDraft, Timer
from .scoring import Rep, StreakRepair, StreakRow, Total
from .servers import AuditEntry, Server
from .suggestions import BankImport, ItemReport, Suggestion

__all__ = [
    "Answer",
    "AuditEntry",
    "Availability",
    "BankImport",
    "Base",
    "Block",
    "Delivery",
    "Drop",
    "Enrolment",
    "Explanation",
    "ExplanationVote",
    "Fact",
    "Guide",
    "GuideRequest",
    "Heartbeat",
    "InsightVote",
    "Item",
    "ItemReport",
    "ItemTally",
    "ItemVersion",
    "Leased",
    "LobbyTicket",
    "Meeting",
    "MeetingAttendee",
    "MeetingGroup",
    "MeetingTable",
    "Member",
    "Minutes",
    "MockCard",
    "MockInterview",
    "MockSeat",
    "NotificationChoice",
    "OwnProject",
    "Problem",
    "ProblemSeat",
    "Proposal",
    "Recitation",
    "RecitationFeedback",
    "Reciter",
    "Rep",
    "Report",
    "Response",
    "Room",
    "Round",
    "Schedule",
    "ScheduleDraft",
    "Server",
    "StreakRepair",
    "StreakRow",
    "Suggestion",
    "Timer",
    "Total",
]
