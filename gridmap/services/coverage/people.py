"""Gaps of people: zones of nobody, each under the reason why, and people with too many doors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from gridmap.services.coverage.rows import SinceIs, gap
from gridmap.services.coverage.scene import Rows, Scene, Size
from gridmap.store import coverage
from gridmap.store.frames import ZoneKind

KINDS: Final[tuple[ZoneKind, ...]] = ("beat", "grid_cell")


def find(scene: Scene) -> Iterator[dict[str, Any]]:
    """Give every gap of people."""
    if scene.edition is None:
        return
    for kind in KINDS:
        yield from _of_nobody(scene, kind)
        yield from _of_too_many(scene, kind)


def _of_nobody(scene: Scene, kind: ZoneKind) -> Iterator[dict[str, Any]]:
    """Give zones without an officer or grid member: never posted, posting ended, or on leave without a substitute."""
    empty = coverage.zones_of_nobody(scene.session, scene.place.code, scene.edition_id, kind, scene.now)
    doors = scene.by_zone(kind) if len(empty) else {}
    for row in _rows(empty):
        since, since_is = row.since, "exact"
        if row.away:
            found, who, until = "leave_no_substitute", row.away, row.until
        elif row.was:
            found, who, until = "posting_ended", row.was, row.ended
        else:
            found, who, until = ("beat_no_officer" if kind == "beat" else "cell_no_member"), "", None
            since, since_is = scene.edition_since, "at_latest"
        rows = doors.get(row.code, np.empty(0, np.int64))
        yield gap(
            found,
            row.geometry,
            scene.size(rows),
            since=since,
            since_is=_certain(since_is),
            code=row.code,
            name_zh=row.name_zh,
            name_en=row.name_en,
            who=who,
            until=until,
            detail={"layer": kind, "beats": _beats(scene, kind, [row.code])},
        )


def _of_too_many(scene: Scene, kind: ZoneKind) -> Iterator[dict[str, Any]]:
    """Give the people who have more doors than the limit; a zone of two counts half for each."""
    limit = scene.limits.doors_per_officer if kind == "beat" else scene.limits.doors_per_member
    doors = scene.by_zone(kind)
    if sum(len(rows) for rows in doors.values()) <= limit:
        return
    people = coverage.people_of_zones(scene.session, scene.place.code, scene.edition_id, kind, scene.now)
    if people.empty:
        return
    nothing = np.empty(0, np.int64)
    people["doors"] = people["zone"].map(lambda zone: len(doors.get(zone, nothing))) / people.groupby("zone")[
        "zone"
    ].transform("size")
    zones = scene.zones(kind)[0].set_index("code")
    for person, mine in people.groupby("person"):
        load = float(mine["doors"].sum())
        if load <= limit:
            continue
        codes = mine["zone"].tolist()
        parts = _shared(scene, doors, mine, people)
        names = zones.loc[codes]
        since = max(mine["since"])
        yield gap(
            "officer_overloaded" if kind == "beat" else "member_overloaded",
            shapely.MultiPolygon([part for shape in names.geometry for part in shapely.get_parts(shape)]),
            Size(round(load), parts.households, parts.residents),
            since=since if scene.edition_since is None else max(since, scene.edition_since),
            code="、".join(codes),
            name_zh="、".join(names["name_zh"]),
            name_en=", ".join(names["name_en"]),
            who=mine["name"].iloc[0],
            detail={
                "person": person, "name_en": mine["name_en"].iloc[0], "limit": limit, "zones": codes, "layer": kind,
                "beats": _beats(scene, kind, codes),
            },
        )  # fmt: skip


def _shared(scene: Scene, doors: dict[str, Rows], mine: pd.DataFrame, people: pd.DataFrame) -> Size:
    """Return households and residents of a person's zones, each divided by how many are there."""
    many = people["zone"].value_counts()
    parts = [(scene.size(doors[zone]), many[zone]) for zone in mine["zone"] if zone in doors]
    known = [part.residents / n for part, n in parts if part.residents is not None]
    residents = round(sum(known)) if len(known) == len(parts) else None
    return Size(0, round(sum(part.households / n for part, n in parts)), residents)


def _beats(scene: Scene, kind: ZoneKind, codes: list[str]) -> list[str]:
    """Return the beats that some zones are or belong to."""
    if kind == "beat":
        return codes
    of = scene.cells.set_index("code")["beat"].reindex(codes)
    return sorted(of.dropna().unique())


def _certain(word: str) -> SinceIs:
    return "at_latest" if word == "at_latest" else "exact"


def _rows(frame: Any) -> Iterator[Any]:
    """Give the rows of a frame by the names of its columns."""
    return iter(frame.itertuples())
