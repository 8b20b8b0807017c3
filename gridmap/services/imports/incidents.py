"""Incidents and disputes: when, what, and where — by coordinates, or by the address they name."""

from __future__ import annotations

from typing import Final

import pandas as pd

from gridmap.domain.addresses import normalise
from gridmap.services.imports.columns import Field
from gridmap.services.imports.datums import suspect_places
from gridmap.services.imports.kinds import LAT, LON, Job, Kind
from gridmap.services.imports.rows import Rows
from gridmap.services.imports.times import moments
from gridmap.store import loading, placing
from gridmap.store.loading import Stage

SOURCES: Final = {word: word for word in ("call", "visit", "patrol", "resident", "import")} | {
    "110": "call", "电话": "call", "报警": "call", "电话报警": "call", "走访": "visit", "巡逻": "patrol",
    "群众": "resident", "居民": "resident", "居民上报": "resident", "导入": "import",
}  # fmt: skip
STATES: Final = {word: word for word in ("open", "accepted", "in_hand", "settled", "closed", "withdrawn")} | {
    "in hand": "in_hand", "待受理": "open", "登记": "open", "已受理": "accepted", "受理": "accepted", "处理中": "in_hand",
    "调解中": "in_hand", "已化解": "settled", "已调解": "settled", "化解": "settled", "已办结": "closed", "办结": "closed",
    "结案": "closed", "已结案": "closed", "撤回": "withdrawn", "撤销": "withdrawn",
}  # fmt: skip

PLACE: Final = (
    Field("address", ("address_code", "标准地址编码", "地址编码")),
    Field("address_text", ("full_text", "location", "地址", "案发地址", "报警地址", "发生地址", "发生地点", "地点")),
    LON, LAT,
)  # fmt: skip
PLACE_COLUMNS: Final = {
    "address": "text", "address_text": "text", "match_key": "text", "address_id": "bigint",
    "lon": "double precision", "lat": "double precision",
}  # fmt: skip

INCIDENT_FIELDS: Final = (
    Field("number", ("incident_number", "case_number", "caseno", "id", "警情编号", "接警编号", "接警单编号", "案件编号", "编号"), required=True),
    Field("at", ("time", "datetime", "occurred_at", "occurred", "date_reported", "报警时间", "接警时间", "发生时间", "案发时间", "时间"), required=True),
    Field("at_until", ("until", "end", "occurred_until", "结束时间", "发生时间止")),
    Field("category", ("type", "kind", "offense_type", "offense", "类别", "警情类别", "报警类别", "类型"), required=True),
    Field("source", ("来源", "报警方式")),
    Field("recorded_zone", ("recorded_beat", "recorded", "beat", "警格", "网格", "所属警格", "所属网格", "责任区")),
    *PLACE,
)  # fmt: skip
INCIDENT_STAGE: Final = Stage(
    "stage_incident",
    {"number": "text", "category": "text", "at": "timestamptz", "at_until": "timestamptz", "source": "text",
     "recorded_zone": "text", **PLACE_COLUMNS},
)  # fmt: skip

DISPUTE_FIELDS: Final = (
    Field("number", ("dispute_number", "caseno", "id", "纠纷编号", "编号"), required=True),
    Field("kind", ("category", "type", "类别", "纠纷类别", "纠纷类型", "类型"), required=True),
    Field("opened_at", ("at", "opened", "time", "登记时间", "受理时间", "时间"), required=True),
    Field("tier", ("层级", "级别")), Field("state", ("status", "状态")),
    Field("settled_at", ("settled", "closed_at", "化解时间", "办结时间")), Field("due_at", ("due", "期限", "办理期限")),
    Field("incident", ("incident_number", "警情编号", "接警编号")),
    *PLACE,
)  # fmt: skip
DISPUTE_STAGE: Final = Stage(
    "stage_dispute",
    {"number": "text", "kind": "text", "opened_at": "timestamptz", "tier": "integer", "state": "text",
     "settled_at": "timestamptz", "due_at": "timestamptz", "incident": "text", "incident_id": "bigint", **PLACE_COLUMNS},
)  # fmt: skip


def _place(rows: Rows) -> dict[str, object]:
    """Return the columns that say where: coordinates, the code of an address, or its text."""
    lon, lat = rows.points(required=False)
    texts = rows.text("address_text")
    without = pd.isna(lon) & (texts != "").to_numpy()
    keys = pd.Series([normalise(text) if ask else None for text, ask in zip(texts, without, strict=True)], dtype="str")
    address = rows.text("address", longest=64)
    return {
        "lon": lon, "lat": lat, "address": address.where(address != "", None), "match_key": keys,
        "address_text": texts.where(texts != "", None),
    }  # fmt: skip


