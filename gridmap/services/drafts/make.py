"""Changing a draft: one edit of its coverage, or all of its zones at once; each is an event."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmap.errors import NotFound
from gridmap.geo import edit as coverage
from gridmap.geo.edit import Edited
from gridmap.geo.edit_ops import Give, Op
from gridmap.services.drafts import record, state
from gridmap.services.drafts.state import Done
from gridmap.store import audit, draft_people, frames
from gridmap.store.drafts import Change, Head
from gridmap.store.tables import DraftEvent, Edition

FACTS = {"beat": ("name_zh", "name_en"), "grid_cell": ("name_zh", "name_en", "beat")}


class PlaceNotFound(NotFound):
    """The station has no place of that code with a boundary, or no cell lies mostly in it."""

    slug, title = "place-not-found", "No such place"


def edit(
    session: Session,
    edition: Edition,
    op: Op,
    *,
    by: str,
    version: int | None = None,
    snap_m: float = 0.0,
    note: str = "",
) -> Done:
    """Make one edit of the coverage.

    Raises
    ------
    EditionStepNotAllowed, DraftMoved, ZoneLocked
    EditNotPossible
        If the edit would break the coverage; the fact `at` is the place.
    """
    head = record.begin(session, edition, version)
    layers = state.layers_of(session, edition, head)
    targets = _targets(session, edition) if snap_m > 0 else None
    ground = _ground(session, edition)
    done = coverage.apply(layers, op, snap_m=snap_m, targets=targets, jurisdiction=ground)
    action = type(op).__name__.lower()
    return _put(session, edition, head, done, by=by, action=action, note=note)


def give_place(
    session: Session, edition: Edition, place: str, beat: str, *, by: str, version: int | None = None
) -> Done:
    """Give every cell that lies mostly in a place (a village) to a beat.

    Raises
    ------
    EditionStepNotAllowed, DraftMoved, ZoneLocked, EditNotPossible
    PlaceNotFound
        If there is no such place, or no cell in it.
    """
    head = record.begin(session, edition, version)
    layers = state.layers_of(session, edition, head)
    places = frames.places(session, edition.station)
    ground = places.geometry[places["code"] == place]
    cells = layers.cells
    inside = np.zeros(len(cells), dtype=bool)
    if len(ground) and len(cells):
        shapes = np.asarray(cells.geometry.array)
        inside = shapely.area(shapely.intersection(shapes, ground.iloc[0])) > 0.5 * shapely.area(shapes)
    if not inside.any():
        raise PlaceNotFound(f"no grid cell of edition {edition.number} lies mostly in a place {place}", place=place)
    op = Give(tuple(cells["code"][inside]), beat)
    done = coverage.apply(layers, op, jurisdiction=_ground(session, edition))
    return _put(session, edition, head, done, by=by, action="give", note=place)


def replace(
    session: Session,
    edition: Edition,
    beats: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    *,
    by: str,
    version: int | None = None,
    action: str = "replace",
    note: str = "",
) -> Done:
    """Replace all zones of a draft by two frames in EPSG:4326, as one event; zones that are alike stay untouched.

    Raises
    ------
    EditionStepNotAllowed, DraftMoved, ZoneLocked
    """
    head = record.begin(session, edition, version)
    layers = state.layers_of(session, edition, head)
    done = Edited(
        _differing(layers.beats, beats, "beat"),
        _differing(layers.cells, cells, "grid_cell"),
        tuple(sorted(set(layers.beats["code"]) - set(beats["code"]))),
        tuple(sorted(set(layers.cells["code"]) - set(cells["code"]))),
    )
    made = _put(session, edition, head, done, by=by, action=action, note=note)
    audit.write(
        session, [edition.station], by=by, action=f"{action} zones", thing=f"edition {edition.number}",
        after={"beats": len(beats), "grid_cells": len(cells), "changed": len(made.changed), "gone": len(made.gone)},
    )  # fmt: skip
    return made


def _put(session: Session, edition: Edition, head: Head, done: Edited, *, by: str, action: str, note: str) -> Done:
    changes: list[Change] = [
        *_changes("beat", done.beats),
        *_changes("grid_cell", done.cells),
        *(("beat", code, None, None) for code in done.gone_beats),
        *(("grid_cell", code, None, None) for code in done.gone_cells),
    ]
    event = record.put(session, edition, head, changes, by=by, action=action, note=note)
    return _told(event, done)


def _told(event: DraftEvent | None, done: Edited) -> Done:
    changed = [("beat", code) for code in done.beats["code"]] + [("grid_cell", code) for code in done.cells["code"]]
    gone = [("beat", code) for code in done.gone_beats] + [("grid_cell", code) for code in done.gone_cells]
    return Done(event, tuple(changed), tuple(gone))


def _changes(kind: str, rows: gpd.GeoDataFrame) -> list[Change]:
    if rows.empty:
        return []
    shapes = shapely.to_wkb(multi(np.asarray(rows.geometry.array, dtype=object)))
    facts = _facts(rows, kind)
    return [
        (kind, str(code), bytes(shape), fact) for code, shape, fact in zip(rows["code"], shapes, facts, strict=True)
    ]


def _facts(rows: pd.DataFrame, kind: str) -> list[dict[str, Any]]:
    """Return the facts of each zone, names empty where a frame has none."""
    table = {
        name: [
            (None if name == "beat" else "") if pd.isna(value) else str(value)
            for value in (rows[name] if name in rows.columns else [None] * len(rows))
        ]
        for name in FACTS[kind]
    }
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]


def multi(shapes: Any) -> Any:
    """Return (n,) polygons as the multipolygons they are stored as, without a change of any coordinate."""
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    made = shapes.copy()
    made[single] = shapely.multipolygons(shapes[single][:, None]) if single.any() else shapes[single]
    return made


def _differing(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    """Return the rows of `after` that are new or differ from `before` in ground or facts."""
    if after.empty:
        return after
    row = pd.Index(before["code"]).get_indexer(pd.Index(after["code"]))
    known = row >= 0
    old, new = np.asarray(before.geometry.array, dtype=object), multi(np.asarray(after.geometry.array, dtype=object))
    alike = known.copy()
    alike[known] = shapely.to_wkb(multi(old[row[known]])) == shapely.to_wkb(new[known])
    facts_before, facts_after = _facts(before, kind), _facts(after, kind)
    alike &= np.array([known[i] and facts_before[row[i]] == facts_after[i] for i in range(len(after))], dtype=bool)
    differing: gpd.GeoDataFrame = after.loc[~alike]
    return differing


def _ground(session: Session, edition: Edition) -> shapely.MultiPolygon:
    """Return the ground that zones should cover: the jurisdiction without what is allowed to have none."""
    whole = frames.jurisdiction(session, edition.station)
    gaps = draft_people.allowed_gaps(session, edition.station)
    if gaps.empty:
        return whole
    rest = shapely.get_parts(shapely.difference(whole, shapely.union_all(gaps.geometry.to_numpy())))
    return shapely.MultiPolygon([part for part in rest if isinstance(part, shapely.Polygon)])


def _targets(session: Session, edition: Edition) -> shapely.Geometry:
    """Return what a vertex may snap to besides the coverage: roads, the outlines of places and of the jurisdiction."""
    lines = [
        *frames.roads(session, edition.station).geometry,
        *frames.places(session, edition.station).geometry.boundary,
        frames.jurisdiction(session, edition.station).boundary,
    ]
    return shapely.GeometryCollection(lines)
