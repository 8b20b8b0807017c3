"""A report of a resident, put into the tables as such: for tests of what follows from it."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy.orm import Session

from gridmap.store.tables import Plate, Report, ReportEvent

WORDS = "楼道里堆放杂物 canary-words"


def make_report(
    session: Session,
    plate: str,
    *,
    kind: str = "hazard",
    words: str = WORDS,
    held: bool = False,
    urgent: bool = False,
    first: bool = True,
) -> Report:
    """Add a report at a plate and, unless told otherwise, its first step."""
    hung = session.get_one(Plate, plate)
    report = Report(
        station=hung.station,
        plate=plate,
        address_id=hung.address_id,
        tracking=hashlib.sha256(secrets.token_bytes(8)).digest(),
        send_key=secrets.token_hex(8),
        kind=kind,
        words=words,
        held=held,
        urgent=urgent,
    )
    session.add(report)
    session.flush()
    if first:
        make_step(session, report, "received")
    return report


def make_step(session: Session, report: Report, what: str, *, by: str = "", note: str = "") -> ReportEvent:
    """Add a step to a report."""
    step = ReportEvent(station=report.station, report_id=report.id, by=by, what=what, note=note)
    session.add(step)
    session.flush()
    return step