def _locate(job: Job) -> None:
    """Find the address each row names and give rows without coordinates its place; refuse names nobody knows."""
    session, stage = job.session, job.stage
    suspect_places(job, known=None)
    if job.has("address"):
        placing.match_codes(session, stage, job.station)
    if job.has("address_text"):
        placing.match_texts(session, stage, job.station, normalise)
    if not job.keep_unplaced:
        unknown = "s.lon IS NULL AND coalesce(s.address, s.address_text) IS NOT NULL AND s.address_id IS NULL"
        found = loading.refuse_where(session, stage, unknown, "coalesce(s.address, s.address_text)")
        job.refuse(found, "no such address at this station, and no coordinates (--keep-unplaced keeps such rows)")
    without = placing.count_unplaced(session, stage)
    if without:
        job.report.warn(f"{without:,} rows have no place; they count, but stand on no map")


def _categories(job: Job, column: str, *, dispute: bool) -> None:
    """Bring names of categories to their codes; refuse, or add, what no category is called."""
    placing.match_categories(job.session, job.stage, column)
    if job.add_categories:
        added = placing.add_categories(job.session, job.stage, column, dispute=dispute)
        if added:
            job.report.warn(f"{len(added)} categories were added: {', '.join(added[:20])}")
    found = loading.refuse_where(
        job.session, job.stage, f"NOT EXISTS (SELECT FROM incident_category c WHERE c.code = s.{column})", f"s.{column}"
    )
    job.refuse(found, "there is no such category (load categories first, or pass --add-categories)")


def read_incidents(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound incident."""
    at = moments(rows, "at", rows.zone, required=True)
    until = moments(rows, "at_until", rows.zone)
    rows.reject((until < at).to_numpy(), "at_until lies before at", until)
    recorded = rows.text("recorded_zone", longest=64)
    return rows.frame(
        number=rows.text("number", required=True, longest=64),
        category=rows.text("category", required=True, longest=100),
        at=at, at_until=until, source=rows.one_of("source", SOURCES, "call"),
        recorded_zone=recorded.where(recorded != "", None), **_place(rows),
    )  # fmt: skip


def keep_incidents(job: Job) -> None:
    """Refuse repeats and unknown categories and addresses, then upsert."""
    session, stage = job.session, job.stage
    job.refuse_repeated(loading.refuse_repeated(session, stage, "number"), "the number")
    loading.analyse(session, stage)
    _categories(job, "category", dispute=False)
    _locate(job)
    values = {"station": ":station", "number": "s.number", "category": "s.category", "at": "s.at"}
    values |= {name: f"s.{name}" for name in ("at_until", "source", "recorded_zone") if job.has(name)}
    values |= {"address_id": "s.address_id", "geom": placing.POINT}
    job.took(
        loading.upsert(session, stage, table="incident", key=("station", "number"), values=values, station=job.station)
    )


def read_disputes(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound dispute."""
    opened = moments(rows, "opened_at", rows.zone, required=True)
    settled = moments(rows, "settled_at", rows.zone)
    state = rows.one_of("state", STATES, "open")
    rows.reject((settled < opened).to_numpy(), "settled_at lies before opened_at", settled)
    ended = state.isin(["settled", "closed"])
    rows.reject((ended & settled.isna()).to_numpy(), "settled or closed, but settled_at is empty", state)
    rows.reject(
        (~ended & settled.notna()).to_numpy(), "settled_at is given, but the state is neither settled nor closed", state
    )
    incident = rows.text("incident", longest=64)
    return rows.frame(
        number=rows.text("number", required=True, longest=64),
        kind=rows.text("kind", required=True, longest=100),
        opened_at=opened, settled_at=settled, due_at=moments(rows, "due_at", rows.zone), state=state,
        tier=rows.whole("tier", 1, least=1, most=9), incident=incident.where(incident != "", None),
        **_place(rows),
    )  # fmt: skip


def keep_disputes(job: Job) -> None:
    """Refuse repeats and unknown kinds, incidents and addresses; upsert, and log what is new."""
    session, stage = job.session, job.stage
    job.refuse_repeated(loading.refuse_repeated(session, stage, "number"), "the number")
    loading.analyse(session, stage)
    _categories(job, "kind", dispute=True)
    placing.match_incidents(session, stage, job.station)
    found = loading.refuse_where(session, stage, "s.incident IS NOT NULL AND s.incident_id IS NULL", "s.incident")
    job.refuse(found, "there is no incident of that number")
    _locate(job)
    values = {"station": ":station"}
    values |= {name: f"s.{name}" for name in ("number", "kind", "opened_at", "tier", "state", "settled_at", "due_at")}
    values |= {"incident_id": "s.incident_id", "address_id": "s.address_id", "geom": placing.POINT}
    placing.log_disputes(session, stage, job.station)
    job.took(
        loading.upsert(session, stage, table="dispute", key=("station", "number"), values=values, station=job.station)
    )
    placing.write_log(session, job.station)


INCIDENTS: Final = Kind("incidents", INCIDENT_FIELDS, INCIDENT_STAGE, read_incidents, keep_incidents, on_ground=True)
DISPUTES: Final = Kind("disputes", DISPUTE_FIELDS, DISPUTE_STAGE, read_disputes, keep_disputes, on_ground=True)
