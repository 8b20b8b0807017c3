"""The steps of an edition from draft to published: hand in, approve, give back, publish at a set time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geopandas as gpd
from sqlalchemy.orm import Session

from gridmap.domain.editions import EditionStepNotAllowed, require_step, require_time
from gridmap.errors import Conflict, GridmapError
from gridmap.services import editions as service
from gridmap.services.editions import ACCEPTABLE, HARMLESS, DraftNotValid, FaultNotAcceptable, Published
from gridmap.store import audit, editions, reviews
from gridmap.store.driver_errors import Busy, DatabaseAway, NeedsSecondPerson, TooSlow, named_errors
from gridmap.store.engine import enter_scope
from gridmap.store.tables import Edition, Station

#: Who publishes what is due, in the edition and in the audit.
CLOCK = "gridmap@schedule"


class HandedInAgain(Conflict):
    """The edition was given back and handed in anew since the person looked at it."""

    slug, title = "handed-in-again", "The edition has changed since you looked at it"


@dataclass(frozen=True, slots=True)
class Due:
    """What became of an edition whose time had come: `published`, or the `problem` it is off the schedule for."""

    station: str
    number: int
    published: Published | None
    problem: str


def _held(session: Session, station: str, number: int) -> tuple[Station, Edition]:
    """Return a station and its edition as it is now, and hold the station's editions until the transaction ends."""
    place = editions.find_station(session, station)
    editions.lock_station(session, station)
    return place, editions.find(session, station, number)


def _write(session: Session, edition: Edition, *, by: str, action: str, after: dict[str, Any] | None = None) -> None:
    thing = f"edition {edition.number}"
    audit.write(session, [edition.station], by=by, action=action, thing=thing, after=after)


def hand_in(session: Session, station: str, number: int, *, by: str, sliver_m: float = 1.0) -> Edition:
    """Hand a draft in for review; its zones stay as they are until it is given back.

    Raises
    ------
    StationNotFound, EditionNotFound, EditionStepNotAllowed
    DraftNotValid
        If it has faults that could never be published; others are told on the page and accepted when publishing.
    """
    _, edition = _held(session, station, number)
    require_step(station, number, edition.status, "in_review")
    _require_publishable(service.check(session, station, number, sliver_m=sliver_m), edition, ACCEPTABLE)
    reviews.set_in_review(session, edition, by=by)
    _write(session, edition, by=by, action="hand in")
    return edition


def approve(session: Session, station: str, number: int, *, by: str, seen: datetime | None = None) -> Edition:
    """Approve an edition in review.

    Parameters
    ----------
    seen
        When the edition was handed in that `by` looked at; any when None.

    Raises
    ------
    StationNotFound, EditionNotFound, EditionStepNotAllowed
    NeedsSecondPerson
        If the station wants two people and `by` handed it in or changed a zone of it.
    HandedInAgain
        If it was handed in at another time than `seen`.
    """
    place, edition = _held(session, station, number)
    require_step(station, number, edition.status, "approved")
    if seen is not None and seen != edition.submitted_at:
        raise HandedInAgain(
            f"edition {number} of station {station} was given back and handed in again; look at it once more",
            submitted_at=edition.submitted_at,
        )
    if place.two_person and own_work(session, edition, by):
        raise NeedsSecondPerson(
            f"{by} drew edition {number} or handed it in, and station {station} wants another person to approve it"
        )
    reviews.set_approved(session, edition, by=by)
    _write(session, edition, by=by, action="approve")
    return edition


def own_work(session: Session, edition: Edition, login: str) -> bool:
    """Return whether an edition is the work of `login`: opened, changed or handed in."""
    return login in {edition.submitted_by, edition.created_by} or reviews.drew(session, edition.id, login)


def give_back(session: Session, station: str, number: int, *, by: str, reason: str) -> Edition:
    """Make an edition in review, or an approved one, a draft again, and say why; it leaves the schedule.

    Raises
    ------
    StationNotFound, EditionNotFound, EditionStepNotAllowed
    """
    _, edition = _held(session, station, number)
    require_step(station, number, edition.status, "draft")
    reviews.set_draft(session, edition)
    _write(session, edition, by=by, action="give back", after={"reason": reason})
    return edition


