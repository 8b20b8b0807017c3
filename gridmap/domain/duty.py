"""Who answers for a door at a moment, and who is next: never nobody.

The chain for a pair of beat and grid cell: (1) the officer posted to the beat and on duty; (2) who stands in for an officer
on leave; (3) another of the beat's team; (4) an officer on duty of the nearest neighbouring beat. Only the best rank is
told, all of it. Beside it the cell's grid member, property managers and volunteers (5 to 7), and at last (9), always, the
station's duty desk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from gridmap.domain.roster import DESK, DayShelf, Piece, Pieces, Reached, Roster
from gridmap.domain.shelf import Shelf
from gridmap.domain.team import Team

__all__ = ["Duty", "DutyShelf", "Reached", "Spell", "timeline"]

#: How many days ahead somebody else is looked for [days].
FARTHEST: Final = 14

_ONE_DAY = timedelta(days=1)
_DESK = (Reached(DESK, "duty_desk", None, "desk"),)


@dataclass(frozen=True, slots=True)
class Spell:
    """A span [start, end) in epoch seconds in which the same people are reached; the last of them is the duty desk."""

    start: int
    end: int
    reached: tuple[Reached, ...]


class _Kept:
    """What is kept for a pair of zones: the spell of now, and the next one once somebody asked for it."""

    __slots__ = ("after", "known", "spell")

    def __init__(self, spell: Spell) -> None:
        self.spell = spell
        self.known = False
        self.after: Spell | None = None


class DutyShelf:
    """Where the duties of all stations of a process keep what they worked out; its size bounds them all.

    Parameters
    ----------
    pairs
        How many pairs of zones are kept, at most twice as many [about 0.5 kB each].
    """

    def __init__(self, pairs: int = 4096) -> None:
        self.pairs: Shelf[tuple[int, str | None, str | None], _Kept] = Shelf(pairs)
        self.days: DayShelf = Shelf(max(1, pairs // 4))


class Duty:
    """Who answers for the doors of one station; one object for many threads.

    Parameters
    ----------
    shelf
        Where answers are kept; several stations may share one. None: one of its own.
    """

    __slots__ = ("_number", "_pairs", "_roster", "team")

    def __init__(self, team: Team, shelf: DutyShelf | None = None) -> None:
        shelf = DutyShelf() if shelf is None else shelf
        self.team = team
        self._roster = Roster(team, shelf.days)
        self._number = self._roster.number
        self._pairs = shelf.pairs

    def answer(self, beat: str | None, cell: str | None, at: float) -> Spell:
        """Return who is reached from a door of a pair of zones at a moment [epoch s].

        The spell is cut at the local days beside the moment's own, and where shifts are kept at the first and the last
        that are known: its end is when to ask again, not always a change; `following` tells the change.
        """
        return self._kept(beat, cell, at).spell

    def following(self, beat: str | None, cell: str | None, at: float) -> Spell | None:
        """Return the next spell with other people than at a moment [epoch s], or None where none is known of.

        It is looked for over `FARTHEST` days, and where shifts are kept not beyond those that are known.
        """
        kept = self._kept(beat, cell, at)
        if not kept.known:
            kept.after = self._next(beat, cell, kept.spell)
            kept.known = True
        return kept.after

    def timeline(self, beat: str | None, cell: str | None, since: int, until: int) -> tuple[Spell, ...]:
        """Return the spells that tile [since, until) [epoch s] for a pair of zones; none where it is empty."""
        if until <= since:
            return ()
        return tuple(
            Spell(max(since, one.start), min(until, one.end), one.reached)
            for one in self._spells(beat, cell, self._roster.day_of(since), self._roster.day_of(until - 1))
            if one.start < until and since < one.end
        )

    def _kept(self, beat: str | None, cell: str | None, at: float) -> _Kept:
        key = (self._number, beat, cell)
        kept = self._pairs.get(key)
        if kept is None or not kept.spell.start <= at < kept.spell.end:
            kept = _Kept(self._now(beat, cell, at))
            self._pairs.put(key, kept)
        return kept

    def _now(self, beat: str | None, cell: str | None, at: float) -> Spell:
        day = self._roster.day_of(at)
        spells = self._spells(beat, cell, day - _ONE_DAY, day + _ONE_DAY)
        found = next(one for one in spells if one.start <= at < one.end)
        first, last = self.team.since, self.team.until
        if not self.team.rostered or not first <= at < last or (first <= found.start and found.end <= last):
            return found
        return Spell(max(first, found.start), min(last, found.end), found.reached)

    def _next(self, beat: str | None, cell: str | None, now: Spell) -> Spell | None:
        day, known = self._roster.day_of(now.end - 1), self.team.until if self.team.rostered else None
        for one in self._spells(beat, cell, day, day + FARTHEST * _ONE_DAY):
            if known is not None and one.start >= known:
                return None
            if one.start >= now.end and one.reached != now.reached:
                return one
        return None

    def _spells(self, beat: str | None, cell: str | None, first: date, last: date) -> Iterator[Spell]:
        """Yield the spells of some days, both included; equal ones that meet are one."""
        start = end = 0
        reached: tuple[Reached, ...] = ()
        for low, high, now in self._pieces(beat, cell, first, last):
            if now == reached:
                end = high
                continue
            if reached:
                yield Spell(start, end, reached)
            start, end, reached = low, high, now
        yield Spell(start, end, reached)

    def _pieces(self, beat: str | None, cell: str | None, first: date, last: date) -> Iterator[Piece]:
        roster, day = self._roster, first
        while day <= last:
            for start, end, officers, others in _together(roster.officers(beat, day), roster.beside(beat, cell, day)):
                if start < end:
                    yield start, end, (*officers, *others, *_DESK)
            day += _ONE_DAY


def timeline(team: Team, beat: str | None, cell: str | None, since: int, until: int) -> tuple[Spell, ...]:
    """Return the spells that tile [since, until) [epoch s] for a pair of beat and grid cell, either of which may be None.

    For one pair; `Duty.timeline` looks at many without indexing the team anew.
    """
    return Duty(team, DutyShelf(16)).timeline(beat, cell, since, until)


def _together(left: Pieces, right: Pieces) -> Iterable[tuple[int, int, tuple[Reached, ...], tuple[Reached, ...]]]:
    """Yield the spans in which neither of two tilings of the same day changes, with both."""
    here = there = 0
    while here < len(left) and there < len(right):
        low, high = max(left[here][0], right[there][0]), min(left[here][1], right[there][1])
        yield low, high, left[here][2], right[there][2]
        here, there = here + (left[here][1] == high), there + (right[there][1] == high)
