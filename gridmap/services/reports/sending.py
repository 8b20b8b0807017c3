"""Send a report from a door: kept once however often it is sent, joined to the same matter, held where it floods."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.receipts import receipt_hash
from gridmap.domain.report_words import alike, is_urgent, redact
from gridmap.domain.reports import (
    KINDS,
    LONGEST,
    MOST_PHOTOS,
    OPEN,
    SAME_MATTER,
    SAME_MOMENT,
    Limits,
    verdict,
)
from gridmap.errors import Conflict, Forbidden
from gridmap.services.reports.cases import open_case
from gridmap.services.reports.keys import TRIES, Keys
from gridmap.services.reports.tracked import ReportNotValid
from gridmap.services.scan import PlateNotFound
from gridmap.services.sealing import Sealer
from gridmap.store import reports
from gridmap.store.engine import enter_scope
from gridmap.store.reports import Door, Row

SHORTEST_KEY, LONGEST_KEY = 16, 64
#: The longest name, number or wish of when to call [characters].
CONTACT_LONGEST: Final = 100
#: How far ahead a visit can be asked for, and how far back something can lie.
FARTHEST: Final = timedelta(days=60)
OLDEST: Final = timedelta(days=3_660)


class PlateRetired(Conflict):
    """The plate is out of use: nobody can report from it; the fact `desk_phone` helps."""

    slug, title = "plate-retired", "This plate is out of use"


class TooManyReports(Forbidden):
    """Far too many reports come from this plate or address block; the fact `desk_phone` helps."""

    slug, title = "too-many-reports", "Too many reports from here"


class SentBefore(Conflict):
    """The report is there already, and its receipt cannot be made again because the service's secret has changed."""

    slug, title = "sent-before", "This was sent before"


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach the reporter, as they wish; sealed before it is stored."""

    name: str = ""
    phone: str = ""
    when: str = ""

    def __bool__(self) -> bool:
        """Whether anything was given."""
        return bool(self.name or self.phone or self.when)


@dataclass(frozen=True, slots=True)
class Sending:
    """What a resident sends. `device` and `block` are hashes of the day (`Keys`); `photos` have been drawn anew."""

    kind: str
    words: str
    send_key: str
    happened_at: datetime | None = None
    language: str = "zh"
    contact: Contact = Contact()
    photos: tuple[bytes, ...] = ()
    device: str = ""
    block: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the reporter takes away: `code` leads to the page that tells how it goes on; `again`: it was there already."""

    code: str
    report: int
    station: str
    desk_phone: str
    kind: str
    joined_to: int | None
    held: bool
    urgent: bool
    again: bool


def check(sending: Sending, now: datetime) -> None:
    """Check what can be checked without a database.

    Raises
    ------
    ReportNotValid
        If something is missing, too long or impossible.
    """
    words = sending.words.strip()
    if sending.kind not in KINDS:
        raise ReportNotValid(f"a report is of the kind {', '.join(KINDS)}", field="kind")
    if not words and sending.kind != "visit":
        raise ReportNotValid("say in a few words what it is about", field="words")
    if len(words) > LONGEST:
        raise ReportNotValid(f"the text may have {LONGEST} letters, this has {len(words)}", field="words")
    if not SHORTEST_KEY <= len(sending.send_key) <= LONGEST_KEY:
        raise ReportNotValid(
            f"the send key has {SHORTEST_KEY} to {LONGEST_KEY} random letters, a new one for each report",
            field="send_key",
        )
    if len(sending.photos) > MOST_PHOTOS:
        raise ReportNotValid(f"a report may have {MOST_PHOTOS} pictures", field="photos")
    for name in ("name", "phone", "when"):
        if len(getattr(sending.contact, name)) > CONTACT_LONGEST:
            raise ReportNotValid(f"this is longer than {CONTACT_LONGEST} letters", field=name)
    at = sending.happened_at
    latest = FARTHEST if sending.kind == "visit" else timedelta(minutes=5)
    if at is not None and not now - OLDEST <= at <= now + latest:
        ahead = "within the next 60 days" if sending.kind == "visit" else "now or before"
        raise ReportNotValid(f"the time is not possible: it is {ahead}", field="happened_at")


def send(
    session: Session, plate: str, sending: Sending, keys: Keys, sealer: Sealer, limits: Limits | None = None
) -> Receipt:
    """Keep a report sent from a plate and return its receipt; the caller's transaction commits it.

    The same key sent again gives the same receipt and keeps nothing twice; words that were changed before sending again
    are added. Reports of one door are written one after the other, so all workers count alike.

    Parameters
    ----------
    plate
        The code scanned, as issued; a replaced plate leads to the door of the new one.
    limits
        How much is taken from where; the usual ones when None.

    Raises
    ------
    ReportNotValid, PlateNotFound, PlateRetired, TooManyReports, SentBefore
    """
    now = datetime.now(UTC)
    check(sending, now)
    door = _door(session, plate)
    reports.lock_door(session, door.address_id)
    earlier = reports.with_key(session, plate, sending.send_key)
    if earlier is not None:
        return _again(session, earlier, sending, keys, door)
    before = reports.sent_before(session, door.station, plate, sending.device, sending.block)
    what = verdict(before, limits or Limits())
    if what == "refuse":
        raise TooManyReports(
            f"too many reports come from here; call the duty desk: {door.desk_phone}", desk_phone=door.desk_phone
        )
    return _keep(session, plate, sending, keys, sealer, door, held=what == "hold")


