"""Who must know of a step: web hooks and e-mail; written with the step itself, sent after the commit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.dispute_clock import long_due
from gridmap.domain.dispute_filter import Filter
from gridmap.domain.dispute_words import ENDED, Standing
from gridmap.domain.disputes import REVIEW, VISIT, awaits
from gridmap.domain.loops import Loop
from gridmap.store import dispute_digests, dispute_notes
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
#: mail -> which of theirs it speaks of, where it speaks of many.
LISTS: Final = {
    "visit": Filter(due="follow", holder="mine"), "review": Filter(due="follow", holder="mine"),
    "overdue": Filter(due="overdue", holder="mine"), "given": Filter(due="new", holder="mine"), "back": Filter(holder="mine"),
}  # fmt: skip
#: What the clock took a step for, that may have been due for long.
DUE: Final = frozenset({"due", REVIEW, VISIT})


def note(
    session: Session, loop: Loop, row: Row, step: str, after: Standing, event: int, *, why: str = "",
    by_clock: datetime | None = None,
) -> None:  # fmt: skip
    """Write down whom a step is told to, in its transaction; it is sent after the commit. Three statements at most.

    Nobody is mailed of a step of their own. After it was settled a mail says what is due: its review or a visit. What has
    been due for long is told of in one mail and one message, with how many others are.

    Parameters
    ----------
    row
        The dispute before the step.
    why
        What the clock took the step for; "lost", of what was settled: the step that follows tells who has it now.
    by_clock
        When, where the clock took it.
    """
    mail, whom = MAILED.get(step, ("", ""))
    if after.state in ENDED and step in AFTER:
        mail = "" if why == "lost" else awaits(loop, after) or ""
    if by_clock is None or why not in DUE or not long_due(row.standing, by_clock):
        dispute_notes.note_hooks(session, event)
        if mail:
            dispute_notes.note_mails(session, event, mail, whom)
        return
    listed, here = LISTS.get(mail, Filter()), row.station
    everybody_s = replace(listed, holder="")  # a hook is nobody: it is told of the list of all of them
    dispute_digests.hold(session, here)
    asked = f"/desk/list?{everybody_s.query(station=here)}"
    dispute_digests.note_hooks(session, event, by_clock, why=why, asked=asked)
    if mail:
        asked = f"/desk/list?{listed.query(station=here)}"
        dispute_digests.note_mails(session, event, mail, whom, by_clock, asked=asked)
