"""Rounds of pairing: who may be together, who has to be, whose turn it is in the trio, and why."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.availability import on
from bot.domain.pairing import REASONS, Group, Met, Mode, Paired, PairKey, Peer, Reason, fit, pair
from bot.domain.pairing.crowds import FEW, Whole, solver
from bot.domain.pairing.groups import Past, key_of
from bot.domain.pairing.leftovers import Seats
from bot.domain.pairing.score import LEVEL
from bot.domain.pairing.thinned import HARDLY, Thinned
from tests.support.peers import NOW, peers

PLAIN = Peer(1, "live", "voice", frozenset({"en"}), "ds", "Europe/Berlin")
SLOTS = st.sampled_from([(), on((1,), 18, 20), on((1, 2), 19, 21), on((6,), 9, 12)])


@dataclass(frozen=True)
class Case:
    """A round's input."""

    peers: list[Peer]
    met: dict[PairKey, Met]
    blocked: set[PairKey]
    kept: set[PairKey]

    def paired(self, seed: int = 1) -> Paired:
        return pair(self.peers, met=self.met, blocked=self.blocked, kept=self.kept, seed=seed, now=NOW)

    @property
    def past(self) -> Past:
        return Past(self.met, self.blocked, self.kept, NOW)

    @property
    def by_id(self) -> dict[int, Peer]:
        return {peer.member_id: peer for peer in self.peers}


@st.composite
def cases(draw: st.DrawFn, most: int, *, narrow: bool = False) -> Case:
    """Few languages and many blocks make partners scarce; `narrow` leaves out modes and media."""
    count = draw(st.integers(0, most))
    modes: list[Mode] = ["live"] if narrow else ["live", "live", "async"]
    people = [
        Peer(
            7 * number + 3,
            draw(st.sampled_from(modes)),
            "voice" if narrow else draw(st.sampled_from(["voice", "voice", "typed"])),
            frozenset(
                draw(st.sets(st.sampled_from(["en", "de", "fr"]), min_size=0 if number % 5 == 0 else 1))
            ),
            draw(st.sampled_from(["ds", "mle", "undecided"])),
            draw(st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "America/New_York"])),
            draw(st.sampled_from([None, "new-grad", "1-3-years", "switching"])),
            frozenset(draw(st.sets(st.sampled_from(["sql", "trees", "bias"])))),
            draw(SLOTS),
            draw(st.none() | st.floats(0, 1)),
            draw(st.floats(0, 1)),
            draw(st.integers(0, 2)),
        )
        for number in range(count)
    ]
    keys = [frozenset(pair) for pair in combinations([peer.member_id for peer in people], 2)]
    some = st.sets(st.sampled_from(keys), max_size=2 * count) if keys else st.just(set[PairKey]())
    pasts = st.builds(
        Met, st.integers(1, 4), st.integers(0, 300).map(lambda days: NOW - timedelta(days=days))
    )
    return Case(people, {key: draw(pasts) for key in draw(some)}, draw(some), draw(some))


# --- who is with whom


@settings(max_examples=100)
@given(cases(24), st.integers(0, 9))
def test_everyone_is_in_one_group_or_alone_and_groups_keep_every_hard_limit(case: Case, seed: int) -> None:
    paired, by_id = case.paired(seed), case.by_id
    seen = [member for group in paired.groups for member in group.members] + list(paired.alone)
    assert sorted(seen) == sorted(by_id)
    for group in paired.groups:
        people = [by_id[member] for member in group.members]
        assert len(people) in (2, 3)
        assert frozenset.intersection(*(peer.languages for peer in people))
        assert {peer.medium for peer in people} == {group.medium}
        assert {peer.mode for peer in people} in ({group.mode}, {"live"})
        assert not {frozenset(two) for two in combinations(group.members, 2)} & case.blocked
        assert group.score == sum(group.parts.values())
        assert {reason.code for reason in group.reasons} <= REASONS.keys()


