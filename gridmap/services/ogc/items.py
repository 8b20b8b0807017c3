"""Features of a collection, page by page or one, of everything in a person's scope; looks at people's affairs are on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import shapely
from sqlalchemy.orm import Session

from gridmap.domain.access import Actor
from gridmap.services.drafts.kept import kept
from gridmap.services.ogc import computed
from gridmap.services.ogc.asked import Asked
from gridmap.services.ogc.collections import Collection, FeatureNotFound
from gridmap.services.ogc.systems import System
from gridmap.store import audit, ogc

#: Counts kept at once; each is a number under the question it answers.
COUNTS: Final = 1_000
Feature = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of features, how many match on all pages, and the id to go on behind (None at the end)."""

    features: list[Feature]
    matched: int
    following: str | None


def version(session: Session, actor: Actor, collection: Collection) -> str:
    """Return a text that changes with whatever the collection shows this person; one query."""
    told = f"{','.join(actor.stations)} {ogc.version(session, actor.stations, collection.data)}"
    return f"{told} {datetime.now(UTC):%Y%m%d%H%M}" if collection.computed else told


def look(session: Session, actor: Actor, collection: Collection, station: str | None = None) -> None:
    """Put on record that somebody looked at a collection of people's affairs: one row a request and station."""
    if collection.look:
        stations = actor.stations if station is None else tuple({station} & set(actor.stations))
        audit.write(session, stations, by=actor.login, action="look", thing=collection.look, after={"via": "ogc"})


def page(session: Session, actor: Actor, collection: Collection, asked: Asked, data: str) -> Found:
    """Return a page of features; one query, and another for the number of matches where it is not known yet.

    `data` is the `version` of what the collection shows, read before: numbers of matches are kept under it.
    """
    if collection.computed:
        rows = computed.rows(session, actor, collection, since=asked.since, until=asked.until)
        features, matched = computed.page(rows, asked)
    else:
        features, matched = _stored(session, actor, collection, asked, data)
    more = len(features) > asked.limit
    shown = features[: asked.limit]
    return Found(shown, matched, str(shown[-1]["id"]) if more else None)


def can_follow(collection: Collection, after: str) -> bool:
    """Return whether a page can begin behind the id `after`."""
    return collection.computed or ogc.key_of(ogc.LAYERS[collection.name], after) is not None


def one(session: Session, actor: Actor, collection: Collection, told: str, system: System) -> Feature:
    """Return one feature by its id.

    Raises
    ------
    FeatureNotFound
        If the collection has none of that id in the person's scope.
    """
    if collection.computed:
        found = computed.one(computed.rows(session, actor, collection), told, system)
    else:
        layer = ogc.LAYERS[collection.name]
        key = ogc.key_of(layer, told)
        row = None if key is None else ogc.one(session, layer, key, system.picture, actor.stations)
        found = None if row is None else _feature(collection.names, row)
    if found is None:
        raise FeatureNotFound(f"the collection {collection.name} has no feature of this id in your scope")
    return found


def _stored(
    session: Session, actor: Actor, collection: Collection, asked: Asked, data: str
) -> tuple[list[Feature], int]:
    layer = ogc.LAYERS[collection.name]
    sieve = ogc.Sieve(actor.stations, asked.region, asked.since, asked.until, asked.equal)
    after = None if asked.after is None else ogc.key_of(layer, asked.after)
    rows = ogc.page(session, layer, sieve, asked.system.picture, after=after, limit=asked.limit + 1)
    features = [_feature(collection.names, row) for row in rows]
    if after is None and len(rows) <= asked.limit:
        return features, len(rows)
    return features, _count(session, (collection.name, data), layer, sieve)


def _count(session: Session, of: tuple[str, str], layer: ogc.Layer, sieve: ogc.Sieve) -> int:
    """Return how many rows match; counted once for a question and a version of the data (`of`: collection, version)."""
    counts: dict[Any, int] = kept(session, "ogc counts", dict)
    region = tuple(shapely.to_wkb(shape) for shape in sieve.region)
    question = (*of, region, sieve.since, sieve.until, tuple(sorted(sieve.equal.items())))
    if question not in counts:
        if len(counts) >= COUNTS:
            counts.clear()
        counts[question] = ogc.count(session, layer, sieve)
    return counts[question]


def _feature(names: tuple[str, ...], row: Any) -> Feature:
    told, *values, geometry = row
    return {
        "type": "Feature",
        "id": told,
        "geometry": None if geometry is None else orjson.Fragment(geometry),
        "properties": dict(zip(names, values, strict=True)),
    }
