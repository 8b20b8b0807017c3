"""File a request of a neighbour's application: it enters the station's loop as every other dispute, hazard or tip.

Sent twice it is filed once: by the sender's own key of the request, else by what it says, within ten minutes. Who filed it
is sealed apart, as the parties of disputes are; the desk sees initials.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain import open311 as words
from gridmap.domain import parties as party_rules
from gridmap.domain.addresses import normalise, tidy
from gridmap.domain.codes import ALPHABET
from gridmap.domain.open311 import OpenRequestNotValid
from gridmap.domain.parties import LONGEST, Personal
from gridmap.domain.report_words import is_urgent, redact
from gridmap.services import open311
from gridmap.services.disputes import parties
from gridmap.services.disputes.acting import KeyUsed
from gridmap.services.disputes.opening import Intake, take_in
from gridmap.services.open311 import Caller
from gridmap.services.sealing import Sealer
from gridmap.store import dispute_parties, dispute_rows
from gridmap.store import open311 as store
from gridmap.store.dispute_rows import Done

LONGEST_DESCRIPTION: Final = 4_000
#: How long the same request of the same application is taken for one.
SAME_FOR: Final = timedelta(minutes=10)
SHORTEST_KEY, LONGEST_KEY = 8, 200
SHORTEST_ADDRESS: Final = 3
#: Who filed a request without saying a name.
NAMELESS: Final = "反映人"
_DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Filing:
    """What an application sends, cleaned. `key`: of the request, where the application gives one."""

    service: str
    description: str = ""
    lat: str = ""
    lon: str = ""
    address_string: str = ""
    address_id: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    device_id: str = ""
    account_id: str = ""
    media_url: str = ""
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    key: str | None = None

    def __repr__(self) -> str:
        """Say nothing of who files what: a log or a traceback may show it."""
        return f"Filing(service={self.service!r}, …)"


@dataclass(frozen=True, slots=True)
class Where:
    """A place: a standard address, or a point in degrees (WGS 84)."""

    address_id: int | None = None
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the application is told. `again`: it was filed before, and nothing was done now."""

    request_id: str
    notice: str
    again: bool


