"""Which data a result was worked out from: the version of what a station has on record.

Every statement that changes something of a station leaves a row in `data_change`. Their count and the newest of them
are the version: it differs after each commit, also where an older transaction commits after a newer one, and no
writer waits for another to raise a number.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

#: What a change may be of; migration 0006 says which tables each stands for.
KINDS: Final = frozenset(
    {"incident", "dispute", "address", "plate", "people", "visit", "facility", "ground", "edition", "notice"}
)

VERSION: Final = text("""
    SELECT count(*) || '-' || COALESCE(max(id), 0) FROM data_change
    WHERE station = :station AND what = ANY (CAST(:what AS text[]))
""")


def data_version(session: Session, station: str, *what: str) -> str:
    """Return the version of what a station has on record, of the kinds named; all kinds where none is.

    One query that reads one index. Equal versions mean equal data, as this transaction sees them; read the version
    *before* the data, and the worst that can happen is a result kept under a version older than it is.

    Parameters
    ----------
    what
        Out of `KINDS`.

    Returns
    -------
    version
        "12-3456": so many changes, and the number of the newest; "0-0" before the first.

    Raises
    ------
    ValueError
        If a kind is none of `KINDS`: a misspelt kind would never change.
    """
    if unknown := set(what) - KINDS:
        raise ValueError(f"unknown kinds of data {sorted(unknown)}; there are {sorted(KINDS)}")
    return str(session.scalar(VERSION, {"station": station, "what": sorted(set(what) or KINDS)}))


def prune(session: Session) -> None:
    """Delete the changes of more than seven days ago that a newer one stands after; for the service's clock."""
    session.execute(text("SELECT guard_prune_data_changes()"))
