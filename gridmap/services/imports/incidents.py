"""Incidents: when, what, and where, by coordinates or by the address they name."""

from __future__ import annotations

from typing import Final

import pandas as pd

from gridmap.services.imports.columns import Field
from gridmap.services.imports.happenings import (
    PLACE,
    PLACE_COLUMNS,
    judge_look_alikes,
    locate,
    match_kinds,
    optional,
    place_of,
)
from gridmap.services.imports.kinds import Job, Kind
from gridmap.services.imports.rows import Rows
from gridmap.services.imports.times import moments
from gridmap.store import loading, placing
from gridmap.store.loading import Stage

SOURCES: Final = {word: word for word in ("call", "visit", "patrol", "resident", "import")} | {
    "110": "call", "电话": "call", "报警": "call", "电话报警": "call", "110报警": "call", "接警": "call", "12110": "call",
    "短信报警": "call", "走访": "visit", "入户走访": "visit", "走访发现": "visit", "巡逻": "patrol", "巡逻发现": "patrol",
    "巡查": "patrol", "群众": "resident", "居民": "resident", "居民上报": "resident", "来访": "resident", "窗口": "resident",
    "上门报警": "resident", "网上报警": "resident", "扫码": "resident", "导入": "import", "其他": "import", "其它": "import",
}  # fmt: skip

FIELDS: Final = (
    Field("number", (
        "incident_number", "incident_id", "case_number", "caseno", "case_id", "call_number", "cad_number", "event_number",
        "event_id", "report_number", "id", "警情编号", "接警编号", "接警单编号", "接警单号", "接处警编号", "处警编号", "报警编号",
        "警单编号", "警情号", "案件编号", "事件编号", "受理编号", "登记编号", "工单编号", "工单号", "编号", "序号",
    ), required=True),
    Field("at", (
        "time", "datetime", "occurred_at", "occurred", "occurred_from", "call_time", "received_at", "received",
        "reported_at", "date_reported", "incident_date", "incident_datetime", "create_time", "start_time", "date", "报警时间",
        "接警时间", "接报时间", "报案时间", "发生时间", "案发时间", "发案时间", "事发时间", "受理时间", "登记时间", "警情时间",
        "发生时间起", "开始时间", "日期", "时间",
    ), required=True),
    Field("at_until", (
        "until", "end", "end_time", "occurred_until", "occurred_to", "结束时间", "发生时间止", "截止时间",
    )),
    Field("category", (
        "type", "kind", "call_type", "incident_type", "event_type", "offense_type", "offense", "crime_type", "nature", "problem",
        "类别", "警情类别", "警情类型", "警情性质", "报警类别", "报警类型", "案件类别", "案件类型", "案件性质", "事件类型", "案由",
        "类型", "性质",
    ), required=True),
    Field("source", ("channel", "来源", "报警方式", "来源方式", "报警来源", "警情来源", "接警方式")),
    Field("recorded_zone", (
        "recorded_beat", "recorded", "beat", "district", "sector", "警格", "网格", "所属警格", "所属网格", "责任区", "警务区",
        "社区警务区", "辖区",
    )),
    *PLACE,
)  # fmt: skip
STAGE: Final = Stage(
    "stage_incident",
    {"number": "text", "category": "text", "at": "timestamptz", "at_until": "timestamptz", "source": "text",
     "recorded_zone": "text", **PLACE_COLUMNS},
)  # fmt: skip


def read(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound incident."""
    at = moments(rows, "at", rows.zone, required=True)
    until = moments(rows, "at_until", rows.zone)
    rows.reject((until < at).to_numpy(), "at_until lies before at", until)
    return rows.frame(
        number=rows.text("number", required=True, longest=64),
        category=rows.text("category", required=True, longest=100),
        at=at, at_until=until, source=rows.one_of("source", SOURCES, "call"),
        recorded_zone=optional(rows.text("recorded_zone", longest=64)), **place_of(rows),
    )  # fmt: skip


def keep(job: Job) -> None:
    """Refuse repeats and unknown categories and addresses, judge look-alikes, then upsert."""
    session, stage = job.session, job.stage
    job.refuse_repeated(loading.refuse_repeated(session, stage, "number"), "the number")
    loading.analyse(session, stage)
    match_kinds(job, "category", dispute=False)
    locate(job)
    judge_look_alikes(job, table="incident", kind="category", at="at")
    values = {"station": ":station", "number": "s.number", "category": "s.category", "at": "s.at"}
    values |= {name: f"s.{name}" for name in ("at_until", "source", "recorded_zone") if job.has(name)}
    values |= {"address_id": "s.address_id", "geom": placing.POINT}
    job.took(
        loading.upsert(session, stage, table="incident", key=("station", "number"), values=values, station=job.station)
    )


INCIDENTS: Final = Kind("incidents", FIELDS, STAGE, read, keep, on_ground=True)
