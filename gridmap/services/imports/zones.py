"""Boundaries: a file of beats, of grid cells, or of both, put into a draft edition of a station."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gridmap.domain.addresses import code_for
from gridmap.domain.codes import ZONE_CODE, ZONE_CODE_RULE
from gridmap.geo.crs import metric_epsg_for
from gridmap.geo.datum import suspect_by_outline
from gridmap.services.imports.belonging import beats_of_cells
from gridmap.services.imports.columns import Field, match_columns
from gridmap.services.imports.datums import refuse_suspect
from gridmap.services.imports.grounds import STATION_CODE, two_names
from gridmap.services.imports.kinds import NAME_EN, NAME_ZH
from gridmap.services.imports.loop import ImportUnclear, Progress, silent
from gridmap.services.imports.report import Rejection, Report
from gridmap.services.imports.rows import Rows
from gridmap.services.imports.shapes import areas
from gridmap.store import editions as store
from gridmap.store import frames, grounds
from gridmap.store.reading import layers_in, open_source, placing_for

ZoneKind = Literal["beat", "grid_cell"]
ZONE_PATTERN: Final = re.compile(rf"^{ZONE_CODE}$")
KIND_WORDS: Final = {
    "beat": "beat", "beats": "beat", "警格": "beat", "警务责任区": "beat", "责任区": "beat", "grid_cell": "grid_cell",
    "grid_cells": "grid_cell", "cell": "grid_cell", "cells": "grid_cell", "grid": "grid_cell", "grids": "grid_cell",
    "网格": "grid_cell",
}  # fmt: skip
FIELDS: Final = (
    Field("kind", ("zone_kind", "zone_type", "层级", "分区类型")),
    Field("code", ("zone_code", "beat_code", "cell_code", "grid_code", "编码", "警格编码", "网格编码", "警格编号", "网格编号", "代码",
                   "编号", "zone", "id", "beat", "name"), required=True),
    Field("beat", ("beat_code", "parent", "所属警格", "警格", "警格编码")), NAME_ZH, NAME_EN,
)  # fmt: skip
COLUMNS: Final = ["code", "name_zh", "name_en", "beat", "kind", "line", "geometry"]


@dataclass(frozen=True, slots=True)
class NewStation:
    """What a station needs that is not there yet; its jurisdiction is the union of its zones."""

    name: str
    desk_phone: str
    name_en: str = ""
    timezone: str = "Asia/Shanghai"
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class ZoneOptions:
    """What is asked for more rarely.

    `kind`: what all zones of the file are; `beat_layer`, `cell_layer`: where a file keeps both; `layer`: the one layer
    to read. `draft`: the draft to put them in, a new one when None. `make_codes`: what the file has for codes are names
    (in Chinese, say); make a code of each, the same every time. `new_station`: make the station too.
    """

    kind: ZoneKind | None = None
    beat_layer: str | None = None
    cell_layer: str | None = None
    layer: str | None = None
    encoding: str | None = None
    draft: int | None = None
    make_codes: bool = False
    new_station: NewStation | None = None


PLAIN: Final = ZoneOptions()


@dataclass
class _Reading:
    """What the parts of a file gave so far."""

    report: Report
    mapping: Mapping[str, str]
    crs: str | None
    options: ZoneOptions
    progress: Progress
    explicit: bool = False
    kinds_said: bool = False
    found: list[gpd.GeoDataFrame] = field(default_factory=list)


def load_zones(
    session: Session,
    path: Path,
    *,
    station: str,
    by: str,
    mapping: Mapping[str, str] | None = None,
    crs: str | None = None,
    options: ZoneOptions = PLAIN,
    progress: Progress = silent,
    on_reject: Callable[[Rejection], None] | None = None,
) -> Report:
    """Put the beats and grid cells of a file into a draft edition of `station`, in the caller's transaction.

    Only the kinds of zone that the file has are replaced; the others stay as the draft had them. A grid cell belongs to
    the beat its row names, else to the one it overlaps most, which the report tells.

    Returns
    -------
    report
        `facts` has `edition`, `beats`, `cells`.

    Raises
    ------
    StationNotFound, EditionNotFound, EditionStepNotAllowed, ImportUnclear, ColumnUnclear, LayerUnclear, NoSystem
    LiesLikeAnotherDatum
        If the zones would fill the known jurisdiction were they GCJ-02 or BD-09, and no system was named.
    FileGone, NotWhatItClaims, Truncated, Encrypted, Bomb
    """
    if options.new_station is None:
        store.find_station(session, station)
    elif not STATION_CODE.match(station):
        raise ImportUnclear(f"--station {station}: a station's code is 4 to 16 of 0-9 and A-Z.")
    reading = _Reading(
        Report("zones", station, unit="feature", on_reject=on_reject), mapping or {}, crs, options, progress
    )
    for kind, layer in _parts(path, options):
        _read(path, kind, layer, reading)
    zones = _unique(reading)
    report = reading.report
    if zones.empty:
        first = f": {report.rejected[0].reason}" if report.rejected else ""
        raise ImportUnclear(f"{path.name} has no zone that can be used{first}; {report.refused} rows were rejected.")
    if options.new_station is not None:
        _make_station(session, station, options.new_station, zones, report)
    else:
        ground = frames.jurisdiction(session, station)
        outline = shapely.union_all(zones.geometry.to_numpy())
        refuse_suspect(suspect_by_outline(outline, ground), report, explicit=reading.explicit)
        if not shapely.intersects(outline, ground):
            raise ImportUnclear(
                f"no zone of {path.name} lies in the jurisdiction of station {station}; are its coordinates in the "
                "system that was said, and is it this station's file?"
            )
    _put(session, station, zones, reading, by=by)
    report.rejected.sort(key=lambda rejection: rejection.line)
    return report


def _parts(path: Path, options: ZoneOptions) -> list[tuple[ZoneKind | None, str | None]]:
    """Return the (kind, layer) to read: as said, else by the names of the layers, else all of the one layer."""
    said = [("beat", options.beat_layer), ("grid_cell", options.cell_layer)]
    if any(layer for _, layer in said):
        return [(cast("ZoneKind", kind), layer) for kind, layer in said if layer]
    if options.layer is None and options.kind is None:
        named = {layer: KIND_WORDS.get(layer.casefold()) for layer in layers_in(path)}
        if len(named) > 1 and len({kind for kind in named.values() if kind}) > 1:
            return [(cast("ZoneKind", kind), layer) for layer, kind in named.items() if kind]
    return [(options.kind, options.layer)]


def _read(path: Path, kind: ZoneKind | None, layer: str | None, reading: _Reading) -> None:
    """Read one layer into `reading.found`."""
    with open_source(path, layer=layer, encoding=reading.options.encoding) as source:
        reading.report.warnings += source.notes
        reading.report.unit = source.unit
        names = match_columns(FIELDS, source.columns, reading.mapping)
        placing = placing_for(source, reading.crs)
        reading.explicit = placing.explicit
        reading.kinds_said = reading.kinds_said or kind is not None or "kind" in names
        for block in source.blocks():
            rows = Rows(block, names, placing)
            reading.found.append(_frame(rows, kind, make_codes=reading.options.make_codes))
            reading.report.reject(rows.rejections)
            reading.progress(block.done, source.total)


def _frame(rows: Rows, kind: ZoneKind | None, *, make_codes: bool) -> gpd.GeoDataFrame:
    said = rows.text("code", required=True, longest=100)
    codes = pd.Series([code_for(text)[:9] if text else "" for text in said], dtype="str") if make_codes else said
    wrong = ~codes.str.match(ZONE_PATTERN.pattern).to_numpy(dtype=bool)
    rows.reject(
        wrong,
        f"{ZONE_CODE_RULE} (--map code=… names another column, --make-codes makes codes)",
        codes,
    )
    kinds = rows.one_of("kind", KIND_WORDS, "beat") if kind is None else pd.Series([kind] * rows.count, dtype="str")
    shapes = areas(rows)
    name_zh, name_en = two_names(rows, said)
    table = rows.frame(code=codes, name_zh=name_zh, name_en=name_en, beat=rows.text("beat"), kind=kinds)
    return gpd.GeoDataFrame(table, geometry=shapes[rows.alive], crs=frames.STORAGE_CRS)


def _unique(reading: _Reading) -> gpd.GeoDataFrame:
    """Return all zones found, the second and later of a code refused."""
    if not reading.found:
        return gpd.GeoDataFrame(columns=COLUMNS, geometry="geometry", crs=frames.STORAGE_CRS)
    zones = pd.concat(reading.found, ignore_index=True)
    first = zones.groupby(["kind", "code"])["line"].transform("min")
    again = zones.duplicated(["kind", "code"]).to_numpy()
    unit = reading.report.unit
    reading.report.reject(
        Rejection(int(line), f"the code stands already on {unit} {before}", str(code))
        for line, before, code in zip(zones["line"][again], first[again], zones["code"][again], strict=True)
    )
    return gpd.GeoDataFrame(zones[~again].reset_index(drop=True), geometry="geometry", crs=frames.STORAGE_CRS)


def _make_station(session: Session, code: str, new: NewStation, zones: gpd.GeoDataFrame, report: Report) -> None:
    """Add the station whose jurisdiction is the union of `zones`.

    Raises
    ------
    StationExists
        If it is there already.
    """
    ground = shapely.union_all(zones.geometry.to_numpy())
    parts = [part for part in shapely.get_parts(ground) if part.geom_type == "Polygon"]
    centre = shapely.centroid(ground)
    metric = metric_epsg_for(centre.x, centre.y)
    grounds.add_station(
        session, code=code, name_zh=new.name, name_en=new.name_en or new.name, metric_epsg=metric,
        timezone=new.timezone, desk_phone=new.desk_phone, synthetic=new.synthetic,
        jurisdiction=shapely.MultiPolygon(parts),
    )  # fmt: skip
    holes = sum(len(part.interiors) for part in parts)
    told = f"{len(parts)} parts and {holes} holes" if len(parts) > 1 or holes else "one part without holes"
    report.warn(f"station {code} is new: its jurisdiction is the union of the zones, {told}; metric CRS EPSG:{metric}")


def _are_cells(zones: gpd.GeoDataFrame, beats: gpd.GeoDataFrame) -> bool:
    """Return whether zones whose kind nobody said must be cells: each names a beat there is, and it is not itself."""
    named = zones["beat"].fillna("")
    return bool((named.isin(beats["code"]) & (named != zones["code"])).all())


def _put(session: Session, station: str, zones: gpd.GeoDataFrame, reading: _Reading, *, by: str) -> None:
    """Put the zones into the draft, beside what it has of the kind that the file has not."""
    from gridmap.services import drafts, editions  # noqa: PLC0415 -- topology is compiled code; no other import needs it

    report, number = reading.report, reading.options.draft
    edition = editions.open_draft(session, station, by=by) if number is None else store.find(session, station, number)
    there = {kind: frames.zones(session, edition.id, kind) for kind in ("beat", "grid_cell")}
    if not reading.kinds_said and _are_cells(zones, there["beat"]):
        zones = zones.assign(kind="grid_cell")
        report.warn("the zones were taken for grid cells, because each names a beat of the draft")
    is_beat = (zones["kind"] == "beat").to_numpy()
    beats = zones[is_beat] if is_beat.any() else there["beat"]
    cells = zones[~is_beat] if not is_beat.all() else there["grid_cell"]
    metric = store.find_station(session, station).metric_epsg
    cells, told = beats_of_cells(cells.reset_index(drop=True), beats.reset_index(drop=True), metric_epsg=metric)
    report.warnings += told
    kept = {kind: set(there[kind]["code"]) for kind in there}
    old = np.array([code in kept[kind] for code, kind in zip(zones["code"], zones["kind"], strict=True)], dtype=bool)
    report.added, report.updated = int((~old).sum()), int(old.sum())
    report.facts |= {"edition": edition.number, "beats": len(beats), "cells": len(cells)}
    if number is None:
        editions.put_zones(session, edition, beats, cells)  # how the new draft begins
    else:
        drafts.replace(session, edition, beats, cells, by=by, action="import")
