"""The signed list: a station's living plates in one file that an officer's phone can trust without a network.

It is JSON in UTF-8 with fixed ends: `{"format":"gridmap-plates-1", …, "rows":[…],"signature":"<128 hexadecimal digits>"}`
and one newline. What is signed (Ed25519) is every byte before `,"signature":"`; everything after those bytes has one
spelling only. So no byte of the file can change and the file still be taken for genuine.

References
----------
Josefsson & Liusvaara (2017), "Edwards-Curve Digital Signature Algorithm", RFC 8032.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from gridmap.errors import Invalid
from gridmap.services.list_keys import PublicKey, SigningKey
from gridmap.store import audit, editions, plate_list

FORMAT: Final = "gridmap-plates-1"
COLUMNS: Final = ("code", "street", "number_tail", "grid_cell", "status")
#: How long a list is good for where nobody says otherwise.
LASTS: Final = timedelta(days=30)
_TAIL: Final = re.compile(rb',"signature":"([0-9a-f]{128})"\}\n\Z')
_TAIL_BYTES: Final = len(b',"signature":""}\n') + 128


class ListNotGenuine(Invalid):
    """The file is no list of this station's plates: damaged, changed, or signed by somebody else."""

    slug, title = "list-not-genuine", "This list is not genuine"


class ListKeyUnknown(Invalid):
    """The list names a key that is not among those known here, so nothing can be said of it."""

    slug, title = "list-key-unknown", "The key of this list is not known"


@dataclass(frozen=True, slots=True)
class PlateOfList:
    """One plate of a list, as an officer compares it with a door."""

    code: str
    street: str
    number_tail: str
    grid_cell: str
    status: str


@dataclass(frozen=True, slots=True)
class SignedList:
    """A list that was found genuine."""

    station: str
    name_zh: str
    name_en: str
    synthetic: bool
    edition: int | None
    made_at: datetime
    valid_until: datetime
    key: str
    plates: Mapping[str, PlateOfList]

    def expired(self, now: datetime) -> bool:
        """Return whether the list is too old to be relied on; plates may have been replaced since."""
        return now >= self.valid_until


def export(
    session: Session, station: str, key: SigningKey, *, by: str, now: datetime | None = None, lasts: timedelta = LASTS
) -> bytes:
    """Return the signed list of a station's living plates; three queries and a row in the audit.

    Raises
    ------
    StationNotFound
    """
    place = editions.find_station(session, station)
    edition = editions.in_force(session, station)
    rows = plate_list.living(session, station, None if edition is None else edition.id)
    made = (now or datetime.now(UTC)).replace(microsecond=0)
    header = {
        "station": station,
        "name_zh": place.name_zh,
        "name_en": place.name_en,
        "synthetic": place.synthetic,
        "edition": None if edition is None else edition.number,
        "made_at": made.isoformat(),
        "valid_until": (made + lasts).isoformat(),
    }
    audit.write(session, [station], by=by, action="sign list of plates", thing=station, after={"plates": len(rows)})
    return sign(header, rows, key)


def sign(header: Mapping[str, Any], rows: Sequence[Sequence[str]], key: SigningKey) -> bytes:
    """Return the file: the header, one row a plate as in `COLUMNS`, and the signature over the exact bytes."""
    facts = {"format": FORMAT, **header, "key": key.known.id, "columns": COLUMNS, "rows": [list(row) for row in rows]}
    body = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()[:-1]
    return body + b',"signature":"' + key.private.sign(body).hex().encode() + b'"}\n'


def verify(file: bytes, keys: Mapping[str, PublicKey]) -> SignedList:
    """Return the list if one of `keys` (by id) signed exactly these bytes; no database is asked.

    Raises
    ------
    ListKeyUnknown
        If it names a key that is not in `keys`.
    ListNotGenuine
        If it is no such list, or was changed by as little as one byte.
    """
    tail = _TAIL.match(file[-_TAIL_BYTES:])
    body = file[:-_TAIL_BYTES]
    facts = _facts(body) if tail else None
    if tail is None or facts is None:
        raise ListNotGenuine("this is not a list of plates signed by gridmap, or it was cut short or changed")
    key = keys.get(str(facts.get("key")))
    if key is None:
        raise ListKeyUnknown(
            f"the list names the key {str(facts.get('key'))[:32]!r}, known are {', '.join(keys) or 'none'}; "
            "ask the station for its public key (gridmap plates key) and give it with --key"
        )
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(bytes.fromhex(tail[1].decode()), body)
    except InvalidSignature:
        raise ListNotGenuine(
            "the signature does not fit: the list was changed, or somebody else signed it; do not rely on it"
        ) from None
    return _read(facts, key.id)


def _facts(body: bytes) -> dict[str, Any] | None:
    """Return what the signed bytes say, before it is known whether to believe it."""
    try:
        facts = json.loads(body + b"}")
    except ValueError:
        return None
    return facts if isinstance(facts, dict) and facts.get("format") == FORMAT else None


def _read(facts: dict[str, Any], key: str) -> SignedList:
    try:
        rows = [PlateOfList(*(str(value) for value in row)) for row in facts["rows"]]
        return SignedList(
            station=str(facts["station"]),
            name_zh=str(facts["name_zh"]),
            name_en=str(facts["name_en"]),
            synthetic=bool(facts["synthetic"]),
            edition=facts["edition"],
            made_at=datetime.fromisoformat(facts["made_at"]),
            valid_until=datetime.fromisoformat(facts["valid_until"]),
            key=key,
            plates={row.code: row for row in rows},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ListNotGenuine(
            "the list is signed, but not as gridmap writes lists; a newer gridmap may read it"
        ) from error
