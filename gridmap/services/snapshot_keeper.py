"""Keep the scan's snapshot what the database holds: whatever is committed is in it within two seconds.

Of all processes that share a folder one is the keeper: whoever has its lock. It listens (a hint) and polls every second
(the guarantee) for changes that committed; each station that one of them names is read in a transaction of its own, so
that its doors and its people are of one moment, and written before the manifest is swapped. Nothing uncommitted is ever
read, so an edition that is rolled back was never answered from.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from gridmap.errors import Conflict, GridmapError
from gridmap.services.laid_out import lay_out
from gridmap.services.scan import AHEAD_DAYS, CONFIRMED
from gridmap.store import listening, scan_source
from gridmap.store.driver_errors import named_errors
from gridmap.store.engine import make_sessions
from gridmap.store.snapshot import folder as folders
from gridmap.store.snapshot.faults import SnapshotBroken, SnapshotHeld, SnapshotLocked, SnapshotMissing
from gridmap.store.snapshot.folder import StationFiles
from gridmap.store.snapshot.segment import Segment
from gridmap.store.snapshot.write import StationUpdate, put_many

log = structlog.stdlib.get_logger("gridmap.snapshot")

#: The longest time between two looks for changes [s].
POLL_S: Final = 1.0
#: After this the people of a station are read anew even if nothing changed, so that shifts ahead are known [s].
TEAM_AGE_S: Final = 20 * 3600.0
#: How often it is looked for such people [s].
AGE_EVERY_S: Final = 300.0
#: Changes after which the doors of a station are read anew; the others concern its people alone.
OF_DOORS: Final = frozenset({"plate", "address", "edition"})
#: Reading the doors of a station may take this long [ms].
READ_MS: Final = 120_000


class OtherDatabaseEmpty(Conflict):
    """The database is another than the snapshot was made from, and empty: more likely a wrong address than an end."""

    slug, title = "other-database-empty", "The database is another one, and empty"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a station's files were made from: the database, the oldest transaction then open, and when [epoch s]."""

    database: str
    moment: int
    made_at: float

    def __str__(self) -> str:
        return f"{self.database} {self.moment} {self.made_at:.0f}"

    @classmethod
    def read(cls, given: str) -> Mark | None:
        """Return the mark that a manifest gives back, None for one of another make."""
        parts = given.split(" ")
        if len(parts) != 3 or not (parts[1].isdigit() and parts[2].isdigit()):
            return None
        return cls(parts[0], int(parts[1]), float(parts[2]))


