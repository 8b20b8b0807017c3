"""Notices (通知) and warnings (提醒) that residents of a cell, a beat or a station read when they scan their plate."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from gridmap.errors import Invalid, NotFound
from gridmap.store import audit, editions, notices
from gridmap.store.notices import Notice

KINDS: Final = ("info", "warning")
LONGEST_ZH, LONGEST_EN = 500, 1_000
#: A notice lasts no longer, and begins no later than this from now.
LONGEST: Final = timedelta(days=366)


class NoticeNotFound(NotFound):
    """The station has no such notice."""

    slug, title = "notice-not-found", "No such notice"


class NoticeNotValid(Invalid):
    """The notice is blank, too long, for no zone there is, or at an impossible time."""

    slug, title = "notice-not-valid", "The notice is not valid"


@dataclass(frozen=True, slots=True)
class Wish:
    """A notice as it is wished for. `zone`: a beat or grid cell, "" for the whole station; times: None is now, and no end."""

    text_zh: str
    text_en: str = ""
    kind: str = "info"
    zone: str = ""
    since: datetime | None = None
    until: datetime | None = None


def listing(
    session: Session, station: str, *, past: bool = False, before_id: int | None = None, limit: int = 100
) -> list[Notice]:
    """Return a station's notices that hold or will, newest first; with `past` those that have ended too."""
    return notices.page(session, station, past=past, before_id=before_id, limit=limit)


def told(session: Session, station: str) -> dict[str, int]:
    """Return how many doors a notice reaches: "b" and a beat, "c" and a cell, "" the whole station -> living plates."""
    return notices.doors(session, station)


def add(session: Session, station: str, wish: Wish, *, by: str) -> Notice:
    """Add a notice; residents read it from their next scan on.

    Raises
    ------
    StationNotFound, NoticeNotValid
    """
    place = editions.find_station(session, station)
    zh, en = _clean(wish.text_zh), _clean(wish.text_en)
    if not zh or len(zh) > LONGEST_ZH or len(en) > LONGEST_EN:
        raise NoticeNotValid(f"a notice has 1 to {LONGEST_ZH} Chinese and up to {LONGEST_EN} English letters")
    if wish.kind not in KINDS:
        raise NoticeNotValid(f"a notice is of the kind {' or '.join(KINDS)}")
    now = datetime.now(UTC)
    since, until = wish.since or now, wish.until
    if until is not None and (until <= since or until <= now):
        raise NoticeNotValid("a notice ends after it begins, and not in the past")
    if not now - LONGEST <= since <= now + LONGEST or (until is not None and until > since + LONGEST):
        raise NoticeNotValid("a notice begins within a year from now and lasts a year at most")
    kind = notices.zone_kind(session, place.code, wish.zone) if wish.zone else None
    if wish.zone and kind is None:
        raise NoticeNotValid(f"station {station} has no beat or grid cell {wish.zone} in force")
    beat, cell = (wish.zone if kind == one else None for one in ("beat", "grid_cell"))
    wanted = Notice(0, place.code, beat, cell, wish.kind, zh, en, since, until, now, by)
    number = notices.add(session, wanted)
    kept = _find(session, station, number)
    after = {
        name: value for name, value in asdict(kept).items() if name in {"beat", "grid_cell", "kind", "text_zh", "text_en"}
    }  # fmt: skip
    audit.write(session, [station], by=by, action="post notice", thing=f"notice {number}", after=after)
    return kept


def end(session: Session, station: str, number: int, *, by: str) -> Notice:
    """Let a notice hold no longer and return it as it was; one that has ended stays as it is.

    Raises
    ------
    NoticeNotFound
    """
    found = _find(session, station, number, lock=True)
    if found.until is None or found.until > datetime.now(UTC):
        notices.end(session, number)
        audit.write(session, [station], by=by, action="end notice", thing=f"notice {number}")
    return found


def _find(session: Session, station: str, number: int, *, lock: bool = False) -> Notice:
    found = notices.find(session, station, number, lock=lock)
    if found is None:
        raise NoticeNotFound(f"station {station} has no notice {number}", number=number)
    return found


def _clean(text: str) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").strip()