@settings(max_examples=100)
@given(cases(16), st.integers(0, 9))
def test_nobody_is_alone_while_there_is_a_place(case: Case, seed: int) -> None:
    paired, by_id, past = case.paired(seed), case.by_id, case.past
    alone = [by_id[member] for member in paired.alone]
    assert not any(past.allows(one, other) for one, other in combinations(alone, 2))
    for peer in alone:
        for group in paired.groups:
            people = [by_id[member] for member in group.members]
            if len(people) == 2:
                assert not past.allows_three((peer, *people))
            else:
                assert not any(past.allows(peer, other) for other in people)


@settings(max_examples=80)
@given(cases(24), st.integers(0, 9), st.randoms(use_true_random=False))
def test_the_same_seed_gives_the_same_round_in_whatever_order(
    case: Case, seed: int, rng: random.Random
) -> None:
    shuffled = replace(case, peers=rng.sample(case.peers, len(case.peers)))
    assert shuffled.paired(seed) == case.paired(seed)


def fewest_alone(rest: tuple[Peer, ...], past: Past) -> int:
    """By looking at every way to make pairs and trios."""
    if not rest:
        return 0
    first, *others = rest
    least = 1 + fewest_alone(tuple(others), past)
    for size in (1, 2):
        for chosen in combinations(others, size):
            if least and (past.allows_three((first, *chosen)) if size == 2 else past.allows(first, *chosen)):
                left = tuple(peer for peer in others if peer not in chosen)
                least = min(least, fewest_alone(left, past))
    return least


@settings(max_examples=200)
@given(cases(8, narrow=True))
def test_no_other_round_leaves_fewer_alone(case: Case) -> None:
    assert len(case.paired().alone) == fewest_alone(tuple(case.peers), case.past)


@settings(max_examples=100)
@given(st.integers(2, 30), st.integers(0, 99), st.data())
def test_two_who_wish_to_keep_each_other_stay_together(count: int, seed: int, data: st.DataObject) -> None:
    people = peers(count, seed)
    kept = frozenset(data.draw(st.permutations(range(1, count + 1)))[:2])
    met = {frozenset(two): Met(3, NOW - timedelta(days=7)) for two in combinations(sorted(kept), 2)}
    paired = pair(people, met=met, blocked=(), kept=[kept], seed=seed, now=NOW)
    assert any(kept <= set(group.members) for group in paired.groups)


# --- the two ways to look at pairs


@settings(max_examples=60)
@given(cases(20, narrow=True))
def test_the_tables_say_what_the_score_says(case: Case) -> None:
    if len(case.peers) < 2:
        return
    thinned = Thinned(case.peers, case.past)
    edges = {(one, other): worth for one, other, worth in thinned.edges()}
    wanted = {
        (one, other): score
        for one, other in combinations(range(len(case.peers)), 2)
        if (score := case.past.score(case.peers[one], case.peers[other])) is not None
    }
    assert edges == wanted


@settings(max_examples=60)
@given(cases(FEW, narrow=True))
def test_the_search_and_the_library_find_equally_good_pairs(case: Case) -> None:
    if len(case.peers) < 2:
        return
    crowd = Whole(case.peers, case.past)
    # One more, whom nobody may meet, where that makes the crowd too large for the search.
    many = [*case.peers, *(replace(PLAIN, member_id=-1 - n, languages=frozenset({"xx"})) for n in range(FEW))]
    large = Thinned(many, case.past)

    def worth(pairs: list[tuple[int, int]]) -> tuple[int, int]:
        scores = [case.past.score(case.peers[one], case.peers[other]) for one, other in pairs]
        assert None not in scores
        return len(scores), sum(score or 0 for score in scores)

    # The strangers of "xx" meet each other.
    found = [two for two in solver(large)(frozenset()) if max(two) < len(case.peers)]
    assert worth(found) == worth(solver(crowd)(frozenset()))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("partners", [2, 12, 40])
