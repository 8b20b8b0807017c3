"""Series of like matters (串并案): proposed by place and time, made by a person, solved with one sentence.

A proposal is a hint to look at what happened where and when. It says nothing of who did it, and scores nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.domain.dispute_words import OPEN, Taker, Wish
from gridmap.domain.loops import Loop
from gridmap.errors import Conflict, Invalid, NotFound
from gridmap.services.disputes import acting
from gridmap.services.disputes.rules import loop_of, sight_of
from gridmap.services.disputes.series_groups import WHOLE, Keyed, group
from gridmap.store import audit, dispute_rows, dispute_series
from gridmap.store.dispute_rows import Row
from gridmap.store.dispute_series import Matter, Series

#: Matters of so long ago are looked at, so that there is enough to tell chance from more than chance.
LOOK_BACK: Final = timedelta(days=180)
#: Of disputes and of incidents; where there are more, it is the newest: a page waits for no more than that.
MOST_MATTERS: Final = 800
MOST_MEMBERS: Final = 200
MOST_LISTED: Final = 100
#: Steps that lead an open dispute to where it can be settled, the shortest way first; the clock ends an offer.
WAYS: Final = ("settled", "resumed", "lapsed", "begun", "accepted")
LONGEST_NAME: Final = 200
LONGEST_NOTE: Final = 2_000


class SeriesNotFound(NotFound):
    """There is no such series here."""

    slug, title = "series-not-found", "No such series"


class SeriesEnded(Conflict):
    """The series was solved or dissolved: nothing of it changes any more."""

    slug, title = "series-ended", "This series is over"


class SeriesNotValid(Invalid):
    """A series lacks its name or its members, or they are in another series already."""

    slug, title = "series-not-valid", "The series cannot be made like this"


class SeriesNotSolvable(Conflict):
    """A member cannot be settled from where it stands; nothing was changed."""

    slug, title = "series-not-solvable", "Not all of the series can be settled"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Like matters that may belong together.

    `extent_m`: diagonal of their bounding box [m]; `days`: from the first to the last; `around`: so many of this kind were
    within reach in all `seen` days looked at, `expected`: so many of them would fall into these days by chance; `p`: share of 99 maps with
    times dealt out anew that have a group as unusual.
    """

    kind: str
    kind_zh: str
    kind_en: str
    matters: tuple[Matter, ...]
    places: int
    extent_m: float
    days: float
    around: int
    expected: float
    p: float
    seen: float


@dataclass(frozen=True, slots=True)
class Solved:
    """What solving a series did: how many disputes were settled, how many were over already."""

    settled: int
    over: int


def proposals(session: Session, actor: Actor, station: str, *, now: datetime | None = None) -> list[Proposal]:
    """Return groups of like matters by the station's rule, the most unusual first.

    Where the station's rule names kinds, all groups of these are told; where it names none, those of all kinds that chance
    makes once in twenty maps at most. Some 0.03 s.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    _require(actor, station)
    rule = loop_of(session, station).rules.series
    since = (now or datetime.now(UTC)) - max(LOOK_BACK, timedelta(days=WHOLE * rule.within_days))
    found = dispute_series.like_columns(session, station, kinds=rule.kinds, since=since, most=MOST_MATTERS)
    for of in (0, 1):  # where one list was cut short, the other is cut at the same moment
        some = found.at[found.keys % 2 == of]
        if len(some) == MOST_MATTERS:
            found = found.part(found.at >= some.min())
    if len(found.keys) < max(rule.least, 2):
        return []
    groups = group(found, rule)
    named = [[_name(key) for key in one.keys] for one in groups]
    known = dispute_series.by_keys(session, station, *_numbers(groups))
    seen = float(np.ptp(found.at)) / 86_400
    proposed = []
    for one, keys in zip(groups, named, strict=True):
        matters = tuple(known[key] for key in keys if key in known)
        if len(matters) == len(keys):  # else one was deleted while this was looked at
            places = {matter.place for matter in matters if matter.place}
            proposed.append(Proposal(
                matters[0].kind, matters[0].kind_zh, matters[0].kind_en, matters, len(places), one.extent_m, one.days,
                one.around, one.expected, one.p, seen,
            ))  # fmt: skip
    return proposed


def _numbers(groups: Iterable[Keyed]) -> tuple[list[int], list[int]]:
    """Return the numbers of the disputes and of the incidents of groups."""
    keys = [key for one in groups for key in one.keys]
    return [key // 2 for key in keys if key % 2 == 0], [key // 2 for key in keys if key % 2]


def _name(key: int) -> str:
    """Return the key of a member as pages and requests have it."""
    return f"{'di'[key % 2]}{key // 2}"


def near(session: Session, actor: Actor, station: str, kind: str, *, now: datetime | None = None) -> list[Matter]:
    """Return matters of a kind that are in no series, the newest first: what could be put into one.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    _require(actor, station)
    since = (now or datetime.now(UTC)) - LOOK_BACK
    found = dispute_series.like(session, station, kinds=[kind], since=since, most=MOST_MEMBERS)
    return sorted(found, key=lambda one: (one.at, one.key), reverse=True)


