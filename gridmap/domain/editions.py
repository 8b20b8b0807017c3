"""The states of an edition (版次), the steps between them, and whose step the next one is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from gridmap.errors import Conflict, Invalid

#: state -> states it may go to. The database holds the same table in `guard_edition_step`.
STEPS: Final[dict[str, frozenset[str]]] = {
    "draft": frozenset({"in_review", "published"}),
    "in_review": frozenset({"draft", "approved"}),
    "approved": frozenset({"draft", "published"}),
    "published": frozenset({"superseded", "withdrawn"}),
    "superseded": frozenset({"published"}),
    "withdrawn": frozenset(),
}

#: States before the first publishing: such an edition is shown only to those who may read drafts.
UNPUBLISHED: Final = frozenset({"draft", "in_review", "approved"})

#: How far ahead an edition can be set to be published.
FARTHEST: Final = timedelta(days=366)


class EditionStepNotAllowed(Conflict):
    """An edition cannot go from its state to the one asked for."""

    slug, title = "edition-step-not-allowed", "The edition cannot take this step"


class TimeNotPossible(Invalid):
    """An edition is published at a moment to come, within a year."""

    slug, title = "time-not-possible", "The edition cannot be published at that time"


def require_step(station: str, number: int, present: str, wanted: str) -> None:
    """Check that an edition may go from state `present` to `wanted`.

    Raises
    ------
    EditionStepNotAllowed
        If it may not; the detail names both states.

    Examples
    --------
    >>> require_step("990000000000", 3, "draft", "published")
    """
    if wanted not in STEPS[present]:
        allowed = ", ".join(sorted(STEPS[present])) or "nothing further"
        raise EditionStepNotAllowed(
            f"edition {number} of station {station} is {present}; it can become {allowed}, not {wanted}",
            station=station,
            number=number,
            state=present,
        )


def require_time(wanted: datetime, now: datetime) -> None:
    """Check that an edition can be set to be published at `wanted`; both moments know their time zone.

    Raises
    ------
    TimeNotPossible
        If it is past, or more than `FARTHEST` ahead.
    """
    if not now < wanted <= now + FARTHEST:
        raise TimeNotPossible(
            f"{wanted.isoformat()} is not possible: name a time after now ({now.isoformat(timespec='seconds')}), "
            f"at most {FARTHEST.days} days ahead"
        )
