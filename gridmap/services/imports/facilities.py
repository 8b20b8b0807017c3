"""Facilities (重点部位): schools, cameras, alarms, police posts and the like, each at one point."""

from __future__ import annotations

from typing import Final

import pandas as pd

from gridmap.services.imports.columns import Field
from gridmap.services.imports.datums import suspect_places
from gridmap.services.imports.grounds import two_names
from gridmap.services.imports.kinds import LAT, LON, NAME_EN, NAME_ZH, Job, Kind
from gridmap.services.imports.rows import Rows
from gridmap.store import loading
from gridmap.store.loading import Stage

KINDS: Final = {
    word: word
    for word in ("police_post", "school", "shop", "market", "camera", "alarm", "hotel", "hospital", "other")
} | {
    "警务室": "police_post", "警务站": "police_post", "警务点": "police_post", "派出所": "police_post", "岗亭": "police_post",
    "治安岗亭": "police_post", "police post": "police_post", "police station": "police_post",
    "学校": "school", "小学": "school", "中学": "school", "幼儿园": "school", "kindergarten": "school",
    "商店": "shop", "商铺": "shop", "门店": "shop", "超市": "shop", "便利店": "shop", "市场": "market", "农贸市场": "market",
    "集贸市场": "market", "商场": "market", "摄像头": "camera", "摄像机": "camera", "监控": "camera", "探头": "camera",
    "视频监控": "camera", "cctv": "camera", "报警点": "alarm", "报警器": "alarm", "报警装置": "alarm", "一键报警": "alarm",
    "旅馆": "hotel", "宾馆": "hotel", "酒店": "hotel", "医院": "hospital", "卫生院": "hospital", "诊所": "hospital",
    "其他": "other", "其它": "other",
}  # fmt: skip

FIELDS: Final = (
    Field("code", ("facility", "facility_code", "编码", "代码", "编号", "部位编号", "点位编号", "id"), required=True),
    Field("kind", ("type", "class", "类别", "类型", "部位类别", "点位类型"), required=True),
    NAME_ZH, NAME_EN, LON, LAT,
)  # fmt: skip
STAGE: Final = Stage(
    "stage_facility",
    {"code": "text", "kind": "text", "name_zh": "text", "name_en": "text", "lon": "double precision",
     "lat": "double precision"},
)  # fmt: skip
#: Places of the file beside the same facilities as already known.
KNOWN: Final = """
    SELECT s.lon, s.lat, ST_X(f.geom), ST_Y(f.geom) FROM stage_facility s
    JOIN facility f ON f.station = :station AND f.code = s.code ORDER BY hashint8(s.line) LIMIT 5000
"""


def read(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound facility: a code, a kind, names and a place."""
    lon, lat = rows.points(required=True)
    codes = rows.text("code", required=True, longest=64)
    name_zh, name_en = two_names(rows, codes)
    kind = rows.one_of("kind", KINDS, "other")
    return rows.frame(code=codes, kind=kind, name_zh=name_zh, name_en=name_en, lon=lon, lat=lat)


def keep(job: Job) -> None:
    """Refuse codes that stand twice, ask whether the file lies, upsert by code."""
    session, stage = job.session, job.stage
    job.refuse_repeated(loading.refuse_repeated(session, stage, "code"), "the code")
    loading.analyse(session, stage)
    suspect_places(job, known=KNOWN)
    values = {"station": ":station"} | {name: f"s.{name}" for name in ("code", "kind", "name_zh", "name_en")}
    values["geom"] = "ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326)"
    key = ("station", "code")
    job.took(loading.upsert(session, stage, table="facility", key=key, values=values, station=job.station))


KIND: Final = Kind("facilities", FIELDS, STAGE, read, keep, on_ground=True)
