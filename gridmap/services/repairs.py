"""Repairs of a draft: shown first, each with its ground and its doors, then accepted one by one or all at once.

Where a draft has grid cells, they are repaired and the beats follow: a beat is exactly the union of its cells. What is
accepted is one event of the draft, to be undone like any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmap.errors import Stale
from gridmap.geo import repair
from gridmap.geo.crs import straight_plane
from gridmap.geo.repair import Repaired, RepairNotKnown, Repairs
from gridmap.geo.repair_beats import find_beat_repairs
from gridmap.geo.repair_stored import as_stored
from gridmap.services import drafts
from gridmap.services.drafts import Done, record
from gridmap.store import draft_people, editions, frames, points
from gridmap.store.tables import Edition

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RepairsMoved(Stale):
    """The repairs are others than those that were shown: zones, doors' ground or the edition in force have changed."""

    slug, title = "repairs-moved", "The repairs have changed since you saw them"


@dataclass(frozen=True, slots=True)
class Preview:
    """What is proposed for an edition.

    `rows`: frame in EPSG:4326 of `n`, `layer` ("beat" or "grid_cell"), `kind`, `zones`, `from`, `to`, `rule`, `why`,
    `area_m2`, `doors`, `households` (on the ground that changes hands), geometry. `token` stands for exactly these rows.
    """

    version: int
    token: str
    rows: gpd.GeoDataFrame

    @property
    def sure(self) -> list[int]:
        """Return the numbers of the rows that ask nothing."""
        found: list[int] = self.rows.loc[self.rows["rule"] != "ask", "n"].tolist()
        return found


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was accepted, by number, and what it did to the draft."""

    numbers: tuple[int, ...]
    done: Done


@dataclass(frozen=True, slots=True)
class _Plan:
    """A draft in the plane in which it is repaired; `ground` is all that vertices can come from, stored and there."""

    beats: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    stored: Mapping[str, gpd.GeoDataFrame]
    ground: tuple[list[gpd.GeoSeries], list[gpd.GeoSeries]]
    first: Repairs
    second: Repairs | None
    rows: gpd.GeoDataFrame


def preview(
    session: Session, edition: Edition, *, sliver_m: float = 1.0, small_gap_m2: float = repair.SMALL_GAP_M2
) -> Preview:
    """Return what is proposed for the faults of an edition; nothing is changed.

    Parameters
    ----------
    sliver_m
        Ground narrower than this is a sliver [m].
    small_gap_m2
        About larger gaps the planner is asked [m2].
    """
    return _preview(session, edition, _plan(session, edition, sliver_m, small_gap_m2))


def accept(
    session: Session,
    edition: Edition,
    *,
    by: str,
    token: str | None,
    version: int | None = None,
    chosen: Collection[int] | None = None,
    answers: Mapping[int, str] | None = None,
    sliver_m: float = 1.0,
    small_gap_m2: float = repair.SMALL_GAP_M2,
) -> Accepted:
    """Carry out the `chosen` repairs of a draft, all that ask nothing when None, as one event.

    Parameters
    ----------
    token
        Of the preview that was seen; None takes the repairs as they are.
    version
        Of the draft that was seen; None takes whatever it is.
    answers
        Number -> code, where the planner says whose the ground shall be.

    Raises
    ------
    EditionStepNotAllowed, DraftMoved, ZoneLocked
    RepairsMoved
        If `token` stands for other repairs than those of now.
    RepairNotKnown, RepairNotPossible
    """
    record.begin(session, edition, version)
    plan = _plan(session, edition, sliver_m, small_gap_m2)
    shown = _preview(session, edition, plan)
    if token is not None and token != shown.token:
        raise RepairsMoved(
            f"the repairs of edition {edition.number} are others than those you saw: look at them again",
            token=shown.token,
        )
    answers = answers or {}
    wanted = {*(shown.sure if chosen is None else chosen), *answers}
    strange = sorted(wanted - set(shown.rows["n"]))
    if strange:
        raise RepairNotKnown(
            f"there is no repair {', '.join(map(str, strange))}; look at the list again", repairs=strange
        )
    beats, cells = _carried_out(plan, wanted, answers)
    done = drafts.replace(
        session, edition, _put_back(plan, "beat", beats), _put_back(plan, "grid_cell", cells), by=by, action="repair",
        note=", ".join(f"{count} {kind}" for kind, count in _kinds(shown.rows, wanted).items()),
    )  # fmt: skip
    return Accepted(tuple(sorted(wanted)), done)


def _kinds(rows: gpd.GeoDataFrame, numbers: Collection[int]) -> dict[str, int]:
    kinds = rows.loc[rows["n"].isin(numbers), "kind"]
    return {str(kind): int((kinds == kind).sum()) for kind in kinds.unique()}


def _plan(session: Session, edition: Edition, sliver_m: float, small_gap_m2: float) -> _Plan:
    """Read a draft and find its repairs, in the plane in which what is straight in degrees stays straight."""
    outline = gpd.GeoSeries([frames.jurisdiction(session, edition.station)], crs=frames.STORAGE_CRS)
    middle = outline.iloc[0].centroid
    plane = straight_plane(middle.x, middle.y)
    layers = drafts.open_state(session, edition).layers
    stored = {"beat": layers.beats, "grid_cell": layers.cells}
    gaps = draft_people.allowed_gaps(session, edition.station)
    before = editions.in_force(session, edition.station)
    former = {} if before is None or before.id == edition.id else {
        kind: frames.zones(session, before.id, kind) for kind in ("beat", "grid_cell")
    }  # fmt: skip
    ground = [*(frame.geometry for frame in (*stored.values(), *former.values())), outline]
    there = [one.to_crs(plane) for one in ground]
    beats, cells = (stored[kind].set_geometry(there[i]) for i, kind in enumerate(stored))
    area: Any = there[-1].iloc[0]
    main = "beat" if cells.empty else "grid_cell"
    known = former[main].set_geometry(there[2 if main == "beat" else 3]) if main in former else None
    found = repair.find_repairs(
        beats if cells.empty else cells, area, beats=None if cells.empty else beats,
        former=None if known is None or known.empty else known, allowed_gaps=gaps.to_crs(plane),
        sliver_width_m=sliver_m, small_gap_m2=small_gap_m2,
    )  # fmt: skip
    second = None if cells.empty else find_beat_repairs(beats, _with(cells, found.all_sure))
    rows = [found.rows.assign(layer=main)]
    if second is not None:
        own = second.rows[~_lies_in(second.rows, found.rows[found.rows["rule"] != "ask"])]
        rows.append(own.assign(layer="beat", n=np.arange(len(own)) + len(found.rows) + 1))
    return _Plan(beats, cells, stored, (ground, there), found, second, _stacked(rows))


def _preview(session: Session, edition: Edition, plan: _Plan) -> Preview:
    station = editions.find_station(session, edition.station)
    rows = plan.rows.to_crs(frames.STORAGE_CRS)
    measured = plan.rows.to_crs(station.metric_epsg).area
    rows["area_m2"] = measured.where(measured > 0, 0.0)
    doors = points.doors(session, edition.station)
    tree = shapely.STRtree(np.asarray(shapely.points(doors[:, :2]), dtype=object))
    row, door = tree.query(_ground(rows), predicate="covers")
    rows["doors"] = np.bincount(row, minlength=len(rows))
    rows["households"] = np.bincount(row, weights=doors[door, 2], minlength=len(rows)).astype(np.int64)
    version = drafts.open_state(session, edition).head.version
    return Preview(version, _token(edition, plan.rows), rows)


def _token(edition: Edition, rows: gpd.GeoDataFrame) -> str:
    """Return a name for these rows and no others."""
    digest = hashlib.sha256(f"{edition.station} {edition.number}".encode())
    facts = rows[["n", "layer", "kind", "zones", "from", "to", "rule"]]
    for fact in facts.itertuples(index=False, name=None):
        digest.update(repr(fact).encode())
    for shape in shapely.to_wkb(rows.geometry.to_numpy()):
        digest.update(shape or b"-")
    return digest.hexdigest()[:32]


def _carried_out(plan: _Plan, wanted: set[int], answers: Mapping[int, str]) -> tuple[Repaired, Repaired]:
    """Return what changes in the beats and in the cells."""
    last = len(plan.first.rows)
    of_first = {n for n in wanted if n <= last}, {n: code for n, code in answers.items() if n <= last}
    if plan.second is None:
        return repair.apply_repairs(plan.beats, plan.first, *of_first), Repaired(plan.cells.iloc[:0], ())
    cells = repair.apply_repairs(plan.cells, plan.first, *of_first)
    now = _with(plan.cells, cells)
    again = find_beat_repairs(plan.beats, now)
    chosen = plan.rows[plan.rows["n"].isin(wanted)]
    follow = again.rows[(again.rows["rule"] != "ask").to_numpy() & _lies_in(again.rows, chosen)]
    said = {
        int(number): code
        for n, code in answers.items() if n > last
        for number in again.rows.loc[_lies_in(again.rows, chosen[chosen["n"] == n]), "n"]
    }  # fmt: skip
    beats = repair.apply_repairs(plan.beats, again, follow["n"].tolist(), said)
    return beats, cells


def _lies_in(rows: gpd.GeoDataFrame, ground: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which rows are ground within that of one of others."""
    spots = shapely.point_on_surface(_ground(rows))
    inside = np.zeros(len(rows), dtype=bool)
    inside[shapely.STRtree(_ground(ground)).query(spots, predicate="intersects")[0]] = True
    return inside


