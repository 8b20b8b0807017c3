"""What a station shows residents, and in which languages; portraits of its people."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy.orm import Session

from gridmap.errors import Invalid, NotFound
from gridmap.services.reports.photo import redraw
from gridmap.store import audit, editions, portraits
from gridmap.store.tables import Station

#: What of the people who answer a station may publish.
SHOWN = ("names", "photos", "managers", "volunteers")
#: Longest side of a portrait [px].
PORTRAIT_PX = 320
#: Most bytes of one, as the database holds them.
PORTRAIT_BYTES = 200_000


class ShownNotKnown(Invalid):
    """A station can publish names, photos, managers and volunteers."""

    slug, title = "shown-not-known", "This cannot be published"


class PersonNotFound(NotFound):
    """The station has no such person."""

    slug, title = "person-not-found", "There is no such person"


def publish(
    session: Session, station: str, *, shown: Sequence[str] | None, languages: Sequence[str] | None, by: str
) -> Station:
    """Say what residents are shown of a station's people, and in which languages beside Chinese and English.

    None leaves what is set. Every worker shows it within two seconds.

    Raises
    ------
    StationNotFound
    ShownNotKnown
        If `shown` names something else than `SHOWN`.
    """
    unknown = sorted(set(shown or ()) - set(SHOWN))
    if unknown:
        raise ShownNotKnown(f"{', '.join(unknown)} cannot be published, only {', '.join(SHOWN)}")
    place = editions.find_station(session, station)
    before = {"published": list(place.published), "languages": list(place.languages)}
    if shown is not None:
        place.published = [name for name in SHOWN if name in shown]
    if languages is not None:
        place.languages = list(dict.fromkeys(languages))
    session.flush()
    after = {"published": list(place.published), "languages": list(place.languages)}
    audit.write(session, [station], by=by, action="publish to residents", thing=station, before=before, after=after)
    return place


def put_portrait(session: Session, station: str, person: str, picture: bytes, *, by: str) -> str:
    """Keep the portrait of a person, drawn anew without metadata; return its SHA-256. It is shown if photos are published.

    Raises
    ------
    StationNotFound, PersonNotFound, PhotoNotReadable, PhotoTooLarge
    """
    editions.find_station(session, station)
    number = portraits.person_id(session, station, person)
    if number is None:
        raise PersonNotFound(f"station {station} has no person {person}")
    jpeg = redraw(picture, side=PORTRAIT_PX, most=PORTRAIT_BYTES)
    digest = hashlib.sha256(jpeg).hexdigest()
    portraits.put(session, station, number, jpeg, digest)
    audit.write(session, [station], by=by, action="put a portrait", thing=person, after={"sha256": digest})
    return digest
