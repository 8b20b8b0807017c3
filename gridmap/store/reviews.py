"""The review of an edition: its steps, its schedule, what was said of it, and what is due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from geoalchemy2 import WKBElement
from shapely import Point, to_wkb
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.orm import Session

from gridmap.store.tables import Account, Audit, Comment, DraftEvent, Edition, Station

#: What the audit calls the steps of an edition.
STEPS = (
    "open draft", "hand in", "approve", "give back", "schedule", "unschedule", "publish", "publish failed", "withdraw",
)  # fmt: skip


def set_in_review(session: Session, edition: Edition, *, by: str) -> None:
    """Mark a draft as handed in now; one update."""
    _set(session, edition, status="in_review", submitted_at=func.clock_timestamp(), submitted_by=by, **UNDECIDED)


def set_approved(session: Session, edition: Edition, *, by: str) -> None:
    """Mark an edition in review as approved now; one update."""
    _set(session, edition, status="approved", approved_at=func.clock_timestamp(), approved_by=by)


def set_draft(session: Session, edition: Edition) -> None:
    """Make an edition that was handed in or approved a draft again; one update."""
    _set(session, edition, status="draft", submitted_at=None, submitted_by=None, **UNDECIDED)


def set_schedule(session: Session, edition: Edition, at: datetime | None, accept: Iterable[str] = ()) -> None:
    """Set when an approved edition is published and with which kinds of fault, or take it back (None); one update."""
    _set(session, edition, publish_at=at, publish_accept=sorted(accept), publish_problem="")


def set_problem(session: Session, edition: Edition, problem: str) -> None:
    """Take an edition off the schedule and keep why it could not be published; one update."""
    _set(session, edition, publish_at=None, publish_problem=problem)


UNDECIDED: dict[str, Any] = {
    "approved_at": None, "approved_by": None, "publish_at": None, "publish_accept": [], "publish_problem": "",
}  # fmt: skip


def _set(session: Session, edition: Edition, **values: Any) -> None:
    session.flush()
    session.execute(update(Edition).where(Edition.id == edition.id).values(**values))
    session.refresh(edition)


def drew(session: Session, edition_id: int, login: str) -> bool:
    """Return whether somebody changed a zone of an edition while it was a draft; one query."""
    query = select(DraftEvent.seq).where(DraftEvent.edition_id == edition_id, DraftEvent.by == login).limit(1)
    return session.scalar(query) is not None


def set_two_person(session: Session, station: Station, *, wanted: bool) -> None:
    """Say whether a station publishes only what a second person has approved; one update, by the owner alone."""
    session.execute(update(Station).where(Station.code == station.code).values(two_person=wanted))
    session.refresh(station)


def history(session: Session, station: str, number: int) -> list[Audit]:
    """Return the steps an edition took, oldest first, at most the newest 200; one query."""
    query = (
        select(Audit)
        .where(Audit.station == station, Audit.thing == f"edition {number}", Audit.action.in_(STEPS))
        .order_by(Audit.id.desc())
        .limit(200)
    )
    return list(session.scalars(query))[::-1]


def names(session: Session, logins: Iterable[str]) -> dict[str, str]:
    """Return the names shown for logins, those without an account left out; one query."""
    rows = session.execute(select(Account.login, Account.display_name).where(Account.login.in_(set(logins))))
    return {login: name for login, name in rows if name}


def take_clock(session: Session, *, wait: bool) -> bool:
    """Return whether this transaction is the one that publishes what is due: of several workers one is, until its end.

    With `wait` it always is, in its turn.
    """
    lock = "hashtextextended('gridmap publish due', 0)"
    query = f"SELECT pg_advisory_xact_lock({lock})" if wait else f"SELECT pg_try_advisory_xact_lock({lock})"
    return bool(session.execute(text(query)).scalar_one()) or wait


def due_stations(session: Session) -> list[str]:
    """Return the stations, in scope or not, that have an edition to publish now; one query."""
    return list(session.scalars(text("SELECT due_stations(clock_timestamp())")))


def first_due(session: Session) -> Edition | None:
    """Return the edition in scope that has been due the longest, or None; one query."""
    query = (
        select(Edition)
        .where(Edition.status == "approved", Edition.publish_at <= func.clock_timestamp())
        .order_by(Edition.publish_at, Edition.id)
        .limit(1)
    )
    return session.scalars(query).one_or_none()


COMMENT = (
    Comment.id, Comment.at, Comment.by, Comment.text, Comment.reply_to, Comment.resolved_at, Comment.resolved_by,
    func.ST_X(Comment.geom).label("lon"), func.ST_Y(Comment.geom).label("lat"),
)  # fmt: skip


def comments(
    session: Session, edition_id: int, *, after: int | None = None, limit: int | None = None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return what was said of an edition, oldest first, with ids above `after`; one query.

    Columns `id`, `at`, `by`, `text`, `reply_to`, `resolved_at`, `resolved_by`, `lon`, `lat` (None: of the whole edition).
    """
    query = select(*COMMENT).where(Comment.edition_id == edition_id).order_by(Comment.id).limit(limit)
    return session.execute(query if after is None else query.where(Comment.id > after)).all()


def find_comment(session: Session, edition_id: int, number: int) -> Comment | None:
    """Return one comment of an edition, or None; one query."""
    query = select(Comment).where(Comment.edition_id == edition_id, Comment.id == number)
    return session.scalars(query).one_or_none()


def add_comment(
    session: Session, edition: Edition, *, by: str, said: str, place: Point | None, reply_to: int | None
) -> Comment:
    """Add a comment, pinned to a place [degrees] or to none; one insert."""
    comment = Comment(
        station=edition.station,
        edition_id=edition.id,
        by=by,
        text=said,
        geom=None if place is None else WKBElement(to_wkb(place), srid=4326),
        reply_to=reply_to,
    )
    session.add(comment)
    session.flush()
    return comment


def set_resolved(session: Session, comment: Comment, *, by: str | None) -> None:
    """Mark a comment resolved now, or open again (None); one update."""
    at = None if by is None else func.clock_timestamp()
    session.execute(update(Comment).where(Comment.id == comment.id).values(resolved_at=at, resolved_by=by))
    session.refresh(comment)
