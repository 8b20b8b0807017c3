"""Answer a scan from the snapshot; `services.look_up` answers for the past and for positions, from the database.

A process holds one `Scans`. A request takes its `state` once and uses nothing else: no query, no geometry. A change of
the snapshot makes a new state; the old one goes when the last request lets go of it.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from gridmap.domain.codes import code_number, number_code
from gridmap.domain.duty import Duty, DutyShelf, Spell
from gridmap.domain.plates import DEAD, Answerer, Notice, PlateAnswer, PlatePlace, ZoneName
from gridmap.domain.roster import Reached
from gridmap.domain.team import Notice as Told
from gridmap.domain.team import StationFacts, Team, notice_of, station_of, told_at
from gridmap.errors import NotFound
from gridmap.store.snapshot.faults import SnapshotBroken, SnapshotMissing
from gridmap.store.snapshot.folder import FileMark
from gridmap.store.snapshot.segment import PlateRow
from gridmap.store.snapshot.state import Snapshot, manifest_marks
from gridmap.store.snapshot.team_file import Turn

#: Its time of change says when the database last confirmed that the snapshot is what it holds.
CONFIRMED: Final = "confirmed"
#: Without a word from the database for this long an answer says as of when it is [s].
STALE_S: Final = 15.0
#: Where there is no snapshot yet, a scan looks for one no more often than this [s].
LOOK_AGAIN_S: Final = 0.2
#: How far ahead shifts and leave are read; the keeper reads anew long before [days].
AHEAD_DAYS: Final = 16
#: Parts of answers that a state keeps: those of this many pairs of zones [about 1.3 kB each].
_MOST_PARTS: Final = 5_500
#: Stations whose whole team a state keeps ready, for moments beyond the hours that are laid out [about 0.3 MB each].
_MOST_STATIONS: Final = 16
#: Stations whose name and notices a state keeps [about 1 kB each].
_MOST_HEADS: Final = 4_000


class PlateNotFound(NotFound):
    """The code is well formed, but no plate bears it."""

    slug, title = "plate-not-found", "No such plate"


@dataclass(frozen=True, slots=True)
class Part:
    """What all doors of a pair of zones have in common until `until` [epoch s]."""

    since: float
    until: float
    station: StationFacts
    edition: int | None
    published_at: datetime | None
    beat: ZoneName | None
    grid_cell: ZoneName | None
    people: tuple[Answerer, ...]
    notices: tuple[Notice, ...]
    valid_until: datetime
    following: tuple[Answerer, ...]


class Found(NamedTuple):
    """A plate that exists, with what its door has in common with others; moments in epoch seconds.

    `answer` makes the whole answer of it. Pages that were drawn for the same `part` need no more than this.
    """

    code: str
    row: PlateRow
    part: Part
    at: float
    as_of: float
    stale: bool

    def answer(self) -> PlateAnswer:
        """Return all that anybody may know."""
        row = self.row
        heir = None if row.replaced_by is None else number_code(row.replaced_by)
        plate = PlatePlace(self.code, row.status, heir, row.beat, row.grid_cell, row.street, row.village, row.tail)
        return answer_of(plate, self.part, self.at, self.as_of, stale=self.stale)


class _Head(NamedTuple):
    """What all doors of a station share."""

    station: StationFacts
    edition: int | None
    published_at: datetime | None
    notices: tuple[Told, ...]


class State:
    """One state of the snapshot, with the duties of its stations; for any number of threads."""

    def __init__(self, snapshot: Snapshot, former: State | None = None) -> None:
        self.snapshot = snapshot
        self.serial = snapshot.serial
        self._shelf: DutyShelf = former._shelf if former else DutyShelf()  # noqa: SLF001 -- its own kind
        self._duties: dict[str, tuple[FileMark, Duty]] = {}
        if former is not None:  # a station whose people are the same keeps what was worked out
            marks = {code: files.team for code, files in snapshot.manifest.stations.items()}
            self._duties = {code: kept for code, kept in former._duties.items() if marks.get(code) == kept[0]}  # noqa: SLF001
        self._parts: dict[tuple[str, str | None, str | None], Part] = {}
        self._heads: dict[str, _Head] = {}
        self._lock = threading.Lock()

    def duty(self, station: str) -> Duty:
        """Return the duties of a station, read when first asked for."""
        kept = self._duties.get(station)
        if kept is None:
            mark = self.snapshot.manifest.stations[station].team
            kept = (mark, Duty(Team.from_json(self.snapshot.team(station)), self._shelf))
            with self._lock:
                while len(self._duties) >= _MOST_STATIONS:
                    del self._duties[next(iter(self._duties))]
                self._duties[station] = kept
        return kept[1]

    def part(self, station: str, beat: str | None, cell: str | None, at: float) -> Part:
        """Return what doors of a pair of zones have in common at a moment [epoch s]; kept until it ends."""
        key = (station, beat, cell)
        part = self._parts.get(key)
        if part is None or not part.since <= at < part.until:
            turn = self.snapshot.team_file(station).turn(beat, cell, at)
            if turn is None:  # beyond the hours that are laid out
                part = part_of(self.duty(station), beat, cell, at)
            else:
                part = _part_of_turn(self._head(station), turn, beat, cell, at)
            if len(self._parts) >= _MOST_PARTS:
                self._parts.clear()
            self._parts[key] = part
        return part

    def _head(self, station: str) -> _Head:
        """Return what all doors of a station share."""
        head = self._heads.get(station)
        if head is None:
            head = _head_of(orjson.loads(self.snapshot.team_file(station).head()))
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()
            self._heads[station] = head
        return head


class Scans:
    """What a process answers scans from: the present state of a snapshot's folder.

    `refresh` looks whether there is a newer one; call it a few times a second.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.as_of = 0.0
        self.state: State | None = None
        self.trouble: str | None = None
        self._looked = float("-inf")
        self._seen: tuple[int, int, int] | None = None

    @property
    def stale(self) -> bool:
        """Whether the database has been silent for too long."""
        return time.time() - self.as_of > STALE_S

    def refresh(self) -> bool:
        """Take the folder's present state if it is another; return whether it was. Never raises for the folder's faults."""
        self.as_of = _changed_at(self.folder / CONFIRMED)
        state = self.state
        if state is not None and state.snapshot.is_current():
            return False
        try:
            snapshot = Snapshot.open(self.folder) if state is None else state.snapshot.reopen()
        except (SnapshotMissing, SnapshotBroken) as error:
            self.trouble = error.slug  # what was answered from goes on
            return False
        self.trouble = None if snapshot.trouble is None else snapshot.trouble.slug
        if state is not None and snapshot.serial == state.serial and snapshot.made_at == state.snapshot.made_at:
            return False
        self.state = State(snapshot, state)
        return True

    def require(self) -> State:
        """Return the state to answer from.

        Raises
        ------
        SnapshotMissing
            If there has never been a snapshot.
        """
        if self.state is None:
            # A crowd at the door does not wear out the disk; but no worker says there is none when another answers already.
            now, seen = time.monotonic(), manifest_marks(self.folder)
            if seen != self._seen or now - self._looked > LOOK_AGAIN_S:
                self._looked, self._seen = now, seen
                self.refresh()
        if self.state is None:
            raise SnapshotMissing(
                f"there is no snapshot in {self.folder}; `gridmap serve` makes it as soon as it reaches the database"
            )
        return self.state

    def find(self, code: str, at: float | None = None) -> Found:
        """Return what is known of a plate now, or at a moment [epoch s] near now; no query.

        Parameters
        ----------
        code
            As issued: what somebody typed goes through `read_code` first.

        Raises
        ------
        PlateNotFound
            If no plate bears the code.
        SnapshotMissing
            If there has never been a snapshot.
        """
        state = self.state or self.require()
        moment = time.time() if at is None else at
        found = state.snapshot.find(code_number(code))
        if found is None:
            raise PlateNotFound("no plate bears this code: read it again, or call the station", plate=code)
        station, row = found
        as_of = self.as_of
        return Found(
            code, row, state.part(station, row.beat, row.grid_cell, moment), moment, as_of, moment - as_of > STALE_S
        )

    def answer(self, code: str, at: float | None = None) -> PlateAnswer:
        """Return who answers for a plate, as `find`."""
        return self.find(code, at).answer()


