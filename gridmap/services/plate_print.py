"""Plates to be printed: which, with what on them, and the record that they were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.codes import parse_plate_code
from gridmap.domain.plate_face import PlateFace, face
from gridmap.errors import Conflict, Invalid
from gridmap.services import plate_life
from gridmap.services.resolve import NothingInForce
from gridmap.store import audit, editions
from gridmap.store.plate_rows import PlateChoice, PlateRow, plate_rows, states_of

#: States in which a plate may be printed: all that are alive and belong to this door.
PRINTABLE: Final = ("issued", "printed", "installed", "damaged", "lost")
#: States that printing leads to "printed"; what hangs at a door goes on hanging there.
TO_MARK: Final = ("issued", "printed")
#: A refusal names at most so many plates.
NAMED: Final = 5


class NothingToPrint(Conflict):
    """No plate is of the kind that was asked for."""

    slug, title = "nothing-to-print", "There are no such plates to print"


class PlateListNotValid(Invalid):
    """A list of codes holds something that is no code, or no plate that can be printed."""

    slug, title = "plate-list-not-valid", "The list of plates is not valid"


@dataclass(frozen=True, slots=True)
class PrintRun:
    """Plates of one station in the order of their doors, and what they share.

    `edition`: the number of the edition in force, whose zones stand on the plates. `to_mark`: the codes that printing
    brings to the state "printed".
    """

    station: str
    name_zh: str
    name_en: str
    desk_phone: str
    synthetic: bool
    edition: int
    faces: Sequence[PlateFace]
    to_mark: Sequence[str]


def choose(session: Session, station: str, choice: PlateChoice) -> PrintRun:
    """Return the living plates of a choice, with their zones in the edition in force.

    Raises
    ------
    StationNotFound, NothingInForce
    PlateListNotValid
        If codes are named and one of them is no plate of the station in one of the states.
    NothingToPrint
        If no plate is left; the detail tells how many there are in other states.
    """
    place = editions.find_station(session, station)
    edition = editions.in_force(session, station)
    if edition is None:
        raise NothingInForce(
            f"station {station} has no edition in force, and plates bear the codes of its zones: publish one"
        )
    rows = list(plate_rows(session, station, edition.id, choice))
    if choice.codes is not None:
        found = {row.code for row in rows}
        missing = [code for code in choice.codes if code not in found]
        if missing:
            raise PlateListNotValid(
                f"{len(missing)} of {len(choice.codes)} listed codes are no {' or '.join(choice.states)} plates of station "
                f"{station} (as far as asked for): {', '.join(missing[:NAMED])}; nothing was printed",
                plates=missing[:NAMED],
            )
    if not rows:
        others = states_of(session, station, edition.id, choice)
        told = ", ".join(f"{count:,} {state}" for state, count in others.items()) or "none at all"
        raise NothingToPrint(f"no plate is {' or '.join(choice.states)}; of those asked for there are: {told}")
    return PrintRun(
        station,
        place.name_zh,
        place.name_en,
        place.desk_phone,
        place.synthetic or edition.synthetic,
        edition.number,
        [written(row) for row in rows],
        [row.code for row in rows if row.status in TO_MARK],
    )


def written(row: PlateRow) -> PlateFace:
    """Return what stands on the plate of a row."""
    return face(
        row.code,
        levels=(row.county, row.town, row.village),
        street=row.street,
        number=row.number,
        estate=(row.estate, row.building, row.unit, row.room),
        full=row.full,
        zones=(row.beat, row.grid_cell),
    )


def read_list(lines: Iterable[str]) -> list[str]:
    """Return the codes of a list, one a line (blank lines and what follows a # are left out), each once.

    Raises
    ------
    PlateListNotValid
        If a line is no code; the detail tells the first one's number.

    Examples
    --------
    >>> read_list(["# from the workshop", "0000-0000-0000", "", "000000000000"])
    ['000000000000']
    """
    codes: dict[str, None] = {}
    for number, line in enumerate(lines, start=1):
        typed = line.lstrip("\ufeff").split("#", 1)[0].strip()
        if not typed:
            continue
        try:
            codes[parse_plate_code(typed)] = None
        except Invalid as error:
            raise PlateListNotValid(f"line {number}, {typed[:40]!r}: {error.detail}", line=number) from error
    if not codes:
        raise PlateListNotValid("the list holds no code: one code a line")
    return list(codes)


def put_on_record(session: Session, run: PrintRun, *, what: str, batch: str, by: str, mark: bool) -> int:
    """Write into the audit that plates were printed, and with `mark` into their lives; return how many were marked."""
    after = {"batch": batch, "plates": len(run.faces), "edition": run.edition}
    audit.write(session, [run.station], by=by, action=what, thing=f"batch {batch}", after=after)
    if not mark or not run.to_mark:
        return 0
    plate_life.record(session, run.station, run.to_mark, "printed", by=by, note=f"batch {batch}")
    return len(run.to_mark)
