"""What the database driver raises, turned into gridmap's own errors; no SQL, no value and no host leaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gridmap.domain.plate_life import PlateStepNotAllowed
from gridmap.errors import Conflict, Forbidden, GridmapError, Invalid, Unavailable


class DatabaseAway(Unavailable):
    """The database cannot be reached, shuts down, or has no connection free."""

    slug, title = "database-away", "The database is not available now"


class TooSlow(Unavailable):
    """A query ran longer than the service allows."""

    slug, title = "too-slow", "The question took too long"


class Busy(Conflict):
    """Somebody else is changing the same rows."""

    slug, title = "busy", "Somebody else is changing the same rows"


class OutsideScope(Forbidden):
    """The row belongs to a station outside the scope (row-level security refused it)."""

    slug, title = "outside-scope", "This is outside your scope"


class EditionFrozen(Conflict):
    """Only a draft can be changed."""

    slug, title = "edition-frozen", "Only a draft can be changed"


class EditionNotComplete(Conflict):
    """An edition without beats, with a cell in no beat or with a broken polygon cannot be published."""

    slug, title = "edition-not-complete", "The edition is not complete"


class NeedsSecondPerson(Conflict):
    """The station publishes only what somebody else than who drew it has approved."""

    slug, title = "needs-second-person", "This needs a second person"


class HistoryFrozen(Conflict):
    """What is on record is added to, never changed."""

    slug, title = "history-frozen", "What is on record cannot be changed"


class UnknownReference(Conflict):
    """A row names another that does not exist."""

    slug, title = "unknown-reference", "This names something that does not exist"


class AlreadyThere(Conflict):
    """A row with this key, or a span that overlaps it, exists."""

    slug, title = "already-there", "This exists already"


class RuleBroken(Invalid):
    """A value breaks a rule of the table."""

    slug, title = "rule-broken", "A value is outside what the table allows"


#: Constraint named by one of the guard triggers (migration 0002) -> error and sentence.
GUARDS: dict[str, tuple[type[GridmapError], str]] = {
    "zone_of_draft": (EditionFrozen, "only the zones of a draft can be changed; open a draft from this edition"),
    "edition_step": (EditionFrozen, "the edition cannot take this step from its present state"),
    "edition_complete": (
        EditionNotComplete,
        "the edition has no beat, a cell in no beat or a broken polygon; check it",
    ),
    "edition_two_person": (
        NeedsSecondPerson,
        "this station publishes only what somebody who neither drew it nor handed it in has approved",
    ),
    "draft_event_follows": (Busy, "somebody else changed the draft at the same moment; read it again and try again"),
    "edition_period": (HistoryFrozen, "what was in force is history and can only be closed once"),
    "ck_plate_step_order": (PlateStepNotAllowed, "the plate has changed since it was read; look at it again"),
    "append_only": (HistoryFrozen, "these rows are added, never changed or deleted"),
    "assignment_plate": (UnknownReference, "an assignment names no plate of its station"),
    "assignment_zone": (UnknownReference, "an assignment names an edition or zone that does not exist"),
}

#: SQLSTATE, or its first two characters -> error and sentence.
STATES: dict[str, tuple[type[GridmapError], str]] = {
    "57014": (TooSlow, "the database stopped the query at the service's time limit; ask for less at once"),
    "55P03": (Busy, "somebody else holds these rows; try again in a moment"),
    "40": (Busy, "two changes met and this one gave way; read again and try again"),
    "42501": (OutsideScope, "the change touches rows that are not yours"),
    "23503": (UnknownReference, "the change names something that does not exist, or something else still names it"),
    "23505": (AlreadyThere, "there is a row with this key already"),
    "23P01": (AlreadyThere, "it overlaps, in time, with a row that is there already"),
    "23": (RuleBroken, "a value breaks a rule of the table"),
    "22": (RuleBroken, "a value is outside what its column can hold"),
    "08": (DatabaseAway, "the connection to the database was lost; try again in a moment"),
    "53": (DatabaseAway, "the database has no room or no connection left; try again in a moment"),
    "57": (DatabaseAway, "the database is shutting down or starting; try again in a moment"),
}


@contextmanager
def named_errors() -> Iterator[None]:
    """Raise gridmap's own error for whatever the driver raises inside; what has no name passes through.

    The name of the constraint is kept as a fact, as it is part of the code; values never are.
    """
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseAway("every connection to the database is taken; try again in a moment") from error
    except (DBAPIError, psycopg.Error) as error:
        named = name(error)
        if named is None:
            raise
        raise named from error


def name(error: DBAPIError | psycopg.Error) -> GridmapError | None:
    """Return gridmap's own error for one of the driver's, or None for a defect that nobody outside can mend."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return None
    constraint = cause.diag.constraint_name or ""
    state = cause.sqlstate or ""
    kind, sentence = GUARDS.get(constraint) or STATES.get(state) or STATES.get(state[:2]) or (None, "")
    if kind is None and not state and isinstance(cause, psycopg.DataError):  # refused before it was sent: a NUL, say
        kind, sentence = STATES["22"]
    if kind is None and not state and isinstance(cause, psycopg.OperationalError):
        kind, sentence = STATES["08"]
    if kind is None:
        return None
    return kind(sentence, constraint=constraint) if constraint else kind(sentence)
