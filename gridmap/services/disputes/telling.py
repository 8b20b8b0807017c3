"""Who must know of a step: web hooks and e-mail; written with the step itself, sent after the commit."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import Standing
from gridmap.store import dispute_notes
from gridmap.store.dispute_rows import Row

#: step -> the mail it makes (`gridmap.domain.mails`), and to whom: "holder" and "offered" as the step leaves them.
MAILED: Final = {
    "opened": ("given", "holder"), "escalated": ("given", "holder"), "reopened": ("given", "holder"),
    "reassigned": ("given", "holder"), "passed_on": ("offered", "offered"), "refused": ("back", "holder"),
    "lapsed": ("back", "holder"), "convened": ("asked", "bodies"), "warned": ("soon", "holder"),
    "reminded": ("overdue", "holder"), "added": ("added", "holder"),
}  # fmt: skip


def note(session: Session, row: Row, step: str, after: Standing, event: int) -> None:
    """Write down whom a step is told to, in its transaction; it is sent after the commit. Two statements at most.

    Nobody is mailed of a step of their own.
    """
    del row, after
    dispute_notes.note_hooks(session, event)
    if step in MAILED:
        dispute_notes.note_mails(session, event, *MAILED[step])
