"""What the scan's snapshot is made from: a station's plates as columns, its team as JSON, and what changed since.

All of it goes through functions that hand out what residents may be shown and nothing else, whatever the role asks.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.codes import ALPHABET, RANDOM, code_number
from gridmap.domain.plates import PLATE_STATES, PlatePlace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gridmap.store.snapshot.segment import SegmentRows

_COLUMNS = ("code", "status", "replaced_by", "beat", "grid_cell", "street", "village", "tail")


def database_name(session: Session) -> str:
    """Return what tells this database from every other: numbers of transactions mean nothing elsewhere."""
    query = "SELECT oid || '-' || (pg_control_system()).system_identifier FROM pg_database WHERE datname = current_database()"
    return str(session.scalar(text(query)))


def moment(session: Session) -> int:
    """Return the number of the oldest transaction still open: `changes` since it miss nothing, however late it commits."""
    return int(session.scalar(text("SELECT scan_moment()")) or 0)


@dataclass(frozen=True, slots=True)
class Change:
    """One statement that changed something: its number, its transaction's, the station, and what of it."""

    id: int
    xid: int
    station: str
    what: str


def changes(session: Session, since: int) -> list[Change]:
    """Return every change that committed since a `moment`; some may be known already. One query."""
    found = session.execute(text("SELECT id, xid, station, what FROM scan_changes(:since)"), {"since": since})
    return [Change(*row) for row in found]


def stations(session: Session) -> list[str]:
    """Return the codes of all stations."""
    return [str(code) for code in session.scalars(text("SELECT scan_stations()"))]


def station_of(session: Session, code: str) -> str | None:
    """Return the station of a plate, None where no plate bears the code; one query."""
    found: str | None = session.scalar(text("SELECT plate_station(:code)"), {"code": code})
    return found


def team(session: Session, station: str, since: datetime, until: datetime) -> dict[str, Any] | None:
    """Return what residents may know of a station's people in a period, as `Team.from_json` reads it; one query."""
    query = text("SELECT scan_team(:station, :since, :until)")
    found: dict[str, Any] | None = session.scalar(query, {"station": station, "since": since, "until": until})
    return found


def one_plate(session: Session, station: str, code: str, at: datetime) -> PlatePlace | None:
    """Return a plate as a scan at a moment saw it; one query."""
    row = session.execute(
        text("SELECT * FROM scan_plates(:station, :at, :code)"), {"station": station, "at": at, "code": code}
    ).one_or_none()
    if row is None:
        return None
    plate, status, replaced_by, beat, cell, *rest = row
    return PlatePlace(plate, status, replaced_by, beat or None, cell or None, *(str(word or "") for word in rest))


def place(session: Session, lng: float, lat: float) -> tuple[str, str | None, str | None] | None:
    """Return station, beat and grid cell of a position (EPSG:4326), None outside every station; one query.

    On a border it is the zone with the lowest code, as everywhere.
    """
    row = session.execute(text("SELECT * FROM scan_place(:lng, :lat)"), {"lng": lng, "lat": lat}).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def photo(session: Session, sha256: str) -> bytes | None:
    """Return a portrait that its station publishes, or None; one query."""
    found: bytes | None = session.scalar(text("SELECT public_photo(:sha256)"), {"sha256": sha256})
    return found


def rows(session: Session, station: str) -> SegmentRows:
    """Return every plate of a station, living or not, as columns for the snapshot; one COPY."""
    # Only whoever writes snapshots comes here; processes that answer residents stay without these.
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    from gridmap.store.frames import driver  # noqa: PLC0415
    from gridmap.store.snapshot.segment import SegmentRows  # noqa: PLC0415

    with (
        driver(session).cursor() as cursor,
        cursor.copy("COPY (SELECT * FROM scan_plates(%s)) TO STDOUT (FORMAT csv)", (station,)) as copy,
    ):
        raw = b"".join(copy)
    if not raw:
        return SegmentRows(numbers=[], place=[], tail=[], status=[], places=[], tails=[])
    words = pa.dictionary(pa.int32(), pa.string())
    kinds = dict.fromkeys(_COLUMNS, words) | {"code": pa.string(), "replaced_by": pa.string()}
    table = csv.read_csv(
        io.BytesIO(raw),
        read_options=csv.ReadOptions(column_names=list(_COLUMNS)),
        convert_options=csv.ConvertOptions(column_types=kinds, strings_can_be_null=False),
    )
    table = table.unify_dictionaries()
    columns = {name: table.column(name).combine_chunks() for name in _COLUMNS}
    coded = {name: _coded(columns[name]) for name in ("status", "beat", "grid_cell", "street", "village", "tail")}
    numbers = _numbers(columns["code"])
    keys = np.zeros(len(numbers), dtype=np.int64)
    for name in ("street", "village", "beat", "grid_cell"):
        keys = keys * (len(coded[name][1]) + 1) + coded[name][0]
        _, keys = np.unique(keys, return_inverse=True)
    _, first, place_of = np.unique(keys, return_index=True, return_inverse=True)
    named = [(coded[name][0][first], coded[name][1]) for name in ("street", "village", "beat", "grid_cell")]
    states = np.array([PLATE_STATES.index(word) for word in coded["status"][1]], dtype=np.uint8)
    heirs = columns["replaced_by"].to_numpy(zero_copy_only=False)
    return SegmentRows(
        numbers=numbers,
        place=place_of,
        tail=coded["tail"][0],
        status=states[coded["status"][0]],
        places=list(zip(*([words[index] for index in indexes] for indexes, words in named), strict=True)),
        tails=list(coded["tail"][1]),
        replaced_by={int(numbers[at]): code_number(heirs[at]) for at in np.flatnonzero(heirs != "")},
    )


def _coded(column: Any) -> tuple[NDArray[np.int64], list[str]]:
    """Return a dictionary column as indexes and words."""
    import numpy as np  # noqa: PLC0415

    return column.indices.to_numpy(zero_copy_only=False).astype(np.int64), column.dictionary.to_pylist()


def _numbers(column: Any) -> NDArray[np.uint64]:
    """Return the 50-bit numbers of plate codes as issued."""
    import numpy as np  # noqa: PLC0415

    value = np.zeros(256, dtype=np.uint64)
    value[np.frombuffer(ALPHABET.encode(), dtype="u1")] = np.arange(len(ALPHABET), dtype=np.uint64)
    symbols = column.to_numpy(zero_copy_only=False).astype("S12").view("u1").reshape(-1, 12)[:, :RANDOM]
    numbers = np.zeros(len(symbols), dtype=np.uint64)
    for each in range(RANDOM):
        numbers = numbers << np.uint64(5) | value[symbols[:, each]]
    return numbers


def allow(session: Session, longest_ms: int) -> None:
    """Let queries of the present transaction run for up to `longest_ms`."""
    session.execute(text(f"SET LOCAL statement_timeout = {int(longest_ms)}"))
