"""What stands still: stations, places, roads and the categories of incidents."""

from __future__ import annotations

import re
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd
import shapely

from gridmap.geo.crs import metric_epsg_for
from gridmap.services.imports.columns import Field
from gridmap.services.imports.kinds import NAME_EN, NAME_ZH, Job, Kind
from gridmap.services.imports.rows import Rows
from gridmap.services.imports.shapes import areas, hex_wkb, lines
from gridmap.store import loading
from gridmap.store.loading import Stage

STATION_CODE: Final = re.compile(r"^[0-9A-Z]{4,16}$")
#: A jurisdiction may be finer drawn than a zone.
JURISDICTION_VERTICES: Final = 100_000
PLACE_KINDS: Final = {word: word for word in ("town", "village", "group")} | {
    "镇": "town", "乡": "town", "街道": "town", "乡镇": "town", "镇街": "town", "村": "village", "社区": "village",
    "行政村": "village", "里": "village", "community": "village", "组": "group", "村民小组": "group", "社": "group",
    "小组": "group", "自然村": "group", "邻": "group", "鄰": "group",
}  # fmt: skip

STATION_FIELDS: Final = (
    Field("code", ("station", "station_code", "编码", "代码", "机构代码", "id"), required=True), NAME_ZH, NAME_EN,
    Field("desk_phone", ("phone", "desk", "tel", "值班电话", "电话"), required=True),
    Field("published", ("shown", "公开内容")),
    Field("languages", ("语言",)),
    Field("metric_epsg", ("epsg",)), Field("timezone", ("tz", "时区")), Field("synthetic"),
)  # fmt: skip
#: What a station may show residents of the people who answer.
SHOWN: Final = frozenset({"names", "photos", "managers", "volunteers"})
LANGUAGE: Final = re.compile(r"[a-z]{2,3}\Z")
STATION_STAGE: Final = Stage(
    "stage_station",
    {"code": "text", "name_zh": "text", "name_en": "text", "desk_phone": "text", "published": "text", "languages": "text", "metric_epsg": "integer",
     "timezone": "text", "synthetic": "boolean", "jurisdiction": "geometry"},
)  # fmt: skip

PLACE_FIELDS: Final = (
    Field("code", ("place", "place_code", "编码", "代码", "id"), required=True),
    Field("kind", ("level", "type", "类别", "级别", "类型")),
    Field("parent", ("parent_code", "上级", "上级编码")), NAME_ZH, NAME_EN,
)  # fmt: skip
PLACE_STAGE: Final = Stage(
    "stage_place",
    {"code": "text", "kind": "text", "parent": "text", "name_zh": "text", "name_en": "text", "geom": "geometry"},
)

ROAD_FIELDS: Final = (
    Field("name", ("name_zh", "名称", "路名", "道路名称")),
    Field("kind", ("class", "highway", "fclass", "type", "类别", "等级")),
)
ROAD_STAGE: Final = Stage("stage_road", {"name": "text", "kind": "text", "geom": "geometry"})

CATEGORY_FIELDS: Final = (
    Field("code", ("category", "编码", "代码", "id"), required=True), NAME_ZH, NAME_EN,
    Field("is_dispute", ("dispute", "是否纠纷", "纠纷")),
)  # fmt: skip
CATEGORY_STAGE: Final = Stage(
    "stage_category", {"code": "text", "name_zh": "text", "name_en": "text", "is_dispute": "boolean"}
)


def two_names(rows: Rows, fallback: pd.Series[str]) -> tuple[pd.Series[str], pd.Series[str]]:
    """Return the Chinese and the English name of each row; the one that is missing is the other, else `fallback`."""
    zh, en = rows.text("name_zh", longest=200), rows.text("name_en", longest=200)
    zh = zh.where(zh != "", en).where((zh != "") | (en != ""), fallback)
    return zh, en.where(en != "", zh)


def zone_known(name: str) -> bool:
    """Return whether `name` is a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def read_stations(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound station; its metric CRS from where it lies, if it says none."""
    codes = rows.text("code", required=True, longest=16)
    rows.reject(
        ~codes.str.match(STATION_CODE.pattern).to_numpy(dtype=bool), "code is not 4 to 16 of 0-9 and A-Z", codes
    )
    zones = rows.text("timezone")
    zones = zones.where(zones != "", "Asia/Shanghai")
    rows.reject([not zone_known(zone) for zone in zones], "there is no such time zone", zones)
    grounds = areas(rows, longest=JURISDICTION_VERTICES)
    metric = rows.whole("metric_epsg", 0, most=100_000)
    for place in range(rows.count):
        if rows.alive[place] and metric[place] == 0:
            centre = shapely.centroid(grounds[place])
            metric[place] = metric_epsg_for(centre.x, centre.y)
    name_zh, name_en = two_names(rows, codes)
    return rows.frame(
        code=codes, name_zh=name_zh, name_en=name_en, desk_phone=rows.text("desk_phone", required=True, longest=40),
        published=_words(rows, "published", SHOWN), languages=_words(rows, "languages", None),
        metric_epsg=metric, timezone=zones, synthetic=rows.flag("synthetic"), jurisdiction=hex_wkb(grounds),
    )  # fmt: skip


