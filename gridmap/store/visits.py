"""Staged visits: the ones a file tells twice."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store.loading import Stage


def refuse_told_twice(session: Session, stage: Stage) -> list[tuple[int, str, int]]:
    """Take out all but the first row of each visit (door, moment, purpose); return (line, person, line of the first)."""
    rows = session.execute(
        text(f"""DELETE FROM {stage.name} s USING (
                   SELECT line, min(line) OVER (PARTITION BY address_id, at, purpose) AS first FROM {stage.name}) d
                 WHERE s.line = d.line AND s.line > d.first RETURNING s.line, coalesce(s.person, ''), d.first""")
    )
    return sorted((int(line), str(person), int(first)) for line, person, first in rows)
