"""Who is on duty for a beat, and who answers beside, on one local day of a station.

Postings and leave are kept in days, so a day is worked out at once: its shifts are cut at midnight, and on a day of leave
a shift is the substitute's, or nobody's where the substitute is away too. The database says the same in
`gridmap.store.duty.spans`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count, pairwise
from operator import attrgetter
from typing import Final
from zoneinfo import ZoneInfo

from gridmap.domain.shelf import Shelf
from gridmap.domain.team import ALL_BEATS, Away, Post, ShiftSpan, Team

#: Ranks of those who answer for a beat: its officer, who stands in, another of its team, a neighbour's officer.
OWN, STAND_IN, TEAM, NEIGHBOUR = 1, 2, 3, 4

#: Ranks of those who answer beside them, by role.
BESIDE: Final = {"grid_member": 5, "property_manager": 6, "volunteer": 7}

#: The rank of the station's duty desk.
DESK = 9

_STAFF = frozenset({"officer", "auxiliary"})
_ROLE_ORDER = {"officer": 0, "auxiliary": 1}
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody whom a resident reaches; `person` is a code of the team, or None for the desk.

    `via`: "duty" (on a shift), "posting" (posted, where no shifts are kept), "substitute", "team", "neighbour", "desk".
    """

    rank: int
    role: str
    person: str | None
    via: str


#: [start, end) in epoch seconds, and who is reached.
Piece = tuple[int, int, tuple[Reached, ...]]
Pieces = tuple[Piece, ...]

#: Kept days of beats: (roster, beat, day, with neighbours) -> pieces.
DayShelf = Shelf[tuple[int, str, date, bool], Pieces]

_rosters = count()