class Keeper:
    """Whoever writes the snapshot of `folder` from the database of `engine`, which lends two connections or more.

    `now` is the clock [epoch s].
    """

    def __init__(self, engine: Engine, folder: Path, *, now: Callable[[], float] = time.time) -> None:
        self.engine, self.folder, self.now = engine, folder, now
        self.sessions: sessionmaker[Session] = make_sessions(engine)
        self._since = 0
        self._seen: frozenset[int] = frozenset()
        #: station -> whether its doors are to be read, too
        self._due: dict[str, bool] = {}
        self._database = ""
        self._old_at = 0.0
        self._anew = False

    def run(self, stop: threading.Event) -> None:
        """Keep the snapshot until `stop`; where another process does, be ready to take its place. Never raises."""
        said = ""
        while not stop.is_set():
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                with folders.lock(self.folder, wait=False, name="keeper"):
                    self._keep(stop)
            except SnapshotLocked:
                said = ""
            except GridmapError as error:
                if said != error.slug:  # once, not every second of an outage
                    log.warning("snapshot_later", slug=error.slug)
                said = error.slug
            except Exception:
                log.exception("snapshot_broken")
            stop.wait(POLL_S)

    def once(self) -> None:
        """Bring the snapshot up to date now; for commands and tests.

        Raises
        ------
        SnapshotLocked
            If a keeper is at work already.
        DatabaseAway, SnapshotNotWritable
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with folders.lock(self.folder, wait=False, name="keeper"):
            self._begin()
            self._look()

    def _keep(self, stop: threading.Event) -> None:
        with listening.listen(self.engine, "gridmap_change") as ear:
            self._begin()
            while not stop.is_set():
                self._look()
                ear.wait(POLL_S)

    def _begin(self) -> None:
        """Find what changed since the snapshot's files were made: all of it, where they are of another database."""
        files, self._anew = self._files()
        with named_errors(), self.sessions.begin() as session:
            self._database = scan_source.database_name(session)
            self._since, self._seen = scan_source.moment(session), frozenset()
            there = scan_source.stations(session)
            marks = {code: Mark.read(found.mark) for code, found in files.items()}
            known = {code: mark for code, mark in marks.items() if mark is not None and mark.database == self._database}
            self._due = dict.fromkeys((code for code in there if code not in known), True)
            if known:
                for change in scan_source.changes(session, min(mark.moment for mark in known.values())):
                    if change.station in known and change.xid >= known[change.station].moment:
                        self._note(change)
        if files and not there and not known:
            raise OtherDatabaseEmpty(
                f"{self.folder} holds {len(files)} stations of another database, and this one holds none: look at "
                "GRIDMAP_DATABASE_URL, or delete the folder if it is meant; scans go on from it"
            )
        gone = files.keys() - set(there)
        if gone:
            put_many(self.folder, [], remove=gone)
        self._note_old(files)

    def _files(self) -> tuple[dict[str, StationFiles], bool]:
        """Return the present files of each station, and whether all must be made anew: none is whole."""
        try:
            manifest = folders.read_manifest(self.folder)
        except SnapshotMissing:
            return {}, False
        except SnapshotBroken:
            return {}, True
        return (dict(manifest.stations), False) if folders.whole(self.folder, manifest) else ({}, True)

    def _note(self, change: scan_source.Change) -> None:
        self._due[change.station] = self._due.get(change.station, False) or change.what in OF_DOORS

    def _note_old(self, files: dict[str, StationFiles]) -> None:
        """Note stations whose people were read long ago."""
        for code, found in files.items():
            mark = Mark.read(found.mark)
            if mark is not None and self.now() - mark.made_at > TEAM_AGE_S:
                self._due.setdefault(code, False)

    def _look(self) -> None:
        """Look for changes, write what is due, and confirm that the snapshot is what the database holds."""
        with named_errors(), self.sessions.begin() as session:
            moment = scan_source.moment(session)
            found = scan_source.changes(session, self._since)
        for change in found:
            if change.id not in self._seen:
                self._note(change)
        self._since, self._seen = moment, frozenset(change.id for change in found)
        if self.now() >= self._old_at:
            self._old_at = self.now() + AGE_EVERY_S
            files, broken = self._files()
            if broken:  # answered from the state of before, as far as that is whole; mend it
                self._begin()
            self._note_old(files)
        if self._due:
            self._write()
        (self.folder / CONFIRMED).touch()

    def _write(self) -> None:
        began, due = time.perf_counter(), dict(self._due)
        try:
            manifest = put_many(self.folder, self._updates(due.items()), anew=self._anew)
        except SnapshotHeld:
            log.warning("snapshot_held", due=len(due))
            raise
        self._anew = False
        for code, doors in due.items():
            if self._due.get(code) == doors:
                del self._due[code]
        log.info("snapshot", serial=manifest.serial, stations=len(due), seconds=round(time.perf_counter() - began, 3))

    def _updates(self, due: Iterable[tuple[str, bool]]) -> Iterator[StationUpdate]:
        """Read the stations that are due, one at a time, each in a transaction that sees one moment."""
        for code, doors in due:
            now = datetime.fromtimestamp(self.now(), UTC)
            with named_errors(), self.sessions() as session, session.begin():
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                scan_source.allow(session, READ_MS)
                mark = Mark(self._database, scan_source.moment(session), self.now())
                team = scan_source.team(session, code, now, now + timedelta(days=AHEAD_DAYS))
                rows = scan_source.rows(session, code) if doors else None
            if team is not None:
                pairs = self._pairs(code) if rows is None else {(place[2], place[3]) for place in rows.places}
                yield StationUpdate(code, rows, team, lay_out(team, pairs, now.timestamp()), str(mark))

    def _pairs(self, code: str) -> set[tuple[str, str]]:
        """Return the pairs of zones of a station's doors, from its present file."""
        file = folders.read_manifest(self.folder).stations[code].segment
        return Segment.open(self.folder / file.name).pairs()


__all__ = ["Keeper"]
