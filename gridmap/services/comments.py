"""What people say of an edition before it is published: pinned to places, answered, resolved, never rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapely import Point
from sqlalchemy import Row
from sqlalchemy.orm import Session

from gridmap.domain.editions import UNPUBLISHED
from gridmap.errors import Conflict, Invalid, NotFound
from gridmap.store import editions, reviews
from gridmap.store.tables import Comment, Edition


class CommentNotFound(NotFound):
    """The edition has no such comment."""

    slug, title = "comment-not-found", "No such comment"


class CommentNotPossible(Conflict):
    """An edition that was published is history; nothing is said of it any more."""

    slug, title = "comment-not-possible", "Nothing more is said of this edition"


class CommentNotValid(Invalid):
    """A comment says something and stands in one place: on the map, or under another comment."""

    slug, title = "comment-not-valid", "The comment is not valid"


def list_page(
    session: Session, edition: Edition, *, after: int | None = None, limit: int | None = None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return what was said of an edition, oldest first; see `store.reviews.comments`."""
    return reviews.comments(session, edition.id, after=after, limit=limit)


def add(
    session: Session,
    edition: Edition,
    *,
    by: str,
    text: str,
    place: tuple[float, float] | None = None,
    reply_to: int | None = None,
) -> Comment:
    """Add a comment on an edition that is not published yet.

    Parameters
    ----------
    place
        Longitude and latitude [degrees], or None for the whole edition; an answer has none.
    reply_to
        The comment that is answered; an answer to an answer stands under the first one, and opens it again.

    Raises
    ------
    CommentNotPossible
        If the edition is published.
    CommentNotValid
        If the text is blank, or an answer has a place.
    CommentNotFound
        If `reply_to` is no comment of this edition.
    """
    _require_open(session, edition)
    said = text.strip()
    if not said or "\0" in said:
        raise CommentNotValid("the comment is blank; write what should change, and where")
    if reply_to is not None and place is not None:
        raise CommentNotValid("an answer stands under the comment it answers and has no place of its own")
    root = None if reply_to is None else _find(session, edition, reply_to)
    if root is not None and root.reply_to is not None:
        root = _find(session, edition, root.reply_to)
    if root is not None and root.resolved_at is not None:
        reviews.set_resolved(session, root, by=None)
    return reviews.add_comment(
        session,
        edition,
        by=by,
        said=said,
        place=None if place is None else Point(*place),
        reply_to=None if root is None else root.id,
    )


def resolve(session: Session, edition: Edition, number: int, *, by: str, resolved: bool = True) -> Comment:
    """Mark a comment as resolved, or open it again; an answer stands for the comment it answers.

    Raises
    ------
    CommentNotPossible, CommentNotFound
    """
    _require_open(session, edition)
    found = _find(session, edition, number)
    root = found if found.reply_to is None else _find(session, edition, found.reply_to)
    if (root.resolved_at is not None) != resolved:
        reviews.set_resolved(session, root, by=by if resolved else None)
    return root


def find(session: Session, edition: Edition, number: int) -> Row[*tuple[Any, ...]]:
    """Return one comment as `list_page` does.

    Raises
    ------
    CommentNotFound
        If it is no comment of this edition.
    """
    found = reviews.comments(session, edition.id, after=number - 1, limit=1)
    if not found or found[0].id != number:
        raise CommentNotFound(f"edition {edition.number} has no comment {number}", number=number)
    return found[0]


def _find(session: Session, edition: Edition, number: int) -> Comment:
    found = reviews.find_comment(session, edition.id, number)
    if found is None:
        raise CommentNotFound(f"edition {edition.number} has no comment {number}", number=number)
    return found


def _require_open(session: Session, edition: Edition) -> None:
    """Hold the edition's state until the transaction ends, and refuse one that is published."""
    editions.lock_station(session, edition.station)
    session.refresh(edition)
    if edition.status not in UNPUBLISHED:
        raise CommentNotPossible(
            f"edition {edition.number} of station {edition.station} is {edition.status}; open a draft and say it there"
        )
