"""Open a dispute, a tip, a hazard or a fresh case: at its tier, with a holder and its clocks, linked to what was before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.domain.dispute_words import MARKS, MATTERS, NOBODY, SOURCES, Holder, Standing
from gridmap.domain.report_words import redact
from gridmap.errors import Invalid
from gridmap.services.disputes import telling
from gridmap.services.disputes.acting import Acted, DisputeNotFound, HolderUnknown, digest, own_key, require_same
from gridmap.services.disputes.linking import link_door, mark_returning
from gridmap.services.disputes.rules import loop_of
from gridmap.store import dispute_links, dispute_rows, open311
from gridmap.store.dispute_rows import Done, Sight

#: What is taken in at a door waits for another at this door so long at most [transactions are shorter].
WAITED: Final = timedelta(minutes=1)


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


def open_dispute(
    session: Session, actor: Actor, station: str, intake: Intake, *, key: str | None = None, beside: tuple[str, ...] = ()
) -> Acted:  # fmt: skip
    """Open a dispute as `actor`.

    Parameters
    ----------
    key
        Of this request, and `actor`'s alone: sent twice, one dispute is opened, and told again.
    beside
        What is sent along and kept elsewhere (the parties): with the same key it must be the same too.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotValid
    KeyUsed
        If the actor used the key for a step, or for opening something else.
    """
    require_action(actor, Action.OPEN_DISPUTES)
    require_station(actor, station)
    _require_offered(session, station, intake)
    own = None if key is None else own_key(actor.login, key)
    asked = digest(_masked(intake), beside)
    return take_in(session, station, intake, by=actor.login, role=str(actor.role), key=own, asked=asked)


def take_in(
    session: Session,
    station: str,
    intake: Intake,
    *,
    by: str,
    role: str,
    key: str | None = None,
    now: datetime | None = None,
    asked: str = "",
) -> Acted:
    """Open a dispute, whoever asks: an officer, a resident's report, a neighbour's application.

    It begins at the highest tier its kind, its grade and its marks ask for, is held by who holds that tier at its place,
    and is linked to those at its door, which are taken in one after another; who comes after one of its kind is marked as
    returning (反复). Numbers of telephones and identity cards in its words are masked before they are kept.

    Parameters
    ----------
    asked
        The digest of what was asked, for the next request with its key; "": of the intake.

    Raises
    ------
    DisputeNotValid, HolderUnknown, KeyUsed
    """
    at = now or datetime.now(UTC)
    _check(intake, at)
    if intake.to and not dispute_rows.known_holder(session, station, intake.to):
        raise HolderUnknown("nobody posted here, and no body of this station, is called that", step="opened")
    intake = _masked(intake)
    asked = asked or digest(replace(intake, tracking=None, request_id=None))
    if key is not None:
        dispute_rows.hold_key(session, key)
        done = dispute_rows.of_key(session, station, key)
        if done is not None:
            return _again(session, station, done, asked)
    if intake.address_id is not None:
        before = dispute_links.hold_door(session, station, intake.address_id)
        if intake.opened_at is None and before is not None and at < before <= at + WAITED:
            at = before  # it waited for one at its door, and comes after it
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
        "matter": intake.matter, "source": intake.source, "grade": intake.grade, "words": intake.words,
        "language": intake.language, "opened_by": opener, "marks": list(marks), "address_id": intake.address_id,
        "incident_id": intake.incident_id, "lon": intake.lon, "lat": intake.lat, "due_at": accept_by, "settle_by": settle_by,
        "request_id": intake.request_id, "tracking": intake.tracking, "filed_by": intake.filed_by, "body": "desk",
    })  # fmt: skip
    row = dispute_rows.get(session, station, number, Sight(whole=True))
    if row is None:
        raise DisputeNotFound("the dispute was not kept", dispute=number)
    links, later, row = link_door(session, row, by=by)
    if row.standing.marks != marks:  # a door to which it returns may begin at a higher tier
        tier = loop.entry(intake.kind, intake.grade, row.standing.marks)
        accept_by, settle_by = loop.opening(replace(standing, tier=tier, marks=row.standing.marks), opened)
    holder = intake.to or dispute_rows.holder_at(
        session, station, loop.tiers[tier].holder, beat=row.beat, cell=row.grid_cell, at=at
    )
    standing = replace(
        standing, tier=tier, holder=holder, due_at=accept_by, settle_by=settle_by, marks=row.standing.marks
    )
    facts: dict[str, object] = {} if key is None else {"asked": asked}
    if links:
        facts["links"] = links
    if row.standing.marks:
        facts["marks"] = list(row.standing.marks)
    event = dispute_rows.add_step(
        session, row, "opened", standing, by=by, role=role, note="", key=key, facts=facts, now=at
    )
    telling.note(session, loop, row, "opened", standing, event)
    mark_returning(session, loop, row, later, by=by, role=role, now=at)
    return Acted(number, row.version + 1, standing, event)


def _require_offered(session: Session, station: str, intake: Intake) -> None:
    """Refuse a dispute of a kind that is none of disputes, and a language that the station does not offer."""
    if intake.matter == "dispute" and intake.kind not in open311.dispute_kinds(session, [intake.kind]):
        raise DisputeNotValid(
            f"{intake.kind} is no kind of dispute: send one of the loop's kinds, or another matter", kind=intake.kind
        )
    # As `receipts.languages`, which loads the audit: the process for residents opens disputes too, and stays lean.
    offered = dict.fromkeys(("zh", "en", *loop_of(session, station).rules.languages))
    if intake.language not in offered:
        raise DisputeNotValid(
            f"language is one of {', '.join(offered)}, which the station offers", language=intake.language
        )


def _masked(intake: Intake) -> Intake:
    return replace(intake, words=redact(intake.words).strip())


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


def _again(session: Session, station: str, done: Done, asked: str) -> Acted:
    require_same(done, done.dispute, "opened", asked)
    row = dispute_rows.get(session, station, done.dispute, Sight(whole=True))
    if row is None:
        raise DisputeNotFound("the dispute was not kept", dispute=done.dispute)
    return Acted(row.id, row.version, row.standing, done.event, again=True)