class Roster:
    """The people of one station, looked up by beat, cell and day; everything is indexed once.

    Parameters
    ----------
    days
        Where worked-out days are kept; several rosters may share one.
    """

    def __init__(self, team: Team, days: DayShelf | None = None) -> None:
        self.team = team
        self.number = next(_rosters)  # tells rosters on one shelf apart, and is never used twice
        self._days = DayShelf(1024) if days is None else days
        self._zone = ZoneInfo(team.station.timezone)
        self._midnights: dict[date, int] = {}
        self._beside_cell: dict[str, list[Post]] = {}
        self._beside_beat: dict[str, list[Post]] = {}
        self._staff: dict[str, list[Post]] = {}
        self._at_beat: dict[str, list[Post]] = {}
        self._at_station: list[Post] = []
        for post in team.posts:
            self._index_post(post)
        self._away: dict[str, list[Away]] = {}
        for one in team.leave:
            self._away.setdefault(one.person, []).append(one)
        self._longest = max((one.end - one.start for one in team.shifts), default=0)
        self._named: dict[str, list[ShiftSpan]] = {}
        self._own: dict[str, list[ShiftSpan]] = {}
        self._every: dict[str, list[ShiftSpan]] = {}
        members = {post.person for post in team.posts if post.role in BESIDE}
        for shift in sorted(team.shifts, key=attrgetter("start")):
            if shift.person in members:
                self._every.setdefault(shift.person, []).append(shift)
            if shift.beats is None:
                self._own.setdefault(shift.person, []).append(shift)
            else:
                for beat in {ALL_BEATS} if ALL_BEATS in shift.beats else set(shift.beats):
                    self._named.setdefault(beat, []).append(shift)

    def _index_post(self, post: Post) -> None:
        if post.role in BESIDE:
            if post.cell is not None:
                self._beside_cell.setdefault(post.cell, []).append(post)
            elif post.beat is not None and post.role != "grid_member":
                self._beside_beat.setdefault(post.beat, []).append(post)
        elif post.role in _STAFF:
            self._staff.setdefault(post.person, []).append(post)
            if post.beat is not None:
                self._at_beat.setdefault(post.beat, []).append(post)
            elif post.cell is None:
                self._at_station.append(post)

    def day_of(self, at: float) -> date:
        """Return the station's local day at a moment [epoch s]."""
        return datetime.fromtimestamp(at, self._zone).date()

    def span(self, day: date) -> tuple[int, int]:
        """Return when a local day starts and ends [epoch s]; 23, 24 or 25 hours, and none for a day that a zone skipped."""
        return self._midnight(day), self._midnight(day + _ONE_DAY)

    def _midnight(self, day: date) -> int:
        found = self._midnights.get(day)
        if found is None:
            found = int(datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp())
            self._midnights[day] = found
        return found

    def there(self, person: str, day: date) -> str | None:
        """Return who is there for `person` on a day: themselves, the substitute when on leave, or nobody (None)."""
        away = self._leave_of(person, day)
        if away is None:
            return person
        instead = away.substitute
        return None if instead is None or self._leave_of(instead, day) is not None else instead

    def _leave_of(self, person: str, day: date) -> Away | None:
        for one in self._away.get(person, ()):
            if one.on(day):
                return one
        return None

    def officers(self, beat: str | None, day: date) -> Pieces:
        """Return who of ranks 1 to 4 answers for a beat: pieces that tile the day, empty where nobody does."""
        if beat is None:
            return ((*self.span(day), ()),)
        key = (self.number, beat, day, True)
        found = self._days.get(key)
        if found is None:
            found = tuple(self._with_neighbours(beat, day))
            self._days.put(key, found)
        return found

    def own(self, beat: str, day: date) -> Pieces:
        """Return who of ranks 1 to 3 answers for a beat: pieces that tile the day, empty where nobody does."""
        key = (self.number, beat, day, False)
        found = self._days.get(key)
        if found is None:
            found = tuple(_best(self.span(day), self._entries(beat, day)))
            self._days.put(key, found)
        return found

    def _with_neighbours(self, beat: str, day: date) -> Iterator[Piece]:
        for start, end, reached in self.own(beat, day):
            if reached:
                yield start, end, reached
            else:
                yield from self._from_neighbours(beat, day, start, end)

    def _from_neighbours(self, beat: str, day: date, start: int, end: int) -> list[Piece]:
        """Return the nearest neighbour's officers in a span in which the beat has nobody."""
        filled: list[Piece] = []
        holes = [(start, end)]
        for near in self.team.neighbours.get(beat, ()):
            if not holes:
                break
            rest: list[tuple[int, int]] = []
            for hole in holes:
                for low, high, reached in _within(self.own(near, day), *hole):
                    found = tuple(
                        Reached(NEIGHBOUR, "officer", one.person, "neighbour")
                        for one in reached
                        if one.role == "officer"
                    )
                    if found:
                        filled.append((low, high, found))
                    else:
                        rest.append((low, high))
            holes = rest
        return sorted([*filled, *((low, high, ()) for low, high in holes)], key=lambda piece: piece[0])

    def _entries(self, beat: str, day: date) -> Iterator[Piece]:
        """Yield everybody who is on duty for a beat on a day, each span with one of ranks 1 to 3."""
        posted = {post.person: post.role for post in self._posts(self._at_beat.get(beat, ()), day)}
        officers = {person for person, role in posted.items() if role == "officer"}
        instead = {who for person in officers if (who := self.there(person, day)) != person}
        for owner, start, end in self._covering(beat, day, posted):
            who = self.there(owner, day)
            role = posted.get(owner) or self._role(owner, day)
            if who is None or role is None:
                continue
            if owner in officers:
                if who == owner:
                    one = Reached(OWN, "officer", who, "duty" if self.team.rostered else "posting")
                else:
                    one = Reached(STAND_IN, "officer", who, "substitute")
            elif who in instead:
                one = Reached(STAND_IN, "officer", who, "substitute")
            else:
                one = Reached(TEAM, role, who, "team" if who == owner else "substitute")
            yield start, end, (one,)

    def _covering(self, beat: str, day: date, posted: Iterable[str]) -> Iterator[tuple[str, int, int]]:
        """Yield the owners and spans of the shifts that are for a beat on a day, whoever takes them."""
        everywhere = {post.person for post in self._posts(self._at_station, day)}
        if not self.team.rostered:
            for person in {*posted, *everywhere}:
                yield person, *self.span(day)
            return
        for name in (beat, ALL_BEATS):
            yield from self._on_day(self._named.get(name, ()), day)
        for person in {*posted, *everywhere}:
            yield from self._on_day(self._own.get(person, ()), day)

    def _on_day(self, shifts: list[ShiftSpan] | tuple[()], day: date) -> Iterator[tuple[str, int, int]]:
        """Yield owner and span of each of some shifts, in order of their start, cut at a day."""
        first, last = self.span(day)
        for place in range(bisect_left(shifts, first - self._longest, key=attrgetter("start")), len(shifts)):
            shift = shifts[place]
            if shift.start >= last:
                return
            start, end = max(first, shift.start), min(last, shift.end)
            if start < end:
                yield shift.person, start, end

    @staticmethod
    def _posts(posts: Iterable[Post], day: date) -> list[Post]:
        """Return the postings that count on a day, auxiliaries first: of two of one person the officer's is told."""
        return sorted((post for post in posts if post.on(day)), key=lambda post: -_ROLE_ORDER[post.role])

    def _role(self, person: str, day: date) -> str | None:
        """Return whether somebody is an officer or an auxiliary of the station on a day, or None."""
        found = self._posts(self._staff.get(person, ()), day)
        return found[-1].role if found else None

    def beside(self, beat: str | None, cell: str | None, day: date) -> Pieces:
        """Return who answers beside the officers: pieces that tile the day, empty where nobody does."""
        posts = [*self._beside_cell.get(cell or "", ()), *self._beside_beat.get(beat or "", ())]
        entries: list[Piece] = []
        for post in posts:
            who = self.there(post.person, day) if post.on(day) else None
            if who is None:
                continue
            shifts = self._every.get(post.person)
            via = "substitute" if who != post.person else "posting" if shifts is None else "duty"
            one = (Reached(BESIDE[post.role], post.role, who, via),)
            if shifts is None:
                entries.append((*self.span(day), one))
            else:
                here = [shift for shift in shifts if _is_for(shift, beat)]
                entries += [(start, end, one) for _, start, end in self._on_day(here, day)]
        return tuple(_all(self.span(day), entries))


