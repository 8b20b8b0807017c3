"""Personal data of what is over: found and deleted a few rows at a time, by station; plain SQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import OVER

#: What a list shows instead of the initials of a party.
FORGOTTEN: Final = "—"
_STATES: Final = ", ".join(repr(state) for state in OVER)
#: A dispute `d` that ended before a moment; a follow-up visit still to come, or late by less than that, keeps its data.
_OVER: Final = f"""d.station = :station AND d.state IN ({_STATES}) AND (d.due_at IS NULL OR d.due_at < :before)
      AND d.opened_at < :before AND coalesce(greatest(d.settled_at, d.closed_at), d.opened_at) < :before
      AND NOT EXISTS (SELECT FROM dispute_event e WHERE e.dispute_id = d.id AND e.at >= :before
        AND e.what IN ('settled', 'reviewed', 'followed_up', 'closed', 'withdrawn', 'not_ours'))"""
#: A report `r` nobody has anything to do with any more, nor with what it was joined to or became; or one that was held and
#: never looked at.
_ENDED: Final = """r.station = :station AND r.at < :before
      AND NOT EXISTS (SELECT FROM report_event e WHERE e.report_id = r.id AND e.at >= :before)
      AND (root.state IN ('settled', 'not_ours', 'withdrawn', 'closed') OR r.state = 'withdrawn' OR r.held)
      AND NOT EXISTS (SELECT FROM report_event e WHERE e.report_id = root.id AND e.at >= :before)"""
_OF_REPORT: Final = f"""JOIN report r ON r.id = x.report_id
      JOIN report root ON root.id = coalesce(r.joined_to, r.id)
      LEFT JOIN dispute d ON d.id = root.dispute_id
    WHERE x.station = :station AND {_ENDED} AND (d.id IS NULL OR {_OVER})"""

#: what -> the rows of it that are to go, as x.
_FOUND: Final = {
    "parties": f"""dispute_party x JOIN dispute d ON d.id = x.dispute_id
      WHERE x.station = :station AND (x.sealed IS NOT NULL OR x.print IS NOT NULL OR x.id_print IS NOT NULL OR x.reference <> :forgotten) AND {_OVER}""",
    "contacts": f"report_contact x {_OF_REPORT}",
    "photos": f"report_photo x {_OF_REPORT}",
    "papers": f"dispute_paper x JOIN dispute d ON d.id = x.dispute_id WHERE x.station = :station AND {_OVER}",
}  # fmt: skip
#: what -> how it goes.
_GO: Final = {
    "parties": "UPDATE dispute_party y SET sealed = NULL, print = NULL, id_print = NULL, reference = :forgotten FROM gone WHERE y.id = gone.id",
    "contacts": "DELETE FROM report_contact y USING gone WHERE y.report_id = gone.id",
    "photos": "DELETE FROM report_photo y USING gone WHERE y.report_id = gone.id AND y.number = gone.number",
    "papers": "DELETE FROM dispute_paper y USING gone WHERE y.id = gone.id",
}  # fmt: skip
_KEY: Final = {
    "parties": "x.id",
    "contacts": "x.report_id AS id",
    "photos": "x.report_id AS id, x.number",
    "papers": "x.id",
}
#: Rows that are deleted can go but once; those that are emptied are locked, so that none is counted twice.
_LOCK: Final = {"parties": "FOR UPDATE OF x SKIP LOCKED"}
WHAT: Final = tuple(_FOUND)


def _each(make: Callable[[str], str]) -> dict[str, TextClause]:
    return {what: text(make(what)) for what in WHAT}


_COUNT: Final = _each(lambda what: f"SELECT count(*) FROM {_FOUND[what]}")
_DELETE: Final = _each(
    lambda what: (
        f"""WITH gone AS (SELECT {_KEY[what]} FROM {_FOUND[what]} LIMIT :limit {_LOCK.get(what, "")})
                     {_GO[what]} RETURNING 1"""
    )
)


def count(session: Session, station: str, what: str, before: datetime) -> int:
    """Return how many rows of a station are of what was over before a moment; one query.

    `what`: one of `WHAT`: "parties" of disputes, "contacts" and "photos" of reports, "papers" of disputes.
    """
    return int(session.scalar(_COUNT[what], _facts(what, station, before)) or 0)


def delete(session: Session, station: str, what: str, before: datetime, *, limit: int) -> int:
    """Delete at most `limit` of these rows and return how many; of a party there remains that there was one."""
    return len(session.execute(_DELETE[what], {**_facts(what, station, before), "limit": limit}).all())


def _facts(what: str, station: str, before: datetime) -> dict[str, object]:
    facts: dict[str, object] = {"station": station, "before": before}
    return {**facts, "forgotten": FORGOTTEN} if what == "parties" else facts
