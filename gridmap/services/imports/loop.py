"""One loop for every import: open, match columns, read blocks, refuse rows by line, keep the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import shapely
from sqlalchemy.orm import Session

from gridmap.errors import Invalid
from gridmap.services.imports import addresses, disputes, facilities, grounds, incidents, people, shifts, visits
from gridmap.services.imports.columns import match_columns
from gridmap.services.imports.grounds import zone_known
from gridmap.services.imports.kinds import Job, Kind
from gridmap.services.imports.report import Rejection, Report
from gridmap.services.imports.rows import Rows
from gridmap.store import audit, editions, frames, loading
from gridmap.store.reading import open_source, placing_for

#: How far an import is: (done, total) in units of the file.
Progress = Callable[[int, int], None]

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        grounds.STATIONS, grounds.PLACES, grounds.ROADS, grounds.CATEGORIES, addresses.KIND, incidents.INCIDENTS,
        disputes.DISPUTES, people.PEOPLE, people.LEAVE, shifts.KIND, visits.KIND, facilities.KIND,
    )
}  # fmt: skip


class ImportUnclear(Invalid):
    """What is to be loaded, or where to, was not said."""

    slug, title = "import-unclear", "Say what to load where"


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for more rarely.

    `layer`, `encoding`: of the file; found out where None. `timezone`: in which times without an offset are read; the
    station's where None. `add_categories`: add categories of incidents that are not there. `keep_unplaced`: keep
    incidents whose address nobody knows, without a place. `duplicates`: "keep" or "skip" incidents and disputes that look
    like another under another number. `replace`: remove shifts of the file's people, in the time the
    file is about, that the file does not have.
    """

    layer: str | None = None
    encoding: str | None = None
    timezone: str | None = None
    add_categories: bool = False
    keep_unplaced: bool = False
    replace: bool = False
    duplicates: Literal["keep", "skip"] = "keep"


PLAIN = Options()


def silent(_done: int, _total: int) -> None:
    """Tell nobody: the progress of a caller who does not ask."""


def load_file(
    session: Session,
    kind: str,
    path: Path,
    *,
    station: str | None = None,
    mapping: Mapping[str, str] | None = None,
    crs: str | None = None,
    options: Options = PLAIN,
    progress: Progress = silent,
    on_reject: Callable[[Rejection], None] | None = None,
) -> Report:  # fmt: skip
    """Load a file of one kind into the database, in the caller's transaction; rolled back, nothing was done.

    A faulty row is refused alone; a file that is not what it claims raises, and nothing of it stays.

    Parameters
    ----------
    kind
        One of `KINDS`: stations, places, roads, categories, addresses, incidents, disputes, people, leave, shifts,
        visits, facilities.
    path
        See `gridmap.store.reading.open_source`.
    station
        Code of the station the rows belong to; needed but for stations and categories.
    mapping
        Field -> column, where the file's names are not understood by themselves.
    crs
        "EPSG:n", "gcj02" or "bd09"; goes before what the file says.
    options
        What is asked for more rarely.
    progress
        Called with (done, total) after each block.
    on_reject
        Called with every refused row; the report keeps the first thousand.

    Returns
    -------
    report
        What was added, changed, and refused by line and reason.

    Raises
    ------
    StationNotFound, ImportUnclear, ColumnUnclear, NoSystem, LiesLikeAnotherDatum
    FileGone, NotWhatItClaims, Truncated, Encrypted, Bomb, LayerUnclear
    """
    what = KINDS.get(kind)
    if what is None:
        raise ImportUnclear(f"There is no import of {kind!r}; there are: {', '.join(KINDS)}.")
    if what.needs_station and station is None:
        raise ImportUnclear(f"Say whose {kind} these are: --station CODE.")
    zone = _zone(session, station if what.needs_station else None, options.timezone)
    with open_source(path, layer=options.layer, encoding=options.encoding) as source:
        report = Report(kind, station if what.needs_station else None, unit=source.unit, on_reject=on_reject)
        report.warnings += source.notes
        job = Job(session, station or "", what.stage, report)
        job.add_categories, job.keep_unplaced = options.add_categories, options.keep_unplaced
        job.replace, job.duplicates = options.replace, options.duplicates
        job.names = match_columns(what.fields, source.columns, mapping or {})
        report.columns = job.names
        report.unused = tuple(column for column in source.columns if column not in job.names.values())
        job.placing = placing_for(source, crs)
        ground = _ground(session, station) if what.on_ground and station else None
        outside = masked = 0
        loading.open_stage(session, what.stage)
        for block in source.blocks():
            rows = Rows(block, job.names, job.placing, zone, ground)
            staged = what.read(rows)
            report.reject(rows.rejections)
            loading.copy_rows(session, what.stage, staged)
            outside += rows.outside
            masked += rows.masked
            progress(block.done, source.total)
        if not report.refused and not loading.count(session, what.stage):
            report.warn(f"{path.name} has no rows")
        if outside:
            report.warn(f"{outside:,} places lie outside the jurisdiction of station {station}")
        if masked:
            report.warn(f"{masked:,} texts had numbers of telephones or identity cards; they were masked")
    what.keep(job)
    report.rejected.sort(key=lambda rejection: rejection.line)
    return report


def record(session: Session, report: Report, path: Path, *, by: str) -> None:
    """Write down in the audit that `by` loaded the file; in the transaction of the import, so both stay or neither."""
    after = {"file": path.name} | report.counts() | report.facts
    audit.write(
        session, [report.station], by=by, action=f"import {report.kind}", thing=report.station or "all", after=after
    )


def _ground(session: Session, station: str) -> shapely.Geometry:
    ground = frames.jurisdiction(session, station)
    shapely.prepare(ground)
    return ground


def _zone(session: Session, station: str | None, timezone: str | None) -> ZoneInfo:
    name = timezone
    if station is not None:
        own = editions.find_station(session, station).timezone
        name = timezone or own
    if name is not None and not zone_known(name):
        raise ImportUnclear(f"--timezone {name}: there is no such time zone; write it like Asia/Shanghai.")
    return ZoneInfo(name or "Asia/Shanghai")
