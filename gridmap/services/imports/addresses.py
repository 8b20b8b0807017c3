"""Standard addresses: a million doors at a time."""

from __future__ import annotations

from typing import Final

import pandas as pd

from gridmap.domain.addresses import UNTIDY, code_for, tidy
from gridmap.services.imports.columns import Field
from gridmap.services.imports.datums import suspect_places
from gridmap.services.imports.kinds import LAT, LON, Job, Kind
from gridmap.services.imports.rows import Rows, matches
from gridmap.store import loading
from gridmap.store.loading import Stage

#: Field -> column of the table.
LEVELS: Final = {
    "province": "province", "city": "city", "county": "county", "town": "town", "village": "village",
    "group": "group_name", "street": "street", "number": "house_number", "estate": "estate",
    "building": "building", "unit": "unit", "room": "room",
}  # fmt: skip

FIELDS: Final = (
    Field("code", ("address_code", "plate_id", "door_id", "编码", "地址编码", "标准地址编码", "门牌编码", "代码", "编号", "id")),
    Field("full", ("full_text", "full_addr", "full_address", "address", "addr", "地址", "标准地址", "详细地址", "门牌地址", "地址全称")),
    Field("province", ("省", "省份")), Field("city", ("市", "地市")), Field("county", ("district", "区县", "县", "县区", "区")),
    Field("town", ("township", "街道", "镇", "乡镇", "街道乡镇")),
    Field("village", ("community", "社区", "村", "村社区", "社区村", "里")),
    Field("group", ("group_name", "lin", "组", "小组", "村民小组", "社", "邻", "鄰")),
    Field("street", ("road", "street_name", "路街巷", "街路巷", "路", "街", "道路")),
    Field("number", ("house_number", "housenumber", "门牌号", "门牌", "号", "門牌號")),
    Field("estate", ("小区", "小区名")), Field("building", ("楼栋", "栋", "幢", "楼", "楼栋号")),
    Field("unit", ("单元", "单元号")), Field("room", ("室", "房号", "户室", "室号")),
    Field("households", ("户数", "住户数")),
    Field("residents", ("population", "people", "人口", "人口数", "常住人口", "常住人口数", "居住人数", "人数")), LON, LAT,
)  # fmt: skip

STAGE: Final = Stage(
    "stage_address",
    {"code": "text", "full_text": "text", **dict.fromkeys(LEVELS.values(), "text"), "households": "integer",
     "residents": "integer", "lon": "double precision", "lat": "double precision"},
)  # fmt: skip


def read(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound row: with code, full text and a place."""
    lon, lat = rows.points(required=True)
    columns: dict[str, object] = {}
    for name, column in LEVELS.items():
        if rows.has(name):
            columns[column] = rows.text(name, longest=200)
    full = rows.text("full", longest=500)
    if not rows.has("full"):
        full = pd.Series([""] * rows.count, dtype="str")
        for column in LEVELS.values():
            if column in columns:
                full = full + pd.Series(columns[column], dtype="str")
    untidy = matches(full, UNTIDY)
    if untidy.any():
        full = pd.Series([tidy(text) if ask else text for text, ask in zip(full, untidy, strict=True)], dtype="str")
    rows.reject((full == "").to_numpy(), "the full text is empty")
    households = rows.whole("households", 1, most=100_000)
    codes = rows.text("code", longest=64)
    blank = (codes == "").to_numpy(dtype=bool)
    if rows.has("code"):
        rows.reject(blank, "code is empty")
    else:
        codes = pd.Series([code_for(text) if text else "" for text in full], dtype="str")
    if rows.has("households"):
        columns["households"] = households
    if rows.has("residents"):
        told = (rows.text("residents") != "").to_numpy(dtype=bool)
        counts = pd.Series(rows.whole("residents", 0, most=100_000), dtype="Int64")
        columns["residents"] = counts.where(told, None)  # nothing told is not nobody there
    return rows.frame(code=codes, full_text=full, lon=lon, lat=lat, **columns)


def keep(job: Job) -> None:
    """Refuse codes that stand twice, ask whether the file lies, upsert."""
    session, stage = job.session, job.stage
    what = "the code" if job.has("code") else "the same address"
    job.refuse_repeated(loading.refuse_repeated(session, stage, "code"), what)
    loading.analyse(session, stage)
    suspect_places(job, known=KNOWN)
    values = {"station": ":station", "code": "s.code", "full_text": "s.full_text"}
    values |= {column: f"s.{column}" for name, column in LEVELS.items() if job.has(name)}
    values |= {name: f"s.{name}" for name in ("households", "residents") if job.has(name)}
    values["geom"] = "ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326)"
    job.took(
        loading.upsert(session, stage, table="address", key=("station", "code"), values=values, station=job.station)
    )


#: Places of the file beside the same addresses as already known.
KNOWN: Final = """
    SELECT s.lon, s.lat, ST_X(a.geom), ST_Y(a.geom) FROM stage_address s
    JOIN address a ON a.station = :station AND a.code = s.code ORDER BY hashint8(s.line) LIMIT 5000
"""


KIND: Final = Kind("addresses", FIELDS, STAGE, read, keep, on_ground=True)