def _door(session: Session, plate: str) -> Door:
    station = reports.station_of_plate(session, plate)
    if station is None:
        raise PlateNotFound("no plate bears this code: read it again, or call the station", plate=plate)
    enter_scope(session, [station])
    door = reports.door(session, plate)
    if door is None or door.status == "retired":
        phone = reports.place(session, station).desk_phone
        raise PlateRetired(f"this plate is out of use; call the duty desk: {phone}", desk_phone=phone)
    return door


def _keep(
    session: Session, plate: str, sending: Sending, keys: Keys, sealer: Sealer, door: Door, *, held: bool
) -> Receipt:
    words = sending.words.strip()
    shown, urgent = redact(words), is_urgent(words)
    now = datetime.now(UTC)
    root = None if held else _same_matter(session, door, sending, now, urgent=urgent)
    code = _free_receipt(session, plate, sending.send_key, keys)
    report = reports.add(
        session, station=door.station, plate=plate, address_id=door.address_id, tracking=receipt_hash(code),
        send_key=sending.send_key, kind=sending.kind, words=shown, happened_at=sending.happened_at,
        language=sending.language, held=held, urgent=urgent, joined_to=None if root is None else root.id,
        call_back=False, device=sending.device, block=sending.block,
    )  # fmt: skip
    if sending.contact or shown != words:
        put_away(session, sealer, door.station, report, sending.contact, [words] if shown != words else [])
    for number, jpeg in enumerate(sending.photos, start=1):
        reports.add_photo(session, door.station, report, number, jpeg)
    kept = reports.get(session, report)
    if root is not None:
        reports.add_event(session, door.station, report, "joined", note=str(root.id))
        reports.add_event(session, door.station, root.id, "joined", note=str(report))
    elif not held and kept is not None:
        open_case(session, kept, now)
    joined_to = None if root is None else root.id
    return Receipt(
        code, report, door.station, door.desk_phone, sending.kind, joined_to, held=held, urgent=urgent, again=False
    )


def _same_matter(session: Session, door: Door, sending: Sending, now: datetime, *, urgent: bool) -> Row | None:
    """Return the open report that says the same, if there is one; what is urgent joins only what is urgent too."""
    for other in reports.same_door(session, door.station, door.address_id, sending.kind, SAME_MATTER):
        same_moment = other.at > now - SAME_MOMENT and other.device != sending.device
        if (same_moment or alike(other.words, redact(sending.words))) and (other.urgent or not urgent):
            return other
    return None


def _free_receipt(session: Session, plate: str, send_key: str, keys: Keys) -> str:
    for attempt in range(TRIES):
        code = keys.receipt(plate, send_key, attempt)
        if reports.find_by_tracking(session, receipt_hash(code)) is None:
            return code
    raise SentBefore("no free receipt was found; open the form again")


def _again(session: Session, earlier: Row, sending: Sending, keys: Keys, door: Door) -> Receipt:
    """Return the receipt of what was sent before with this key, and add what was changed since."""
    codes = (keys.receipt(earlier.plate, earlier.send_key, attempt) for attempt in range(TRIES))
    code = next((one for one in codes if receipt_hash(one) == earlier.tracking), None)
    if code is None:
        raise SentBefore(f"it was sent on {earlier.at:%Y-%m-%d}; for a receipt call the duty desk: {door.desk_phone}")
    shown = redact(sending.words.strip())
    if shown not in {"", earlier.words} and earlier.state in OPEN:
        said = {event.note for event in reports.events(session, [earlier.id]) if event.what == "added"}
        if shown not in said:
            reports.add_event(session, earlier.station, earlier.id, "added", note=shown)
    return Receipt(
        code, earlier.id, earlier.station, door.desk_phone, earlier.kind, earlier.joined_to, held=earlier.held,
        urgent=earlier.urgent, again=True,
    )  # fmt: skip


def context(report: int) -> str:
    """Return what the sealed contact of a report is bound to."""
    return f"report {report} contact"


def put_away(session: Session, sealer: Sealer, station: str, report: int, contact: Contact, texts: list[str]) -> None:
    """Seal how to reach the reporter, and the texts as written where numbers in them were masked."""
    told = {"name": contact.name, "phone": contact.phone, "when": contact.when, "texts": texts}
    sealed = sealer.seal(json.dumps(told, ensure_ascii=False), context(report))
    reports.put_contact(session, station, report, sealed)
