"""Every way Reps says no, each with its facts and one sentence: what happened, what to do next.

Refusal
├── Setup:      NotSetUp, SetupNotAllowed, UnknownZone, WrongChannel, MissingPermissions,
│               ChannelGone, ChannelNotMade, ChannelInTheMaking, RoleOfEveryone
├── Rights:     GuidesOnly, ModeratorsOnly
├── Members:    NotAMember, ZoneChangedRecently, NothingToUndo, LongAgoJoined, NoSuchMember, PausedByGuide
├── Guides:     GuideAlready, NotAGuide, NoBots, RequestOver, TakenAlready, OwnAnswer, NotMarkedYet, GuideAnswersFirst,
│               NoReason, NotThisPerson, PausedAlready, NotPaused, VoidedAlready, NothingToVoid,
│               DayUnreadable, NotRepairable
├── Lobby:      RestingNow
├── Safety:     SubjectGone, AboutYourself, TooManyReports, ReportUnknown, ReportClosed, ReportAboutYou
├── Notices:    QuietAllDay
├── Interviews: PartnerNotAvailable, PartnerYourself, RequestOpen, TooManyMocks, NoScript, ConductFirst,
│               NothingToCancel, NotYourMock, MockOver, InterviewerOnly, NoScriptNow, TimeGone, NoOtherTimes,
│               TooEarly, CardGiven, CardSealed, NothingTold, NotMarked, NoMocksYet, EmptyProject
├── Privacy:    DeletionNotConfirmed, NothingKept
├── Schedules:  ScheduleUnknown, ScheduleInvalid, TooManySchedules, DraftOver, NothingToAsk
├── Pairing:    NotEnrolled, NotInRound, NoRounds
├── Suggestions: UnknownTopic, TooManySuggestions, SuggestionOver, SuggestionChanged, OwnSuggestion,
│               NothingToReport, NotOwnItem, WrongFile, FileTooLarge, ImportOver, OwnBankFull
├── Questions:  QuestionUnknown, QuestionsExhausted, NothingFound, NoOpenQuestion
├── Answers:    AnswerUnreadable, AnsweredAlready, AnswerClosed, AnswerNotYours, MarkedAlready,
│               EmptyText, AnswerFirst, OwnExplanation, OpenAsDaily
├── Recitation: NotYourRecitation, RecitationOver, RoomMovedOn, NotYourTurn, ForTheListener, FeedbackGiven,
│               NothingToMark, MarksMissing, FeedbackSealed, NoFeedback, NobodyToThank, WaitALittle,
│               NobodyMissing, NoOtherConcept, NoSharedTime, OwnRecitation
├── Exchange:   NothingToRecite, HandedInAlready, TooShort, RecordingUnfit, NotHandedInYet, RepliedAlready,
│               NothingToReply
├── Problems:   ProblemsExhausted, NoOpenProblem, ProposeFirst, ProposalOpened, SolutionOut, NotDiscussedYet,
│               OwnProposal, OwnInsight, NotRevealedYet, ProblemClosed, PhaseOver
├── Meetings:   MeetingOver, MeetingMovedOn, MeetingRunning, NotYourMeeting, NotInMeeting, NotYourWord, WordOver,
│               MeetingInThePast, MeetingTooFar, MeetingTimeUnreadable, MeetingPassed, NoVoiceHere
└── Platform:   OutOfDate, NotHere
"""

# The tree above names each of them; a test holds it to that.
from .base import *  # noqa: F403
from .exchange import *  # noqa: F403
from .guides import *  # noqa: F403
from .interviews import *  # noqa: F403
from .lobby import *  # noqa: F403
from .meetings import *  # noqa: F403
from .pairing import *  # noqa: F403
from .people import *  # noqa: F403
from .problems import *  # noqa: F403
from .questions import *  # noqa: F403
from .recitation import *  # noqa: F403
from .servers import *  # noqa: F403