def file(session: Session, sealer: Sealer, caller: Caller, filing: Filing, language: str, now: datetime) -> Receipt:
    """File a request; some twenty small statements in the caller's transaction.

    Raises
    ------
    Open311ServiceNotFound
    OpenRequestNotValid
        If it has no place, or one outside the jurisdiction; if an answer or a field cannot be.
    KeyUsed
        If the application used its key of the request for another one.
    """
    if caller.key is None:
        raise open311.Open311KeyNotValid("api_key is missing; ask the station for one")
    _check(filing)
    service = open311.service(session, caller, filing.service, language)
    answers = words.answers(service, filing.attributes)
    station = caller.place.code
    asked = _content(sealer, station, filing)
    base = f"o311:{caller.key}:{_digest(filing.key) if filing.key else asked}"
    dispute_rows.hold_key(session, f"{station} {base}")
    window = int(now.timestamp() // SAME_FOR.total_seconds())
    keys = [base] if filing.key else [f"{base}:{window}", f"{base}:{window - 1}"]
    notice = _notice(filing, language)
    before = store.done_before(session, station, keys, None if filing.key else now - SAME_FOR)
    if before is not None:
        used = dispute_rows.of_key(session, station, base) if filing.key else None
        return Receipt(_same(session, station, before, used, asked), notice, again=True)
    place = _place(session, caller, filing, language)
    request_id = "".join(secrets.choice(ALPHABET) for _ in range(12))
    acted = take_in(
        session, station,
        Intake(
            kind=service.kind, words=redact(filing.description), matter=service.matter, source="open311",
            marks=("threats",) if answers.get("threats") == "yes" else (), language=answers.get("language", "zh"),
            request_id=request_id, filed_by=caller.key, address_id=place.address_id, lon=place.lon, lat=place.lat,
        ),
        by=f"open311/{caller.key}", role="resident", key=keys[0], now=now, asked=asked,
    )  # fmt: skip
    _seal(session, sealer, station, acted.dispute, filing, answers.get("language", "zh"))
    return Receipt(request_id, notice, again=False)


def _check(filing: Filing) -> None:
    """Refuse what is missing, too long, or no key of a request."""
    if not filing.service:
        raise OpenRequestNotValid("service_code is missing; services lists them")
    if not filing.description.strip():
        raise OpenRequestNotValid("description is missing: say in a few words what it is about")
    if len(filing.description) > LONGEST_DESCRIPTION:
        raise OpenRequestNotValid(f"description has at most {LONGEST_DESCRIPTION:,} letters")
    for name in (
        "address_string",
        "address_id",
        "first_name",
        "last_name",
        "email",
        "phone",
        "device_id",
        "account_id",
    ):
        if len(getattr(filing, name)) > LONGEST:
            raise OpenRequestNotValid(f"{name} has at most {LONGEST} letters")
    if filing.key is not None and not SHORTEST_KEY <= len(filing.key) <= LONGEST_KEY:
        raise OpenRequestNotValid(f"Idempotency-Key has {SHORTEST_KEY} to {LONGEST_KEY} letters")


def _place(session: Session, caller: Caller, filing: Filing, language: str) -> Where:
    """Return where it is: a standard address where one is named, else the coordinates.

    Raises
    ------
    OpenRequestNotValid
        If nothing says where, no address is called so, or the point lies outside the jurisdiction.
    """
    station = caller.place.code
    if filing.address_id:
        known = store.address_of_code(session, station, filing.address_id)
        if known is None:
            raise OpenRequestNotValid(
                f"address_id is no address of station {station}; send lat and long", station=station
            )
        return Where(known)
    matched = _address(session, station, filing.address_string) if filing.address_string else None
    if filing.lat or filing.lon:
        if not (filing.lat and filing.lon):
            raise OpenRequestNotValid("lat and long come together")
        lat, lon = words.degrees("lat", filing.lat, 90), words.degrees("long", filing.lon, 180)
        _require_inside(session, caller, lon, lat, language)
        return Where(matched) if matched is not None else Where(lon=lon, lat=lat)
    if matched is not None:
        return Where(matched)
    if filing.address_string:
        raise OpenRequestNotValid(
            f"no address of station {station} is called so, or several are: write it as on the plate, or send lat and long",
            station=station,
        )
    raise OpenRequestNotValid("say where: lat and long, or address_string, or address_id")


def _require_inside(session: Session, caller: Caller, lon: float, lat: float, language: str) -> None:
    ground = store.ground(session, caller.place.code, lon, lat)
    if ground.inside:
        return
    name = words.said((caller.place.name_zh, caller.place.name_en), language)
    other = store.station_at(session, lon, lat)
    whose = "no station here answers for it"
    if other is not None:
        whose = f"it is {words.said((other.name_zh, other.name_en), language)}'s, jurisdiction_id {other.code}"
    raise OpenRequestNotValid(
        f"lat {lat:g}, long {lon:g} lies outside the jurisdiction of {name} ({caller.place.code}), which reaches from "
        f"lat {ground.south:.4f} to {ground.north:.4f} and long {ground.west:.4f} to {ground.east:.4f}: {whose}",
        station=caller.place.code,
    )  # fmt: skip


def _address(session: Session, station: str, typed: str) -> int | None:
    """Return the one address of a station that is written so, or whose end is; None where none is, or several are."""
    wanted = normalise(typed)
    if len(wanted) < SHORTEST_ADDRESS:
        return None
    # The last number as it is typed: the normal form leaves signs inside numbers out, a text as it is kept does not.
    digits = _DIGITS.findall(tidy(typed)) or _DIGITS.findall(wanted)
    found = store.addresses_with(session, station, digits[-1] if digits else tidy(typed))
    if len(found) > store.MOST_CANDIDATES:
        found = store.addresses_with(session, station, tidy(typed))
    forms = [(number, normalise(full)) for number, full in found]
    exact = {number for number, form in forms if form == wanted}
    ends = exact or {number for number, form in forms if form.endswith(wanted) or wanted.endswith(form)}
    return ends.pop() if len(ends) == 1 else None


def _seal(session: Session, sealer: Sealer, station: str, dispute: int, filing: Filing, language: str) -> None:
    """Keep who filed it as a party of the first side: initials for the desk, the rest sealed."""
    # A name comes in the order of its language: 姓 before 名, first before last.
    first, last = filing.first_name, filing.last_name
    chinese = any("一" <= sign <= "鿿" for sign in first + last)
    name = f"{last}{first}" if chinese else f"{first} {last}".strip()
    further = {"email": filing.email, "device_id": filing.device_id, "account_id": filing.account_id}
    notes = [f"{what}: {told}" for what, told in further.items() if told]
    if redact(filing.description) != filing.description:
        notes.append(f"as sent: {filing.description}")
    personal = Personal(name=name, phone=filing.phone, language=language, note="\n".join(notes))
    if not personal:
        return
    reference = party_rules.reference_of(name)[: party_rules.LONGEST_REFERENCE] or NAMELESS
    party = dispute_parties.add(session, station, dispute, side=1, reference=reference)
    sealed = sealer.seal(json.dumps(asdict(personal), ensure_ascii=False), parties.context(party))
    dispute_parties.put_away(session, station, party, sealed, parties.prints_of(sealer, station, personal))


def _same(session: Session, station: str, dispute: int, used: Done | None, asked: str) -> str:
    """Return the number of a request that was filed before; `used`: what was filed with its key, where it has one.

    Raises
    ------
    KeyUsed
        If it says something else: another matter, place, answer or person.
    """
    row = store.filed(session, station, dispute, ())
    if row is None or (used is not None and used.asked not in {None, asked}):
        raise KeyUsed(
            "the Idempotency-Key was used for another request, with other content; nothing was filed now: take a new key"
        )
    return row.request_id


def _notice(filing: Filing, language: str) -> str:
    parts = [words.said(words.NOTICE, language)]
    if is_urgent(filing.description):
        parts.insert(0, words.said(words.NOTICE_URGENT, language))
    if filing.media_url:
        parts.append(words.said(words.NOTICE_MEDIA, language))
    return " ".join(parts)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:40]


def _content(sealer: Sealer, station: str, filing: Filing) -> str:
    """Return what is the same in two requests that say the same; without the service's key it tells nobody's number."""
    told = {name: value for name, value in asdict(filing).items() if name != "key"}
    said = json.dumps(told, sort_keys=True, default=list)
    return sealer.print(said, f"open311 request {station}").hex()