def schedule(
    session: Session,
    station: str,
    number: int,
    *,
    by: str,
    at: datetime,
    accept: frozenset[str] = frozenset(),
    sliver_m: float = 1.0,
) -> Edition:
    """Set an approved edition to be published at a moment, with the kinds of fault in `accept`.

    It is checked now, so that what would stop it does not come to light at night; and again when its time has come.

    Raises
    ------
    StationNotFound, EditionNotFound, EditionStepNotAllowed, TimeNotPossible, FaultNotAcceptable, DraftNotValid
    """
    _, edition = _held(session, station, number)
    _require_approved(edition)
    require_time(at, editions.moment(session))
    if not accept <= ACCEPTABLE:
        raise FaultNotAcceptable(
            f"{', '.join(sorted(accept - ACCEPTABLE))} cannot be accepted, only {', '.join(sorted(ACCEPTABLE))}"
        )
    _require_publishable(service.check(session, station, number, sliver_m=sliver_m), edition, accept)
    reviews.set_schedule(session, edition, at, accept)
    _write(session, edition, by=by, action="schedule", after={"at": at.isoformat(), "accepted": sorted(accept)})
    return edition


def unschedule(session: Session, station: str, number: int, *, by: str) -> Edition:
    """Take an approved edition off the schedule; nothing happens to one that is not on it.

    Raises
    ------
    StationNotFound, EditionNotFound, EditionStepNotAllowed
    """
    _, edition = _held(session, station, number)
    _require_approved(edition)
    if edition.publish_at is not None or edition.publish_problem:
        reviews.set_schedule(session, edition, None)
        _write(session, edition, by=by, action="unschedule")
    return edition


def publish_next_due(session: Session, *, sliver_m: float = 1.0, tie_m: float = 1.0, wait: bool = False) -> Due | None:
    """Publish the edition that has been due the longest, whatever its station; None where nothing is due.

    Of several workers one does it, the others get None, or their turn after it (`wait`). All is one transaction: a worker that is killed in between
    leaves the edition due, and the next one finds it. An edition that is refused leaves the schedule, with the reason in
    `publish_problem` and in the audit; where the database itself is away, busy or slow, the error is raised and it stays due.

    Raises
    ------
    DatabaseAway, Busy, TooSlow
        If it should be tried again.
    """
    if not reviews.take_clock(session, wait=wait):
        return None
    stations = reviews.due_stations(session)
    if not stations:
        return None
    enter_scope(session, stations)
    edition = reviews.first_due(session)
    if edition is None:
        return None
    station, number, accept = edition.station, edition.number, frozenset(edition.publish_accept)
    enter_scope(session, [station])
    try:
        with named_errors(), session.begin_nested():
            done = service.publish(session, station, number, by=CLOCK, sliver_m=sliver_m, tie_m=tie_m, accept=accept)
    except (DatabaseAway, Busy, TooSlow):
        raise
    except GridmapError as error:
        problem = f"{error.title}: {error.detail}"
    except Exception as error:  # noqa: BLE001  # a defect stops this edition, not the others, and is told like any reason
        problem = f"{type(error).__name__}: {error}"[:500]
    else:
        return Due(station, number, done, "")
    session.refresh(edition)
    reviews.set_problem(session, edition, problem)
    _write(session, edition, by=CLOCK, action="publish failed", after={"reason": problem})
    return Due(station, number, None, problem)


def set_two_person(session: Session, station: str, *, wanted: bool, by: str) -> Station:
    """Say whether a station publishes only what a second person has approved.

    Raises
    ------
    StationNotFound
    """
    place = editions.find_station(session, station)
    before = place.two_person
    reviews.set_two_person(session, place, wanted=wanted)
    audit.write(
        session,
        [station],
        by=by,
        action="set two-person rule",
        thing=f"station {station}",
        before={"two_person": before},
        after={"two_person": wanted},
    )
    return place


def _require_approved(edition: Edition) -> None:
    if edition.status != "approved":
        raise EditionStepNotAllowed(
            f"edition {edition.number} of station {edition.station} is {edition.status}; "
            "only an approved one is published at a set time",
            station=edition.station,
            number=edition.number,
            state=edition.status,
        )


def _require_publishable(faults: gpd.GeoDataFrame, edition: Edition, accept: frozenset[str]) -> None:
    """Refuse an edition with faults that are neither harmless nor in `accept`."""
    stopping = faults[~faults["kind"].isin(HARMLESS | accept)]
    if len(stopping):
        kinds = ", ".join(f"{count} {kind}" for kind, count in stopping["kind"].value_counts().sort_index().items())
        raise DraftNotValid(
            f"edition {edition.number} of station {edition.station} has {len(stopping)} faults ({kinds}); mend them first",
            station=edition.station,
            number=edition.number,
            issues=service.fault_rows(stopping),
        )