def _ground(rows: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the shapes of rows, None for those that have no ground."""
    shapes = np.asarray(rows.geometry.array, dtype=object).copy()
    shapes[shapely.get_dimensions(shapes) != 2] = None
    return shapes


def _with(zones: gpd.GeoDataFrame, repaired: Repaired) -> gpd.GeoDataFrame:
    """Return all zones after repairs."""
    gone = {*repaired.gone, *repaired.zones["code"]}
    return _stacked([zones[~zones["code"].isin(gone)], repaired.zones])


def _put_back(plan: _Plan, kind: str, repaired: Repaired) -> gpd.GeoDataFrame:
    """Return all zones of a kind after repairs as they are stored; what has not changed is what was stored."""
    zones = plan.stored[kind]
    changed = repaired.zones[repaired.zones["code"].isin(zones["code"])]
    shapes = np.asarray(zones.geometry.array, dtype=object).copy()
    shapes[pd.Index(zones["code"]).get_indexer(pd.Index(changed["code"]))] = as_stored(changed.geometry, *plan.ground)
    whole = zones.set_geometry(gpd.GeoSeries(shapes, index=zones.index, crs=zones.crs))
    kept: gpd.GeoDataFrame = whole[~whole["code"].isin(repaired.gone)].reset_index(drop=True)
    return kept


def _stacked(parts: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return frames of one CRS on top of each other."""
    filled = [part for part in parts if len(part)] or [parts[0]]
    return gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry", crs=parts[0].crs)
