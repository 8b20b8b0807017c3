"""Who must know of a step: web hooks and e-mail; written with the step itself, sent after the commit."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import ENDED, Standing
from gridmap.domain.disputes import awaits
from gridmap.domain.loops import Loop
from gridmap.store import dispute_notes
from gridmap.store.dispute_rows import Row

#: step -> the mail it makes (`gridmap.domain.mails`), and to whom: "holder" and "offered" as the step leaves them.
MAILED: Final = {
    "opened": ("given", "holder"), "escalated": ("given", "holder"), "reopened": ("given", "holder"),
    "reassigned": ("given", "holder"), "passed_on": ("offered", "offered"), "refused": ("back", "holder"),
    "lapsed": ("back", "holder"), "convened": ("asked", "bodies"), "warned": ("soon", "holder"),
    "reminded": ("overdue", "holder"), "added": ("added", "holder"),
}  # fmt: skip
#: Steps the clock takes of what was settled.
AFTER: Final = frozenset({"reminded", "reassigned"})


def note(
    session: Session, loop: Loop, row: Row, step: str, after: Standing, event: int, *, why: str = ""
) -> None:  # fmt: skip
    """Write down whom a step is told to, in its transaction; it is sent after the commit. Two statements at most.

    Nobody is mailed of a step of their own. After it was settled a mail says what is due: its review or a visit.

    Parameters
    ----------
    why
        What the clock took the step for; "lost", of what was settled: the step that follows tells who has it now.
    """
    del row
    dispute_notes.note_hooks(session, event)
    if step not in MAILED:
        return
    mail, whom = MAILED[step]
    if after.state in ENDED and step in AFTER:
        waits = awaits(loop, after)
        if waits is None or why == "lost":
            return
        mail = waits
    dispute_notes.note_mails(session, event, mail, whom)