def _words(rows: Rows, name: str, allowed: frozenset[str] | None) -> pd.Series[str]:
    """Return a column of comma-separated words, without spaces; rows with others than `allowed` are refused.

    Languages are two or three letters (ISO 639).
    """
    words = rows.text(name, longest=200).str.replace(r"[\s]+", "", regex=True).str.lower()
    lists = [[word for word in row.split(",") if word] for row in words]
    wrong = [
        any(word not in allowed if allowed is not None else not LANGUAGE.match(word) for word in row) for row in lists
    ]
    said = "codes of languages (ko,ru)" if allowed is None else f"words of {', '.join(sorted(allowed))}"
    rows.reject(wrong, f"{name} holds others than {said}", words)
    return pd.Series([",".join(row) for row in lists], index=words.index, dtype=object)


def keep_stations(job: Job) -> None:
    """Upsert stations by code; what the file does not tell stays."""
    stage = job.stage
    job.refuse_repeated(loading.refuse_repeated(job.session, stage, "code"), "the code")
    values = {name: f"s.{name}" for name in stage.columns}
    values |= {name: f"string_to_array(s.{name}, ',')" for name in ("published", "languages")}
    optional = ("name_en", "metric_epsg", "timezone", "synthetic", "published", "languages")
    keep = [name for name in optional if not job.has(name)]
    job.took(loading.upsert(job.session, stage, table="station", key=("code",), values=values, keep=keep))


def read_places(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound place; its boundary may be missing."""
    codes = rows.text("code", required=True, longest=64)
    parent = rows.text("parent", longest=64)
    rows.reject(((parent == codes) & (codes != "")).to_numpy(), "a place is not its own parent", codes)
    name_zh, name_en = two_names(rows, codes)
    return rows.frame(
        code=codes, kind=rows.one_of("kind", PLACE_KINDS, "village"), parent=parent.where(parent != "", None),
        name_zh=name_zh, name_en=name_en, geom=hex_wkb(areas(rows, required=False)),
    )  # fmt: skip


def keep_places(job: Job) -> None:
    """Refuse places whose parent nobody knows (and then theirs), then upsert by code."""
    session, stage = job.session, job.stage
    job.refuse_repeated(loading.refuse_repeated(session, stage, "code"), "the code")
    orphan = f"""s.parent IS NOT NULL AND NOT EXISTS (SELECT FROM {stage.name} p WHERE p.code = s.parent)
                 AND NOT EXISTS (SELECT FROM place p WHERE p.station = :station AND p.code = s.parent)"""
    while found := loading.refuse_where(session, stage, orphan, "s.parent", station=job.station):
        job.refuse(found, "there is no such parent place")
    values = {"station": ":station"} | {name: f"s.{name}" for name in stage.columns}
    job.took(loading.upsert(session, stage, table="place", key=("station", "code"), values=values, station=job.station))


def read_roads(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound line."""
    name, kind = rows.text("name", longest=200), rows.text("kind", longest=60)
    return rows.frame(name=name.where(name != "", None), kind=kind.where(kind != "", "road"), geom=hex_wkb(lines(rows)))


def keep_roads(job: Job) -> None:
    """Add the lines that are not there yet: a road has no code, so the same name, kind and line is the same road."""
    job.took(loading.add_missing(
        job.session, job.stage, table="road", station=job.station, columns=("name", "kind", "geom")
    ))  # fmt: skip


def read_categories(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound category."""
    codes = rows.text("code", required=True, longest=100)
    name_zh, name_en = two_names(rows, codes)
    return rows.frame(code=codes, name_zh=name_zh, name_en=name_en, is_dispute=rows.flag("is_dispute"))


def keep_categories(job: Job) -> None:
    """Upsert categories by code."""
    stage = job.stage
    job.refuse_repeated(loading.refuse_repeated(job.session, stage, "code"), "the code")
    values = {name: f"s.{name}" for name in stage.columns}
    job.took(loading.upsert(job.session, stage, table="incident_category", key=("code",), values=values))


STATIONS: Final = Kind("stations", STATION_FIELDS, STATION_STAGE, read_stations, keep_stations, needs_station=False)
PLACES: Final = Kind("places", PLACE_FIELDS, PLACE_STAGE, read_places, keep_places)
ROADS: Final = Kind("roads", ROAD_FIELDS, ROAD_STAGE, read_roads, keep_roads)
CATEGORIES: Final = Kind(
    "categories", CATEGORY_FIELDS, CATEGORY_STAGE, read_categories, keep_categories, needs_station=False
)
