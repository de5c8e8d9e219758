"""What is told about group problems."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors.base import Refusal, stamp


class ProblemsExhausted(Refusal):
    words = "No group problem in the bank fits these filters. Choose a wider topic, track or difficulty and try again."


@dataclass(eq=False)
class NoOpenProblem(Refusal):
    next_at: datetime | None

    @property
    def sentence(self) -> str:
        if self.next_at is None:
            return "No group problem is open here, and none is planned. A guide can post one with `/problem post`."
        return f"No group problem is open right now. The next one comes {stamp(self.next_at, 'R')}."


class ProposeFirst(Refusal):
    words = (
        "The proposals are sealed until the discussion opens, so that nobody leans on the first voice. "
        "Press *Propose* first; then you can read the others'."
    )


class ProposalOpened(Refusal):
    words = "Your proposal is open for everyone by now, so it stays as it is. Say in the discussion what you would do."


class SolutionOut(Refusal):
    words = "The solution of this problem is out, so no proposal comes any more. The next problem is open to you too."


class NotDiscussedYet(Refusal):
    words = "The discussion of this problem has not opened yet. Until then *Propose* is the way to take part."


class OwnProposal(Refusal):
    words = "This proposal is your own. Respond to somebody else's: *Read the proposals* shows them."


class OwnInsight(Refusal):
    words = "You cannot vote for yourself. Whose proposal or response helped you most?"


class NotRevealedYet(Refusal):
    words = (
        "The solution is not out yet, so there is nothing to check against. Come back when the card says so."
    )


class ProblemClosed(Refusal):
    words = (
        "This problem is closed. Its thread stays for reading, and `/problem open` shows what is open now."
    )


class PhaseOver(Refusal):
    words = "This problem is in another phase by now, so I changed nothing. Press *For guides* to see where it stands."
