"""Open a dispute, a tip, a hazard or a fresh case: at its tier, with a holder and its clocks, linked to what was before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.domain.dispute_words import MARKS, MATTERS, NOBODY, SOURCES, Holder, Standing
from gridmap.errors import Invalid
from gridmap.services.disputes import telling
from gridmap.services.disputes.acting import Acted, DisputeNotFound, HolderUnknown, KeyUsed
from gridmap.services.disputes.linking import link_earlier
from gridmap.services.disputes.rules import loop_of
from gridmap.store import dispute_rows
from gridmap.store.dispute_rows import Sight


class DisputeNotValid(Invalid):
    """What is to be opened lacks its kind or its place, or is of no kind there is."""

    slug, title = "dispute-not-valid", "The dispute cannot be taken in"


@dataclass(frozen=True, slots=True)
class Intake:
    """What is taken in. The place is an address or `lon`, `lat` (EPSG:4326); `words`: what it is about, without names."""

    kind: str
    words: str = ""
    matter: str = "dispute"
    source: str = "visit"
    grade: int | None = None
    marks: tuple[str, ...] = ()
    address_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    language: str = "zh"
    opened_at: datetime | None = None
    incident_id: int | None = None
    to: Holder = NOBODY
    number: str | None = None
    request_id: str | None = None
    tracking: bytes | None = None
    filed_by: int | None = None


def open_dispute(session: Session, actor: Actor, station: str, intake: Intake, *, key: str | None = None) -> Acted:
    """Open a dispute as `actor`.

    Parameters
    ----------
    key
        Of this request: sent twice, one dispute is opened.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotValid, KeyUsed
    """
    require_action(actor, Action.OPEN_DISPUTES)
    require_station(actor, station)
    return take_in(session, station, intake, by=actor.login, role=str(actor.role), key=key)


def take_in(
    session: Session, station: str, intake: Intake, *, by: str, role: str, key: str | None = None, now: datetime | None = None
) -> Acted:  # fmt: skip
    """Open a dispute, whoever asks: an officer, a resident's report, a neighbour's application.

    It begins at the highest tier its kind, its grade and its marks ask for, is held by who holds that tier at its place,
    and is linked to earlier ones at its door; a door that had one is marked as returning (反复).

    Raises
    ------
    DisputeNotValid, HolderUnknown, KeyUsed
    """
    at = now or datetime.now(UTC)
    _check(intake, at)
    if intake.to and not dispute_rows.known_holder(session, station, intake.to):
        raise HolderUnknown("nobody posted here, and no body of this station, is called that", step="opened")
    if key is not None:
        dispute_rows.hold_key(session, key)
        done = dispute_rows.of_key(session, station, key)
        if done is not None:
            return _again(session, station, done, key)
    loop = loop_of(session, station)
    opened = intake.opened_at or at
    tier = loop.entry(intake.kind, intake.grade, intake.marks)
    marks = tuple(sorted(set(intake.marks)))
    standing = Standing("open", tier, NOBODY, opened, None, None, intake.matter, intake.kind, intake.grade, marks=marks)
    accept_by, settle_by = loop.opening(standing, opened)
    # A resident has no log-in: nobody's, for who opened a dispute may go on seeing it.
    opener = "" if role == by == "resident" else by
    number = dispute_rows.add(session, {
        "station": station, "number": intake.number, "kind": intake.kind, "opened_at": opened, "tier": tier,
        "matter": intake.matter, "source": intake.source, "grade": intake.grade, "words": intake.words.strip(),
        "language": intake.language, "opened_by": opener, "marks": list(marks), "address_id": intake.address_id,
        "incident_id": intake.incident_id, "lon": intake.lon, "lat": intake.lat, "due_at": accept_by, "settle_by": settle_by,
        "request_id": intake.request_id, "tracking": intake.tracking, "filed_by": intake.filed_by, "body": "desk",
    })  # fmt: skip
    row = dispute_rows.get(session, station, number, Sight(whole=True))
    if row is None:
        raise DisputeNotFound("the dispute was not kept", dispute=number)
    links, row = link_earlier(session, row, by=by)
    if row.standing.marks != marks:  # a door to which it returns may begin at a higher tier
        tier = loop.entry(intake.kind, intake.grade, row.standing.marks)
        accept_by, settle_by = loop.opening(replace(standing, tier=tier, marks=row.standing.marks), opened)
    holder = intake.to or dispute_rows.holder_at(
        session, station, loop.tiers[tier].holder, beat=row.beat, cell=row.grid_cell, at=at
    )
    standing = replace(
        standing, tier=tier, holder=holder, due_at=accept_by, settle_by=settle_by, marks=row.standing.marks
    )
    facts: dict[str, object] = {"links": links} if links else {}
    if row.standing.marks:
        facts["marks"] = list(row.standing.marks)
    event = dispute_rows.add_step(
        session, row, "opened", standing, by=by, role=role, note="", key=key, facts=facts, now=at
    )
    telling.note(session, loop, row, "opened", standing, event)
    return Acted(number, row.version + 1, standing, event)


def _check(intake: Intake, now: datetime) -> None:
    faults = []
    if intake.matter not in MATTERS:
        faults.append(f"matter is one of {', '.join(MATTERS)}")
    if intake.source not in SOURCES:
        faults.append(f"source is one of {', '.join(SOURCES)}")
    if set(intake.marks) - set(MARKS):
        faults.append(f"marks are of {', '.join(MARKS)}")
    if intake.address_id is None and (intake.lon is None or intake.lat is None):
        faults.append("say where: an address, or lon and lat")
    if intake.opened_at is not None and intake.opened_at > now:
        faults.append("opened_at lies in the future")
    if faults:
        raise DisputeNotValid("; ".join(faults), faults=faults)


def _again(session: Session, station: str, done: tuple[int, str], key: str) -> Acted:
    row = dispute_rows.get(session, station, done[0], Sight(whole=True))
    if done[1] != "opened" or row is None:
        raise KeyUsed(f"the key was used for the step {done[1]} of dispute {done[0]}: take a new one", key=key)
    return Acted(row.id, row.version, row.standing, None, again=True)