def _is_for(shift: ShiftSpan, beat: str | None) -> bool:
    return shift.beats is None or ALL_BEATS in shift.beats or beat in shift.beats


def _within(pieces: Pieces, start: int, end: int) -> Iterator[Piece]:
    """Yield the pieces cut at [start, end)."""
    for low, high, reached in pieces:
        if low < end and start < high:
            yield max(low, start), min(high, end), reached


def _elementary(span: tuple[int, int], entries: list[Piece]) -> Iterator[tuple[int, int, list[Reached]]]:
    """Yield the spans between any two changes, and everybody of the entries there; they tile `span`."""
    edges = sorted({*span, *(entry[0] for entry in entries), *(entry[1] for entry in entries)})
    for start, end in pairwise(edges):
        yield start, end, [entry[2][0] for entry in entries if entry[0] <= start and end <= entry[1]]


def _best(span: tuple[int, int], entries: Iterable[Piece]) -> Iterator[Piece]:
    """Yield who is of the best rank in each span."""
    for start, end, there in _elementary(span, list(entries)):
        best = min((one.rank for one in there), default=0)
        yield start, end, _each_once(one for one in there if one.rank == best)


def _all(span: tuple[int, int], entries: list[Piece]) -> Iterator[Piece]:
    for start, end, there in _elementary(span, entries):
        yield start, end, _each_once(there)


def _each_once(there: Iterable[Reached]) -> tuple[Reached, ...]:
    """Return everybody once in each rank, in order of rank, role and code; who is there for themselves before a substitute."""
    best: dict[tuple[int, str | None], Reached] = {}
    for one in sorted(there, key=lambda one: (one.via == "substitute", _ROLE_ORDER.get(one.role, 2))):
        best.setdefault((one.rank, one.person), one)
    return tuple(sorted(best.values(), key=lambda one: (one.rank, _ROLE_ORDER.get(one.role, 2), one.person or "")))