def _head_of(found: dict[str, Any]) -> _Head:
    facts, published_at = found["station"], found["published_at"]
    return _Head(
        station_of(facts),
        found["edition"],
        None if published_at is None else datetime.fromisoformat(published_at),
        tuple(notice_of(row) for row in found["notices"]),
    )


def _part_of_turn(head: _Head, turn: Turn, beat: str | None, cell: str | None, at: float) -> Part:
    """Return what all doors of a pair of zones have in common, from the hours that are laid out."""
    beat_zh, beat_en, cell_zh, cell_en = orjson.loads(turn.names)
    notices, until = told_at(head.notices, beat, cell, at) if head.notices else ((), float("inf"))
    return Part(
        since=at if head.notices else turn.start,
        until=min(turn.end, until),
        station=head.station,
        edition=head.edition,
        published_at=head.published_at,
        beat=None if beat is None else ZoneName(beat, beat_zh, beat_en),
        grid_cell=None if cell is None else ZoneName(cell, cell_zh, cell_en),
        people=tuple([Answerer(*one) for one in orjson.loads(turn.card)]),
        notices=tuple([Notice(one.kind, one.text_zh, one.text_en, _moment(one.end)) for one in notices]),
        valid_until=datetime.fromtimestamp(turn.change, UTC),
        following=() if turn.following is None else tuple([Answerer(*one) for one in orjson.loads(turn.following)]),
    )


