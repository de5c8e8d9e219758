"""The tables, one module per noun."""

from .base import Base
from .drops import Answer, Drop, Explanation, ExplanationVote
from .duties import Fact, Heartbeat
from .ledger import Minutes
from .members import Availability, Member, NotificationChoice
from .questions import Item, ItemVersion
from .rooms import Room
from .schedules import Delivery, Leased, Schedule, Timer
from .scoring import Rep, StreakRow, Total
from .servers import AuditEntry, Guide, Server

__all__ = [
    "Answer",
    "AuditEntry",
    "Availability",
    "Base",
    "Delivery",
    "Drop",
    "Explanation",
    "ExplanationVote",
    "Fact",
    "Guide",
    "Heartbeat",
    "Item",
    "ItemVersion",
    "Leased",
    "Member",
    "Minutes",
    "NotificationChoice",
    "Rep",
    "Room",
    "Schedule",
    "Server",
    "StreakRow",
    "Timer",
    "Total",
]
