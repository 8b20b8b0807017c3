"""The life of plates: record a step for many, replace one, tell one's history, list those to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from gridmap.domain.access import Actor
from gridmap.domain.codes import new_plate_code, parse_plate_code
from gridmap.domain.plate_life import LIMITS, TROUBLED, Limits, PlateStepNotAllowed, may_follow, require_step
from gridmap.services import plates as issuing
from gridmap.services.scan import PlateNotFound
from gridmap.store import audit, editions, plate_steps, plates
from gridmap.store.plate_steps import Rows, Spot

#: A refusal names at most so many plates.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plate's life; `distance_m` is how far from the door a phone said it was, None where it said nothing."""

    at: datetime
    by: str
    step: str
    replaced_by: str | None
    note: str
    accuracy_m: float | None
    distance_m: float | None


def record(
    session: Session,
    station: str,
    codes: Sequence[str],
    step: str,
    *,
    by: str,
    note: str = "",
    position: Spot | None = None,
) -> list[float | None]:
    """Record one step for many plates of a station, all or none; three statements however many there are.

    Parameters
    ----------
    codes
        Codes as typed; the same twice counts once.
    position
        Where the phone was, the same for all; compared with the door of each.

    Returns
    -------
    distances
        How far from its door each plate was recorded [m], in the order of the codes; None without a position.

    Raises
    ------
    PlateCodeNotValid
        If a code is mistyped.
    PlateNotFound
        If the station has no such plate; nothing is recorded.
    PlateStepNotAllowed
        If a plate cannot take the step; the detail names the first.
    """
    wanted = sorted({parse_plate_code(code) for code in codes})
    if not wanted:
        return []
    held = plate_steps.states(session, station, wanted)
    missing = [code for code in wanted if code not in held]
    if missing:
        raise PlateNotFound(
            f"station {station} has no plate {_named(missing)}; nothing was recorded", plates=missing[:NAMED]
        )
    refused = [code for code in wanted if not may_follow(held[code], step)]
    if refused and len(wanted) == 1:
        require_step(refused[0], held[refused[0]], step)
    if refused:
        told = ", ".join(f"{code} is {held[code]}" for code in refused[:NAMED])
        raise PlateStepNotAllowed(
            f"{len(refused)} of {len(wanted)} plates cannot become {step}: {told}; nothing was recorded",
            plates=refused[:NAMED],
            step=step,
        )
    distances = plate_steps.add(session, station, wanted, step, by=by, note=note, spot=position)
    thing = f"plate {wanted[0]}" if len(wanted) == 1 else f"{len(wanted)} plates"
    audit.write(session, [station], by=by, action=f"plate {step}", thing=thing)
    return distances


def record_anywhere(session: Session, codes: Sequence[str], step: str, *, by: str, note: str = "") -> dict[str, int]:
    """Record one step for plates of any stations, all or none; return how many in each station.

    Raises
    ------
    PlateCodeNotValid, PlateNotFound, PlateStepNotAllowed
        As `record`.
    """
    wanted = {parse_plate_code(code) for code in codes}
    homes = plate_steps.stations(session, sorted(wanted))
    missing = sorted(wanted - homes.keys())
    if missing:
        raise PlateNotFound(f"there is no plate {_named(missing)}; nothing was recorded", plates=missing[:NAMED])
    counts: dict[str, int] = {}
    for station in sorted(set(homes.values())):
        mine = [code for code, home in homes.items() if home == station]
        counts[station] = len(record(session, station, mine, step, by=by, note=note))
    return counts


def replace(session: Session, code: str, *, by: str, reason: str = "", tie_m: float = 1.0) -> str:
    """Give the door of a living plate a new plate, which answers at once; return the new code.

    The old code goes on leading to the new plate.

    Raises
    ------
    PlateCodeNotValid, PlateNotFound
    PlateStepNotAllowed
        If the plate's life has ended already.
    """
    old = parse_plate_code(code)
    found = plate_steps.station_of(session, old)
    if found is None:
        raise PlateNotFound("no plate bears this code: read it again", plate=old)
    station, address, status = found
    editions.lock_station(session, station)
    require_step(old, status, "replaced")
    new = new_plate_code()
    while plate_steps.station_of(session, new) is not None:  # a code drawn twice, once in a billion plates
        new = new_plate_code()
    plate_steps.add(session, station, [old], "replaced", by=by, note=reason, replaced_by=new)
    plates.add_plates(session, station, [new], [address])
    plate_steps.add(session, station, [new], "issued", by=by)
    edition = editions.in_force(session, station)
    if edition is not None and not plate_steps.copy_assignment(session, edition.id, old, new):
        issuing.resolve_fresh(session, edition, {new}, tie_m=tie_m)
    audit.write(session, [station], by=by, action="replace plate", thing=f"plate {old}", after={"replaced_by": new})
    return new


def history(session: Session, code: str) -> list[Step]:
    """Return the steps of a plate in scope, oldest first; two queries.

    Raises
    ------
    PlateCodeNotValid, PlateNotFound
    """
    plate = parse_plate_code(code)
    if plate_steps.station_of(session, plate) is None:
        raise PlateNotFound("no plate bears this code: read it again", plate=plate)
    return [Step(*row) for row in plate_steps.history(session, plate)]


def flagged(session: Session, station: str, limits: Limits = LIMITS) -> Rows:
    """Return the living plates somebody should look at: damaged, lost, elsewhere, or installed far from their door."""
    return plate_steps.flagged(session, station, troubled=TROUBLED, far_m=limits.far_m)


def look_at_flagged(session: Session, actor: Actor, station: str, limits: Limits = LIMITS) -> Rows:
    """Return what `flagged` does, to somebody in whose scope the station is; the look is on record."""
    audit.write(session, [station], by=actor.login, action="look", thing="flagged plates")
    return flagged(session, station, limits)


def _named(codes: Sequence[str]) -> str:
    rest = len(codes) - NAMED
    return ", ".join(codes[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