def listing(session: Session, actor: Actor, station: str) -> list[Series]:
    """Return the station's series, open ones first.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    _require(actor, station)
    return dispute_series.listing(session, station, most=MOST_LISTED)


def look(session: Session, actor: Actor, station: str, series: int) -> tuple[Series, list[Matter]]:
    """Return a series and its members in order of time.

    Raises
    ------
    RoleMayNot, StationNotInScope, SeriesNotFound
    """
    _require(actor, station)
    return _one(session, station, series), dispute_series.members(session, station, series)


def make(
    session: Session, actor: Actor, station: str, *, kind: str, name: str, members: Iterable[str], note: str = ""
) -> int:
    """Make a series of members ("d12", "i34") and return its id.

    Raises
    ------
    RoleMayNot, StationNotInScope, SeriesNotValid
    """
    _require(actor, station)
    disputes, incidents = _keys(members)
    called, said = name.strip()[:LONGEST_NAME], note.strip()[:LONGEST_NOTE]
    if not called or not (disputes or incidents):
        raise SeriesNotValid("a series has a name and members", name=called)
    if not dispute_series.is_kind(session, kind):
        raise SeriesNotValid("there is no such kind", kind=kind[:40])
    with session.begin_nested():  # whoever shows the fault on a page keeps nothing of it
        series = dispute_series.add(session, station, kind=kind, name=called, note=said, by=actor.login)
        if dispute_series.put_in(session, station, series, disputes, incidents) < len(disputes) + len(incidents):
            raise SeriesNotValid(
                "some of the members are not of this station, or in another series already", name=called
            )
    after = {"name": called, "disputes": disputes, "incidents": incidents}
    audit.write(session, [station], by=actor.login, action="make series", thing=f"series {series}", after=after)
    return series


def change(
    session: Session, actor: Actor, station: str, series: int, *, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> int:
    """Put members in and take members out; return how many that were.

    Raises
    ------
    RoleMayNot, StationNotInScope, SeriesNotFound, SeriesEnded
    SeriesNotValid
        If one that is to be put in is in another series, or is not of this station.
    """
    _require(actor, station)
    _open_one(session, station, series)
    into, out = _keys(add), _keys(remove)
    with session.begin_nested():
        taken = dispute_series.take_out(session, station, series, *out) if any(out) else 0
        there = {one.key for one in dispute_series.members(session, station, series)}
        wanted = [key for key in (*(f"d{n}" for n in into[0]), *(f"i{n}" for n in into[1])) if key not in there]
        if wanted and dispute_series.put_in(session, station, series, *_keys(wanted)) < len(wanted):
            raise SeriesNotValid("some of these are not of this station, or in another series already", members=wanted)
    if wanted or taken:
        after = {"in": wanted, "out": [*(f"d{n}" for n in out[0]), *(f"i{n}" for n in out[1])]}
        audit.write(session, [station], by=actor.login, action="change series", thing=f"series {series}", after=after)
    return taken + len(wanted)


def solve(
    session: Session, actor: Actor, station: str, series: int, sentence: str, *, now: datetime | None = None
) -> Solved:
    """Settle all disputes of a series with one sentence, each with steps of its own, and close it; all or nothing.

    A dispute that was not begun, is paused or offered to somebody is led to where it can be settled by the steps its loop
    has for this. What is over already stays as it is.

    Raises
    ------
    RoleMayNot, StationNotInScope, SeriesNotFound, SeriesEnded, SeriesNotValid, SeriesNotSolvable
    DisputeStepNotYours, DisputeStepNeeds
    """
    _require(actor, station)
    said = sentence.strip()
    if not said or len(said) > LONGEST_NOTE:
        raise SeriesNotValid(f"say how it was solved, in 1 to {LONGEST_NOTE:,} letters")
    found = _open_one(session, station, series)
    at, loop = now or datetime.now(UTC), loop_of(session, station)
    sight = sight_of(session, actor, station, Action.WORK_DISPUTES)
    taker = Taker(str(actor.role), actor.person_id, sight.bodies)
    settled = 0
    members = [one for one in dispute_series.members(session, station, series) if one.is_dispute]
    with session.begin_nested():
        # In the order of their numbers, so that two who lock several wait for one another and never for ever.
        for one in sorted(members, key=lambda one: one.id):
            row = dispute_rows.get(session, station, one.id, sight, lock=True)
            if row is not None and row.standing.state in OPEN:
                _settle(session, loop, row, said, taker, by=actor.login, series=series, at=at)
                settled += 1
    over = len(members) - settled
    dispute_series.end(session, station, series, "solved", note=said, at=at)
    audit.write(
        session, [station], by=actor.login, action="solve series", thing=f"series {series}",
        before={"note": found.note}, after={"settled": settled, "over": over},
    )  # fmt: skip
    return Solved(settled, over)


def dissolve(session: Session, actor: Actor, station: str, series: int, *, note: str = "") -> int:
    """Give all members of a series back, and close it; return how many they were.

    Raises
    ------
    RoleMayNot, StationNotInScope, SeriesNotFound, SeriesEnded
    """
    _require(actor, station)
    found = _open_one(session, station, series)
    freed = dispute_series.take_out(session, station, series, None, None)
    said = note.strip()[:LONGEST_NOTE] or found.note
    dispute_series.end(session, station, series, "dissolved", note=said, at=None)
    after = {"members": freed}
    audit.write(session, [station], by=actor.login, action="dissolve series", thing=f"series {series}", after=after)
    return freed


def _settle(
    session: Session, loop: Loop, row: Row, said: str, taker: Taker, *, by: str, series: int, at: datetime
) -> None:
    """Lead one dispute to where it is settled, step by step."""
    for _ in range(len(WAYS)):
        state = row.standing.state
        step = next(
            (way for way in WAYS if (move := loop.move(way, state)) and {taker.role, "clock"} & set(move.roles)), None
        )
        move = None if step is None else loop.move(step, state)
        if step is None or move is None or (move.tiers is not None and row.standing.tier not in move.tiers):
            raise SeriesNotSolvable(
                f"dispute {row.number} is {state.replace('_', ' ')} at tier {row.standing.tier}: it cannot be settled "
                "from there; take its step first", dispute=row.id, state=state,
            )  # fmt: skip
        ours = taker.role in move.roles and step != "lapsed"
        who = taker if ours else Taker("clock")
        done = acting.take(
            session, row, Wish(step, said if step == "settled" else ""), who, by=by if ours else "gridmap",
            facts={"series": series}, now=at,
        )  # fmt: skip
        if step == "settled":
            return
        row = replace(row, version=done.version, standing=done.standing)
    raise SeriesNotSolvable(
        f"dispute {row.number} leads to no end by these steps", dispute=row.id, state=row.standing.state
    )


def _require(actor: Actor, station: str) -> None:
    """Series are for those who work the whole station's disputes."""
    require_action(actor, Action.READ_DISPUTES)
    require_action(actor, Action.WORK_DISPUTES)
    require_station(actor, station)


def _one(session: Session, station: str, series: int, *, lock: bool = False) -> Series:
    found = dispute_series.one(session, station, series, lock=lock)
    if found is None:
        raise SeriesNotFound(f"there is no series {series} here", series=series)
    return found


def _open_one(session: Session, station: str, series: int) -> Series:
    found = _one(session, station, series, lock=True)
    if found.state != "open":
        raise SeriesEnded(f"series {series} is {found.state}", series=series, state=found.state)
    return found


def _keys(members: Iterable[str]) -> tuple[list[int], list[int]]:
    """Return the disputes and the incidents of member keys."""
    disputes, incidents = set[int](), set[int]()
    for key in members:
        kind, number = key[:1], key[1:]
        if kind not in {"d", "i"} or not (number.isascii() and number.isdigit() and len(number) < 10):
            raise SeriesNotValid("members are named d12 (dispute 12) or i34 (incident 34)", member=key[:20])
        (disputes if kind == "d" else incidents).add(int(number))
    if len(disputes) + len(incidents) > MOST_MEMBERS:
        raise SeriesNotValid(f"a series has at most {MOST_MEMBERS} members", members=len(disputes) + len(incidents))
    return sorted(disputes), sorted(incidents)
