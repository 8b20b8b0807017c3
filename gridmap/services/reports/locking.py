"""In which order a report and its dispute are locked: the dispute first, then the report, whoever asks.

A step from the desk of disputes, and the clock's, begin with the dispute and come to its report; many of them do not know
whether there is one. A step at the report knows its dispute beforehand, so it is the one that can begin there. In two orders,
each would wait for what the other holds, and the database would end one of them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from gridmap.errors import Stale
from gridmap.store import dispute_rows, reports
from gridmap.store.dispute_rows import Sight
from gridmap.store.reports import Row

#: A report goes to another dispute once or twice in its life, when whoever sent it first withdraws.
_TRIES: Final = 5


class ReportMoved(Stale):
    """Somebody else has taken a step since the person read the report; nothing was changed."""

    slug, title = "report-moved", "The report has moved on since you read it"


def locked(session: Session, station: str, report: int) -> Row | None:
    """Return a report, locked after the dispute that stands for it, its own or that of the one it was joined to.

    Three small statements, four where it has a dispute; None where there is no such report.

    Raises
    ------
    ReportMoved
        If it is given from one dispute to another all the time.
    """
    for _ in range(_TRIES):
        before = reports.dispute_for(session, report)
        # What is locked after the beginning of a savepoint is free again once that is rolled back.
        with session.begin_nested() as point:
            if before is not None:
                dispute_rows.get(session, station, before, Sight(whole=True), lock=True)
            found = reports.get(session, report, lock=True)
            if reports.dispute_for(session, report) == before:
                return found
            point.rollback()
    raise ReportMoved(f"report {report} is given to others just now: read it again", report=report)
