"""The disputes a filter lets pass, as a file: without parties, without numbers of persons, and put on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gridmap.domain.dispute_filter import Filter
from gridmap.domain.dispute_sheet import EVERYTHING, PRIVACY, READING, SYNTHETIC, Language
from gridmap.errors import Invalid, TooLarge
from gridmap.store import audit, dispute_files, dispute_lists, editions
from gridmap.store.dispute_files import MAX_ROWS, MEDIA_TYPES, Content, Kind
from gridmap.store.dispute_rows import Sight

__all__ = ["EVERYBODYS", "MEDIA_TYPES", "Kind", "KindUnclear", "Notes", "TooManyRows", "file_name", "kind_of", "write"]

#: What the owner of the data sees: all of it.
EVERYBODYS: Final = Sight(whole=True)


class TooManyRows(TooLarge):
    """More disputes than a sheet of a workbook can hold."""

    slug, title = "too-many-rows", "More rows than a sheet can hold"


class KindUnclear(Invalid):
    """The ending of the file is of no kind that disputes are written as."""

    slug, title = "export-kind-unclear", "The kind of file is not clear"


@dataclass(frozen=True, slots=True)
class Notes:
    """What was written: how many rows, how many of them without a place, and what is to be known, in sentences."""

    rows: int
    told: tuple[str, ...]


def kind_of(path: Path) -> Kind:
    """Return the kind of file that the ending of `path` asks for.

    Raises
    ------
    KindUnclear
        If it asks for none.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in MEDIA_TYPES:
        raise KindUnclear(
            f"{path.name}: disputes are written as .csv, .xlsx or .gpkg; name one of them.", file=path.name
        )
    return ending


def file_name(station: str, kind: Kind, now: datetime) -> str:
    """Return the name under which an export is handed over.

    >>> file_name("990001000000", "xlsx", datetime(2026, 1, 2, tzinfo=UTC))
    '990001000000_disputes_20260102.xlsx'
    """
    return f"{station}_disputes_{now:%Y%m%d}.{kind}"


def write(
    session: Session, station: str, path: Path, kind: Kind, wanted: Filter, *, by: str, sight: Sight = EVERYBODYS,
    language: Language = "zh", progress: Callable[[int, int], None] = lambda _done, _total: None, now: datetime | None = None,
) -> Notes:  # fmt: skip
    """Write the disputes of a station that `wanted` lets pass and `sight` may see to `path`, and put it on record.

    They are counted first, then read by a cursor and written as they come: memory does not grow with their number.

    Parameters
    ----------
    sight
        What `rules.sight_of` says of who asks; all of the station's for the owner of the data.
    language
        Of the headings and words; each is understood by the import of disputes.
    progress
        Called with (done, total) as rows are read.

    Raises
    ------
    StationNotFound, FileNotWritable
    TooManyRows
        If a workbook is asked for and its sheet cannot hold them; nothing is written then.
    """
    place = editions.find_station(session, station)
    at = now or datetime.now(UTC)
    zone = ZoneInfo(place.timezone)
    condition, facts = dispute_lists.where(station, sight, wanted, now=at, zone=place.timezone)
    total = dispute_lists.count(session, station, sight, wanted, now=at, zone=place.timezone)
    if kind == "xlsx" and total >= MAX_ROWS:
        raise TooManyRows(
            f"{total:,} disputes, and a sheet of a workbook holds {MAX_ROWS - 1:,}: narrow the filter (a year at a time, say), "
            "or write .csv or .gpkg, which hold any number.",
            rows=total, most=MAX_ROWS - 1,
        )  # fmt: skip
    zh = 0 if language == "zh" else 1
    notes = {
        "station": f"{station} {place.name_zh} {place.name_en}".strip(),
        "filter": ", ".join(f"{name}={value}" for name, value in wanted.facts().items()) or "state=open" if not _all(wanted)
        else EVERYTHING[zh],
        "rows": str(total), "made_at": at.astimezone(zone).isoformat(timespec="seconds"), "times": place.timezone,
        "places": "EPSG:4326", "privacy": PRIVACY[zh], "reading": READING[zh],
    }  # fmt: skip
    if place.synthetic:
        notes["synthetic"] = SYNTHETIC[zh]
    content = Content(
        lambda: dispute_files.read_rows(
            session, condition, facts, zone=zone, language=language, synthetic=place.synthetic,
            progress=lambda done: progress(done, total),
        ),
        notes, f"{place.name_zh} {place.name_en} disputes", language, total,
    )  # fmt: skip
    dispute_files.write_file(content, path, kind)
    audit.write(
        session, [station], by=by, action="export", thing="disputes",
        after={"format": kind, "rows": total, "filter": sorted(wanted.facts())},
    )  # fmt: skip
    return Notes(total, tuple(notes[name] for name in ("privacy", "synthetic") if name in notes))


def _all(wanted: Filter) -> bool:
    return wanted == Filter(state="any")
