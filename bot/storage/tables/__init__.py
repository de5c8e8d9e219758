"""The tables, one module per noun."""

from .base import Base
from .drops import Answer, Drop, Explanation, ExplanationVote
from .duties import Fact, Heartbeat
from .guides import Guide, GuideRequest
from .ledger import Minutes
from .members import Availability, Member, NotificationChoice
from .questions import Item, ItemTally, ItemVersion
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
    "Explanation",
    "ExplanationVote",
    "Fact",
    "Guide",
    "GuideRequest",
    "Heartbeat",
    "Item",
    "ItemReport",
    "ItemTally",
    "ItemVersion",
    "Leased",
    "Member",
    "Minutes",
    "NotificationChoice",
    "Rep",
    "Report",
    "Room",
    "Schedule",
    "ScheduleDraft",
    "Server",
    "StreakRepair",
    "StreakRow",
    "Suggestion",
    "Timer",
    "Total",
]
