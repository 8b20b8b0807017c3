"""Steps of disputes as they are told to those who watch: where and what, never a word or a name of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import Holder
from gridmap.store.dispute_rows import at_table
from gridmap.store.event_numbers import EventNumbers

#: What an import tells of the past is told to nobody.
_SINCE: Final = text(f"""
    SELECT e.id, e.station, e.dispute_id, d.number, e.what, e.at, e.after, e.tier, d.matter, d.kind, d.beat, d.grid_cell,
           e.due_at, d.opened_by, e.holder_id, e.body, e.offered_id, e.offered_body, p.holder_id, p.body, p.offered_id,
           p.offered_body, ARRAY(SELECT b.body FROM dispute_body b WHERE b.dispute_id = d.id AND {at_table("b", "d")}) AS asked,
           CASE WHEN e.what = 'note' AND e.facts ->> 'answer' = 'declined' THEN e.facts ->> 'body' END AS declined
    FROM unnest(CAST(:stations AS text[]), CAST(:after AS bigint[])) AS w (station, after)
    CROSS JOIN LATERAL (SELECT n.* FROM dispute_event n
      WHERE n.station = w.station AND n.id > w.after AND n.id <> ALL (CAST(:known AS bigint[])) AND n.role <> 'import'
      ORDER BY n.station, n.id LIMIT :limit) AS e
    JOIN dispute d ON d.id = e.dispute_id
    LEFT JOIN dispute_event p ON p.dispute_id = e.dispute_id AND p.seq = e.seq - 1
    ORDER BY e.id LIMIT :limit
""")
#: Where to begin to read.
_NUMBERS: Final = EventNumbers("dispute_event")
with_late, newest, moment, before = _NUMBERS.with_late, _NUMBERS.newest, _NUMBERS.moment, _NUMBERS.before


#: The first columns of `_SINCE`; the people, two columns each, come after.
_TOLD: Final = (
    "id", "station", "dispute", "number", "what", "at", "state", "tier", "matter", "kind", "beat", "grid_cell", "due_at",
    "opened_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DisputeStep:
    """One step of a dispute, and how the step left it.

    `was`, `was_offered`: who had it before; `asked`: bodies at its joint table; `declined`: the body that left it by this step.
    """

    id: int
    station: str
    dispute: int
    number: str
    what: str
    at: datetime
    state: str | None
    tier: int | None
    matter: str
    kind: str
    beat: str | None
    grid_cell: str | None
    due_at: datetime | None
    opened_by: str
    holder: Holder
    offered: Holder
    was: Holder
    was_offered: Holder
    asked: tuple[str, ...] = ()
    declined: str | None = None


def since(
    session: Session, after: Mapping[str, int], *, known: Collection[int] = (), limit: int = 500
) -> list[DisputeStep]:
    """Return the steps of stations whose event has a number above the station's, oldest first; one query.

    Parameters
    ----------
    after
        station -> number of an event of it.
    known
        Numbers to leave out.
    """
    if not after:
        return []
    facts = {"stations": list(after), "after": list(after.values()), "known": list(known), "limit": limit}
    return [_step(row) for row in session.execute(_SINCE, facts)]


def _step(row: Sequence[Any]) -> DisputeStep:
    """Return the columns of `_SINCE` as a step."""
    holder, offered, was, was_offered = (Holder(row[at], row[at + 1]) for at in (14, 16, 18, 20))
    told: dict[str, Any] = dict(zip(_TOLD, row, strict=False))
    return DisputeStep(
        **told, holder=holder, offered=offered, was=was, was_offered=was_offered, asked=tuple(row[22]), declined=row[23]
    )
