"""Metrics: what the bot counts about itself, in one registry of its own that the assembly passes down."""

import re
from collections import OrderedDict, deque
from datetime import datetime
from time import perf_counter

import aiohttp
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

# Discord allows three seconds; the last bucket but one is the fault.
ACKNOWLEDGED_WITHIN = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
LATE_BY = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 3600.0, 21600.0)
# An interaction unanswered for this long never will be.
GIVEN_UP_SECONDS = 15.0
LAG_KEPT = 120  # samples: a minute at two a second

_CALLBACK = re.compile(r"/interactions/(\d+)/[^/]+/callback$")


class Metrics:
    """Counters and histograms that move as things happen; what can be looked up is looked up by the probes."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, CPU, open files
        self._acknowledged = Histogram(
            "reps_interaction_acknowledge_seconds",
            "From an interaction's arrival to Discord's word that it was acknowledged, by kind.",
            ["kind"],
            buckets=ACKNOWLEDGED_WITHIN,
            registry=self.registry,
        )
        self._interactions = Counter(
            "reps_interactions", "Interactions that arrived, by kind.", ["kind"], registry=self.registry
        )
        self._unanswered = Counter(
            "reps_interactions_unanswered",
            "Interactions never acknowledged, by kind.",
            ["kind"],
            registry=self.registry,
        )
        self._errors = Counter(
            "reps_interaction_errors",
            "Interactions that ended in a sentence: a refusal is meant, a failure is ours.",
            ["kind"],
            registry=self.registry,
        )
        self._deliveries = Counter(
            "reps_deliveries", "Deliveries settled, by outcome.", ["outcome"], registry=self.registry
        )
        self._lateness = Histogram(
            "reps_post_lateness_seconds",
            "From the moment a post was due to the moment it stood in its channel.",
            buckets=LATE_BY,
            registry=self.registry,
        )
        for outcome in ("posted", "late", "missed"):
            self._deliveries.labels(outcome)
        for kind in ("refusal", "failure"):
            self._errors.labels(kind)
        self._lag = Gauge(
            "reps_loop_lag_seconds", "How long the event loop was last held up.", registry=self.registry
        )
        self._worst_lag = Gauge(
            "reps_loop_lag_max_seconds",
            "The longest the event loop was held up in the last minute.",
            registry=self.registry,
        )
        self._backup = Gauge(
            "reps_backup_timestamp_seconds",
            "When the newest scheduled back-up here was made; 0 before there is one.",
            registry=self.registry,
        )
        # While Discord is in trouble nothing is posted; no fault of this process, so its health only says so.
        self.paused_until: datetime | None = None
        self._lags: deque[float] = deque(maxlen=LAG_KEPT)
        # Not a plain dict, which looks at every gap the answered ones left before it finds its oldest.
        self._asked: OrderedDict[int, tuple[str, float]] = OrderedDict()

    def arrived(self, interaction_id: int, kind: str) -> None:
        """An interaction came in; the way to its acknowledgement begins."""
        now = perf_counter()
        self._interactions.labels(kind).inc()
        self._asked[interaction_id] = kind, now
        while now - next(iter(self._asked.values()))[1] > GIVEN_UP_SECONDS:
            _, (given_up, _) = self._asked.popitem(last=False)
            self._unanswered.labels(given_up).inc()

    def acknowledged(self, interaction_id: int) -> None:
        """Discord took the first answer to an interaction; later ones do not count."""
        if asked := self._asked.pop(interaction_id, None):
            kind, since = asked
            self._acknowledged.labels(kind).observe(perf_counter() - since)

    def trace(self) -> aiohttp.TraceConfig:
        """What the client's HTTP session tells when a request has been answered."""
        config = aiohttp.TraceConfig()

        async def answered(_: object, __: object, told: aiohttp.TraceRequestEndParams) -> None:
            if told.method == "POST" and told.response.ok and (found := _CALLBACK.search(told.url.path)):
                self.acknowledged(int(found[1]))

        config.on_request_end.append(answered)
        return config

    def told(self, *, refusal: bool) -> None:
        """Somebody read why it did not work: refused by a rule, or failed."""
        self._errors.labels("refusal" if refusal else "failure").inc()

    def posted(self, seconds: float, *, late: bool) -> None:
        """A delivery stands in its channel, so many seconds after it was due."""
        self._deliveries.labels("late" if late else "posted").inc()
        self._lateness.observe(max(0.0, seconds))

    def missed(self) -> None:
        """A delivery was given up."""
        self._deliveries.labels("missed").inc()

    def lagged(self, seconds: float) -> None:
        """One sample of how long the event loop was held up."""
        self._lags.append(seconds)
        self._lag.set(seconds)
        self._worst_lag.set(max(self._lags))

    def backed_up(self, at: datetime) -> None:
        """When the newest back-up was made."""
        self._backup.set(at.timestamp())