def test_where_partners_are_scarce_thinning_leaves_no_more_over_than_the_optimum(
    seed: int, partners: int
) -> None:
    rng, people = random.Random(seed), peers(150, seed)
    # A few are open to everybody, and the rest only to some of these.
    popular = range(1, 61)
    open_to = {
        frozenset((one, other)) for one in range(61, 151) for other in rng.sample(popular, partners // 2 + 1)
    } | {frozenset(rng.sample(popular, 2)) for _ in range(20 * partners)}
    blocked = {frozenset(two) for two in combinations(range(1, 151), 2)} - open_to
    past = Past({}, blocked, (), NOW)
    best = solver(Thinned(people, past, all_pairs=len(people)))(frozenset())
    thinned = Thinned(people, past, best=6)
    seats = Seats(thinned, solver(thinned)(frozenset()), ())
    seats.pair_up()
    assert len(seats.pairs) == len(best) <= 60


def test_whoever_is_left_over_gets_a_place_when_others_change_partners() -> None:
    # Six in a row, each open to the next only: the two at the ends are left over until everybody moves.
    languages = [frozenset((f"l{n}", f"l{n + 1}")) for n in range(6)]
    crowd = Whole(
        [replace(PLAIN, member_id=n, languages=languages[n]) for n in range(6)], Past({}, (), (), NOW)
    )
    seats = Seats(crowd, [(1, 2), (3, 4)], ())
    assert seats.free == [0, 5]
    seats.pair_up()
    assert seats.pairs == [(0, 1), (2, 3), (4, 5)]


# --- weeks


def weeks(people: list[Peer], count: int) -> Iterator[tuple[Paired, dict[PairKey, Met], list[Peer]]]:
    """Weekly rounds: each with whom had met before, and the people as they are after it."""
    met: dict[PairKey, Met] = {}
    for number in range(count):
        now = NOW + timedelta(weeks=number)
        paired = pair(people, met=met, blocked=(), seed=number, now=now)
        three = {member for group in paired.groups if len(group.members) == 3 for member in group.members}
        people = [
            replace(peer, trios=peer.trios + 1, last_trio_at=now) if peer.member_id in three else peer
            for peer in people
        ]
        yield paired, dict(met), people
        for key in pairs_of(paired):
            met[key] = Met(met[key].times + 1 if key in met else 1, now)


def pairs_of(paired: Paired) -> list[PairKey]:
    return [frozenset(two) for group in paired.groups for two in combinations(group.members, 2)]


@pytest.mark.parametrize("count", [51, 33])
def test_thirty_weeks_without_a_repeat_and_nobody_twice_in_the_trio_before_all_were_once(count: int) -> None:
    rounds = 30 if count == 51 else 20
    for paired, met, after in weeks(peers(count, count), rounds):
        assert not paired.alone
        assert sorted(Counter(len(group.members) for group in paired.groups).items()) == [
            (2, (count - 3) // 2),
            (3, 1),
        ]
        assert not set(pairs_of(paired)) & met.keys()
        turns = [peer.trios for peer in after]
        assert max(turns) - min(turns) <= 1


def test_five_share_the_trio_fairly_and_meet_all_alike() -> None:
    seen: Counter[PairKey] = Counter()
    for paired, _, after in weeks(peers(5, 1), 20):
        assert sorted(len(group.members) for group in paired.groups) == [2, 3]
        assert max(peer.trios for peer in after) - min(peer.trios for peer in after) <= 1
        seen.update(pairs_of(paired))
    assert len(seen) == 10
    assert max(seen.values()) - min(seen.values()) <= 2


# --- small servers


def test_one_two_and_three() -> None:
    people = peers(3, 1)
    long_met = {frozenset(two): Met(9, NOW - timedelta(days=7)) for two in combinations((1, 2, 3), 2)}
    for count, groups in ((0, []), (1, []), (2, [{1, 2}]), (3, [{1, 2, 3}])):
        paired = pair(people[:count], met=long_met, blocked=(), seed=1, now=NOW)
        assert [set(group.members) for group in paired.groups] == groups
        assert paired.alone == ((1,) if count == 1 else ())
        # Nobody is told off for meeting the only people there are.
        for group in paired.groups:
            assert "standing" in {reason.code for reason in group.reasons}
            assert "again" not in {reason.code for reason in group.reasons}


def test_three_without_a_language_of_all_are_no_trio() -> None:
    spoken = ({"en", "de"}, {"de", "fr"}, {"fr", "en"})
    people = [replace(PLAIN, member_id=n, languages=frozenset(two)) for n, two in enumerate(spoken)]
    paired = pair(people, met={}, blocked=(), seed=1, now=NOW)
    assert [len(group.members) for group in paired.groups] == [2]
    assert len(paired.alone) == 1


# --- the score


def only(one: Peer, other: Peer, met: Met | None = None, kept: bool = False) -> Group:
    past = {key_of(one, other): met} if met else {}
    wish = [key_of(one, other)] if kept else []
    extra = replace(PLAIN, member_id=98, mode="async"), replace(PLAIN, member_id=99, mode="async")
    paired = pair([one, other, *extra], met=past, blocked=(), kept=wish, seed=1, now=NOW)
    group = next(group for group in paired.groups if one.member_id in group.members)
    told = fit(one, other, met=met, kept=kept, now=NOW)
    assert told is not None
    assert (told.score, told.parts, told.mode) == (group.score, group.parts, group.mode)
    assert told.reasons == group.reasons
    return group


def test_mode_medium_and_language_are_hard_limits() -> None:
    other = replace(PLAIN, member_id=2)
    assert fit(PLAIN, other, met=None, kept=False, now=NOW) is not None
    for wrong in (
        replace(other, mode="async"),
        replace(other, medium="typed"),
        replace(other, languages=frozenset({"de"})),
    ):
        assert fit(PLAIN, wrong, met=None, kept=True, now=NOW) is None


def test_a_group_is_told_why_it_is_one() -> None:
    one = replace(
        PLAIN,
        track="mle",
        level="new-grad",
        slots=on((2,), 18, 20),
        topics=frozenset({"sql", "trees"}),
        languages=frozenset({"en", "de"}),
    )
    other = replace(one, member_id=2, level="1-3-years", zone="America/New_York", slots=on((2,), 12, 13))
    assert set(only(one, other).reasons) == {
        Reason("new"),
        Reason("track", "mle"),
        Reason("topic", "sql"),
        Reason("topic", "trees"),
        Reason("language", "de"),
        # Noon in New York is 18:00 in Berlin.
        Reason("time", "2026-03-03T17:00:00+00:00"),
        Reason("level"),
    }


def test_no_shared_hour_makes_a_live_pair_async_and_costs_more_than_anything_but_a_repeat() -> None:
    early, late = replace(PLAIN, slots=on((1,), 9, 10)), replace(PLAIN, member_id=2, slots=on((1,), 18, 20))
    group = only(early, late)
    assert group.mode == "async"
    assert Reason("no-hours") in group.reasons
    assert group.score < fit_score(PLAIN, replace(late, slots=(), track="mle", reliability=0.0))
    assert group.score > fit_score(PLAIN, replace(late, slots=()), met=Met(1, NOW - timedelta(weeks=60)))


def fit_score(one: Peer, other: Peer, met: Met | None = None, *, kept: bool = False) -> int:
    found = fit(one, other, met=met, kept=kept, now=NOW)
    assert found is not None
    return found.score


def test_repeats_weigh_by_how_often_and_then_by_how_recently_and_a_wish_to_keep_more() -> None:
    other = replace(PLAIN, member_id=2)

    def after(times: int, days: int) -> int:
        return fit_score(PLAIN, other, Met(times, NOW - timedelta(days=days)))

    falling = [after(1, 400), after(1, 90), after(1, 7), after(2, 400), after(2, 7), after(3, 400)]
    assert falling == sorted(falling, reverse=True)
    assert len(set(falling)) == len(falling)
    assert fit_score(PLAIN, other) > falling[0] + 10_000
    assert fit_score(PLAIN, other, Met(40, NOW), kept=True) > fit_score(PLAIN, other)
    assert Reason("again", "3") in only(PLAIN, other, Met(3, NOW)).reasons
    assert Reason("kept") in only(PLAIN, other, Met(3, NOW), kept=True).reasons


def test_each_lesser_part_brings_what_it_promises() -> None:
    other = replace(PLAIN, member_id=2)
    parts = only(PLAIN, other).parts
    assert parts == {
        "kept": 0,
        "met": 0,
        "track": 200,
        "topics": 0,
        "time": 250,
        "level": 0,
        "reliability": 150,
    }
    weak, strong = replace(PLAIN, strength=0.3), replace(other, strength=0.9)
    assert only(weak, strong).parts["level"] == 200 > only(weak, replace(strong, strength=0.4)).parts["level"]
    assert only(PLAIN, replace(other, track="undecided")).parts["track"] == 100
    assert only(PLAIN, replace(other, track="mle")).parts["track"] == 0
    assert only(PLAIN, replace(other, reliability=0.5)).parts["reliability"] == 75


def test_reliable_people_are_paired_with_each_other_where_all_else_is_equal() -> None:
    people = [replace(PLAIN, member_id=n, reliability=1.0 if n < 2 else 0.2) for n in range(4)]
    paired = pair(people, met={}, blocked=(), seed=5, now=NOW)
    assert {frozenset(group.members) for group in paired.groups} == {frozenset({0, 1}), frozenset({2, 3})}


def test_the_first_shared_hour_is_found_across_zones_as_the_clocks_change() -> None:
    # On 8 March New York changes its clocks and Berlin does not: five hours apart instead of six.
    now: datetime = NOW + timedelta(days=4)
    one = replace(PLAIN, slots=on((7,), 18, 19))
    other = replace(PLAIN, member_id=2, zone="America/New_York", slots=on((7,), 13, 14))
    found = fit(one, other, met=None, kept=False, now=now)
    assert found is not None
    assert Reason("time", "2026-03-08T17:00:00+00:00") in found.reasons


@settings(max_examples=100)
@given(cases(15, narrow=True), st.integers(0, 9))
def test_whatever_is_said_of_the_past_and_of_levels_is_true_of_each_two_it_is_said_of(
    case: Case, seed: int
) -> None:
    for group in case.paired(seed).groups:
        people = [case.by_id[member] for member in group.members]
        said: dict[PairKey, list[Reason]] = {key_of(*two): [] for two in combinations(people, 2)}
        for reason in group.reasons:
            if reason.code in ("kept", "new", "again", "standing", "level"):
                for two in combinations([people[place] for place in reason.among] or people, 2):
                    said[key_of(*two)].append(reason)
        for (one, other), (key, reasons) in zip(combinations(people, 2), said.items(), strict=True):
            times = case.met[key].times if key in case.met else 0
            if key in case.kept:
                past = ["kept"]
            elif times:
                past = ["standing" if len(case.peers) <= 3 else "again"]
            else:
                past = ["new"]
            level = ["level"] if case.past.parts(one, other)["level"] >= LEVEL // 2 else []
            assert [reason.code for reason in reasons] == past + level
            assert all(reason.value == str(times) for reason in reasons if reason.code == "again")


def test_reasons_survive_json() -> None:
    for reason in (Reason("new"), Reason("topic", "sql"), Reason("again", "2", (0, 2))):
        assert Reason.from_json(reason.as_json()) == reason


def test_hardly_is_beyond_whatever_people_did() -> None:
    past = {frozenset((1, 2)): Met(5_000, NOW)}
    crowd = Thinned([PLAIN, replace(PLAIN, member_id=2)], Past(past, (), (), NOW), all_pairs=2)
    assert [worth > HARDLY for _, _, worth in crowd.edges()] == [True]
