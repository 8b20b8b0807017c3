"""Gaps on the ground: land and doors in no zone or in two, doors without a plate, plates that answer for elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from gridmap.services import editions as edition_service
from gridmap.services.coverage.rows import gap
from gridmap.services.coverage.scene import Rows, Scene

#: layer and topology fault -> kind of gap.
FAULTS: Final = {
    ("beat", "gap"): "no_beat",
    ("beat", "overlap"): "overlap",
    ("grid_cell", "gap"): "no_cell",
    ("grid_cell", "missing_cell"): "no_cell",
    ("grid_cell", "overlap"): "overlap",
}


def find(scene: Scene) -> Iterator[dict[str, Any]]:
    """Give every gap on the ground."""
    if scene.edition is not None:
        yield from _land(scene, scene.edition.number)
        yield from _nowhere(scene)
        yield from _twice(scene)
        yield from _elsewhere(scene)
    yield from _without_plate(scene)


def _land(scene: Scene, edition: int) -> Iterator[dict[str, Any]]:
    """Give ground of no zone and ground of two, with the doors on it; it has been so since the edition is in force."""
    faults = edition_service.check(scene.session, scene.place.code, edition)
    if faults.empty:
        return
    tree = shapely.STRtree(scene.points)
    for (layer, fault), kind in FAULTS.items():
        for row in _rows(faults[(faults["kind"] == fault) & (faults["layer"] == layer)]):
            on_it = tree.query(row.geometry, predicate="intersects")
            beats = list(row.zones) if layer == "beat" else scene.beats_of(on_it)
            yield gap(
                kind,
                row.geometry,
                scene.size(on_it),
                since=scene.edition_since,
                code="、".join(row.zones),
                area_m2=float(row.area_m2),
                detail={"layer": layer, "beats": beats},
            )


def _nowhere(scene: Scene) -> Iterator[dict[str, Any]]:
    """Give the doors in no cell, and those in a cell but no beat, near ones as one place.

    A plate that still answers with a zone is told as `plate_elsewhere` instead.
    """
    doors = scene.doors
    no_beat = (scene.in_beat.row < 0) & (doors["beat"] == "").to_numpy()
    no_cell = (scene.in_cell.row < 0) & (doors["grid_cell"] == "").to_numpy() & (len(scene.cells) > 0)
    for kind, lost in (("door_no_cell", no_cell), ("door_no_beat", no_beat & ~no_cell)):
        for rows, street in scene.together(np.flatnonzero(lost)):
            yield gap(
                kind,
                scene.spots(rows),
                scene.size(rows),
                since=scene.edition_since,
                name_zh=street,
                detail={"beats": scene.beats_of(rows)},
            )


def _twice(scene: Scene) -> Iterator[dict[str, Any]]:
    """Give the doors inside two beats or two cells at once, by the zones they share."""
    for kind, which in (("door_two_beats", "beat"), ("door_two_cells", "grid_cell")):
        zones, located = scene.zones(which)  # type: ignore[arg-type]  # a literal either way
        codes = zones["code"].tolist()
        shared: dict[int, list[str]] = {}
        for door, zone in located.twice:
            shared.setdefault(door, []).append(codes[zone])
        places: dict[tuple[str, ...], list[int]] = {}
        for door, of in shared.items():
            places.setdefault(tuple(sorted(of)), []).append(door)
        for pair, rows in places.items():
            beats = list(pair) if which == "beat" else scene.beats_of(rows)
            yield gap(
                kind,
                scene.spots(rows),
                scene.size(rows),
                since=scene.edition_since,
                code="、".join(pair),
                detail={"beats": beats},
            )


def _elsewhere(scene: Scene) -> Iterator[dict[str, Any]]:
    """Give the plates that answer with another zone than their door stands in, by what they say and what is so.

    The answer was right when it was stored, so the door was moved some time after the edition came into force.
    """
    doors = scene.doors
    beat, cell = (
        np.append(zones["code"].to_numpy(dtype=object), [""])[located.row]
        for zones, located in (scene.zones("beat"), scene.zones("grid_cell"))
    )
    strange = doors["answered"].to_numpy() & ((doors["beat"] != beat) | (doors["grid_cell"] != cell)).to_numpy()
    at = np.flatnonzero(strange)
    if not len(at):
        return
    told = pd.DataFrame({
        "row": at, "was_beat": doors["beat"].to_numpy()[at], "was_cell": doors["grid_cell"].to_numpy()[at],
        "beat": beat[at], "cell": cell[at],
    })  # fmt: skip
    for (was_beat, was_cell, is_beat, is_cell), group in told.groupby(["was_beat", "was_cell", "beat", "cell"]):
        rows: Rows = group["row"].to_numpy(dtype=np.int64)
        was, now = (was_cell, is_cell) if was_cell != is_cell else (was_beat, is_beat)
        yield gap(
            "plate_elsewhere",
            scene.spots(rows),
            scene.size(rows),
            since=scene.edition_since,
            since_is="at_earliest",
            code=f"{was or '–'} → {now or '–'}",
            detail={
                "says": {"beat": was_beat or None, "grid_cell": was_cell or None},
                "stands_in": {"beat": is_beat or None, "grid_cell": is_cell or None},
                "beats": sorted({code for code in (was_beat, is_beat) if code}),
            },
        )


def _without_plate(scene: Scene) -> Iterator[dict[str, Any]]:
    """Give the doors without a plate, beat by beat; since the last plate was retired, where there ever was one."""
    bare = np.flatnonzero(~scene.doors["plate"].to_numpy())
    in_beat = scene.in_beat.row[bare]
    for row in np.unique(in_beat):
        rows = bare[in_beat == row]
        retired = scene.doors["unplated_at"].iloc[rows]
        first = None if retired.isna().all() else retired.min().to_pydatetime()
        yield gap(
            "door_no_plate",
            scene.spots(rows),
            scene.size(rows),
            since=first,
            since_is="at_latest" if retired.isna().any() else "exact",
            detail={"beats": scene.beats_of(rows)},
            **scene.names("beat", int(row)),
        )


def _rows(frame: Any) -> Iterator[Any]:
    """Give the rows of a frame by the names of its columns."""
    return iter(frame.itertuples())