def part_of(duty: Duty, beat: str | None, cell: str | None, at: float) -> Part:
    """Return what all doors of a pair of zones have in common at a moment [epoch s]."""
    team = duty.team
    spell = duty.answer(beat, cell, at)
    after = duty.following(beat, cell, at)
    notices, ends = told_at(team.notices, beat, cell, at)
    return Part(
        since=at if team.notices else spell.start,
        # What is told changes with the first of: the people, a notice that begins or ends.
        until=min(spell.end, ends),
        station=team.station,
        edition=team.edition,
        published_at=team.published_at,
        beat=_zone(team, "beat", beat),
        grid_cell=_zone(team, "grid_cell", cell),
        people=_people(team, spell),
        notices=tuple(Notice(one.kind, one.text_zh, one.text_en, _moment(one.end)) for one in notices),
        valid_until=datetime.fromtimestamp(spell.end if after is None else after.start, UTC),
        following=() if after is None else _people(team, after),
    )


def _people(team: Team, spell: Spell) -> tuple[Answerer, ...]:
    return tuple(_answerer(team, one) for one in spell.reached)


def _answerer(team: Team, one: Reached) -> Answerer:
    phone = team.phone_of(one.person)
    if one.person is None:
        facts = team.station
        return Answerer(one.rank, one.role, one.via, facts.name_zh, facts.name_en, "", phone, "", "")
    who = team.people[one.person]
    return Answerer(one.rank, one.role, one.via, who.name, who.name_en, who.badge, phone, who.office, who.photo)


def _zone(team: Team, kind: str, code: str | None) -> ZoneName | None:
    if code is None:
        return None
    return ZoneName(code, *team.zones[kind].get(code, ("", "")))


def answer_of(plate: PlatePlace, part: Part, at: float, as_of: float, *, stale: bool) -> PlateAnswer:
    """Return the answer for one plate; moments in epoch seconds."""
    facts = part.station
    found = PlateAnswer(
        plate=plate.code, status=plate.status, replaced_by=plate.replaced_by, street=plate.street,
        number_tail=plate.tail, village=plate.village, at=datetime.fromtimestamp(at, UTC),
        as_of=datetime.fromtimestamp(as_of, UTC), stale=stale, station=facts.code, station_zh=facts.name_zh,
        station_en=facts.name_en, desk_phone=facts.desk_phone, timezone=facts.timezone, synthetic=facts.synthetic,
        languages=facts.languages, edition=part.edition, published_at=part.published_at, beat=part.beat,
        grid_cell=part.grid_cell, people=part.people, notices=part.notices, valid_until=part.valid_until,
        following=part.following,
    )  # fmt: skip
    if plate.status in DEAD:  # the door is another plate's matter, or nobody's: the desk helps
        desk = tuple(one for one in part.people if one.role == "duty_desk")
        return replace(found, beat=None, grid_cell=None, people=desk, following=())
    return found


def _moment(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _changed_at(path: Path) -> float:
    """Return when a file was last touched [epoch s], 0 where there is none."""
    try:
        return os.stat(path).st_mtime  # noqa: PTH116 -- five times a second in every worker
    except OSError:
        return 0.0
