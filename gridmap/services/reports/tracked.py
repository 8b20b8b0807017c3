"""A matter as whoever reported it sees it, by the code of a receipt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gridmap.errors import Invalid
from gridmap.store.reports import Place


class ReportNotValid(Invalid):
    """Something in the report is missing, too long or impossible; the fact `field` says what."""

    slug, title = "report-not-valid", "The report is not complete"


@dataclass(frozen=True, slots=True)
class Step:
    """One step as the reporter reads it; `role` is who did it ("" for the reporter), never by name."""

    at: datetime
    what: str
    role: str
    note: str


@dataclass(frozen=True, slots=True)
class Tracked:
    """A report as its reporter sees it; nothing of others who reported the same. `can`: what they may still do."""

    code: str
    report: int
    place: Place
    kind: str
    words: str
    at: datetime
    happened_at: datetime | None
    language: str
    state: str
    held: bool
    urgent: bool
    queue: str
    due_at: datetime | None
    call_back: bool
    rating: int | None
    photos: int
    steps: tuple[Step, ...]
    can: frozenset[str]
