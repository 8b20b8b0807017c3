"""People with their postings, and their leave."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

import pandas as pd

from gridmap.services.imports.columns import Field
from gridmap.services.imports.kinds import NAME_EN, Job, Kind
from gridmap.services.imports.report import Rejection
from gridmap.services.imports.rows import Rows
from gridmap.store import loading, postings
from gridmap.store.loading import Stage

ROLES: Final = {
    word: word for word in ("officer", "auxiliary", "grid_member", "property_manager", "volunteer", "mediator", "duty_desk")
} | {
    "民警": "officer", "社区民警": "officer", "责任民警": "officer", "辅警": "auxiliary", "网格员": "grid_member",
    "网格长": "grid_member", "grid member": "grid_member", "grid worker": "grid_member", "物业": "property_manager",
    "物业经理": "property_manager", "property manager": "property_manager", "志愿者": "volunteer", "调解员": "mediator",
    "值班室": "duty_desk", "值班台": "duty_desk", "duty desk": "duty_desk", "": "",
}  # fmt: skip
PHONE: Final = re.compile(r"^[0-9+][0-9 -]{2,20}$")

FIELDS: Final = (
    Field("code", ("person", "person_code", "警号", "工号", "编号", "编码"), required=True),
    Field("name", ("name_zh", "姓名", "名称"), required=True),
    NAME_EN,
    Field("phone", ("tel", "telephone", "mobile", "电话", "手机", "联系电话", "手机号")),
    Field("service_phone", ("service_number", "public_phone", "服务电话", "公开电话", "转接电话")),
    Field("badge", ("badge_shown", "badge_number", "公开警号", "工牌")),
    Field("office", ("post", "警务室", "岗位地点", "办公地点")),
    Field("role", ("岗位", "角色", "职务", "身份")),
    Field("beat", ("beat_code", "警格", "警格编码", "警务责任区")),
    Field("grid_cell", ("cell", "cell_code", "grid", "grid_code", "网格", "网格编码")),
    Field("trade", ("行业", "领域")),
    Field("from", ("since", "start", "date_from", "from_date", "开始日期", "起始日期", "任职日期")),
    Field("to", ("until", "end", "date_to", "to_date", "结束日期", "截止日期")),
)
STAGE: Final = Stage(
    "stage_person",
    {"code": "text", "name": "text", "name_en": "text", "phone": "text", "service_phone": "text",
     "badge": "text", "office": "text", "role": "text",
     "beat": "text", "grid_cell": "text", "trade": "text", "since": "date", "until": "date"},
)  # fmt: skip

LEAVE_FIELDS: Final = (
    Field("person", ("code", "person_code", "badge", "警号", "工号", "编号"), required=True),
    Field("substitute", ("substitute_code", "stand_in", "代班", "代班人", "替班", "替班人")),
    Field("from", ("since", "start", "date_from", "from_date", "开始日期", "起始日期"), required=True),
    Field("to", ("until", "end", "date_to", "to_date", "结束日期", "截止日期"), required=True),
    Field("reason", ("事由", "原因", "类型")),
)
LEAVE_STAGE: Final = Stage(
    "stage_leave",
    {"person": "text", "substitute": "text", "since": "date", "until": "date", "reason": "text",
     "person_id": "bigint", "substitute_id": "bigint"},
)  # fmt: skip


def _optional(texts: pd.Series[str]) -> pd.Series[str]:
    return texts.where(texts != "", None)


def _phone(rows: Rows, name: str) -> pd.Series[str]:
    """Return a column of telephone numbers without brackets and dots; what is none is refused."""
    phone = rows.text(name, longest=40).str.replace(r"[()（）.]", "", regex=True)
    rows.reject((phone != "").to_numpy() & ~phone.str.match(PHONE.pattern).to_numpy(dtype=bool),
                f"{name} is none (digits, spaces, hyphens, + in front; 3 to 21 signs)", phone)  # fmt: skip
    return phone


def _span(rows: Rows, *, required: bool) -> tuple[list[dt.date | None], list[dt.date | None]]:
    """Return the first day and the last day of each row; an end before the begin is refused."""
    since, until = rows.day("from"), rows.day("to")
    if required:
        rows.reject([first is None for first in since], "from is empty")
        rows.reject([last is None for last in until], "to is empty")
    backward = [
        first is not None and last is not None and last < first for first, last in zip(since, until, strict=True)
    ]
    rows.reject(backward, "to lies before from", [f"{last}" for last in until])
    return since, until


def read(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound row: a person, and a posting if it has a role."""
    phone, service = _phone(rows, "phone"), _phone(rows, "service_phone")
    role, beat, cell = rows.one_of("role", ROLES, ""), rows.text("beat", longest=64), rows.text("grid_cell", longest=64)
    rows.reject(((beat != "") & (cell != "")).to_numpy(), "a posting is for a beat or for a grid cell, not both", beat)
    rows.reject(((role == "") & ((beat != "") | (cell != ""))).to_numpy(), "a beat or grid cell, but no role", beat)
    since, until = _span(rows, required=False)
    return rows.frame(
        code=rows.text("code", required=True, longest=64), name=rows.text("name", required=True, longest=100),
        name_en=rows.text("name_en", longest=100), phone=_optional(phone), service_phone=_optional(service),
        badge=rows.text("badge", longest=40), office=rows.text("office", longest=200),
        role=_optional(role), beat=_optional(beat), grid_cell=_optional(cell), trade=_optional(rows.text("trade")),
        since=[day and day.isoformat() for day in since], until=[day and day.isoformat() for day in until],
    )  # fmt: skip


def keep(job: Job) -> None:
    """Refuse people told two ways and postings that overlap; upsert people, then postings."""
    session, stage = job.session, job.stage
    job.report.reject(Rejection(*found) for found in postings.refuse_two_tellings(session, stage))
    job.report.reject(Rejection(*found) for found in postings.refuse_overlaps(session, stage, job.station))
    postings.keep_one_telling(session, stage)
    values = {"station": ":station", "code": "s.code", "name": "s.name"}
    values |= {name: f"s.{name}" for name in ("name_en", "phone", "service_phone", "badge", "office") if job.has(name)}
    people = loading.upsert(
        session, postings.ONE_TELLING, table="person", key=("station", "code"), values=values, station=job.station
    )
    posted = postings.put_postings(session, stage, job.station)
    rows = loading.count(session, stage)
    job.report.added, job.report.updated = posted.added, posted.updated
    alone = people.added if not job.has("role") else 0
    job.report.added += alone
    job.report.updated += people.updated if not job.has("role") else 0
    job.report.unchanged = rows - job.report.added - job.report.updated
    job.report.facts |= {"people": people.added + people.updated + people.unchanged, "people_new": people.added}
    unknown = postings.unknown_zones(session, stage, job.station)
    if unknown:
        job.report.warn(f"postings name zones that no edition of {job.station} has: {', '.join(unknown[:20])}")


def read_leave(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound spell of leave."""
    since, until = _span(rows, required=True)
    person, substitute = rows.text("person", required=True, longest=64), rows.text("substitute", longest=64)
    rows.reject((person == substitute).to_numpy(), "nobody stands in for themselves", person)
    return rows.frame(
        person=person, substitute=_optional(substitute), reason=rows.text("reason"),
        since=[day and day.isoformat() for day in since], until=[day and day.isoformat() for day in until],
    )  # fmt: skip


def keep_leave(job: Job) -> None:
    """Refuse unknown people and overlapping spells, then put the leave."""
    session, stage = job.session, job.stage
    postings.match_people(session, stage, job.station)
    job.refuse(loading.refuse_where(session, stage, "s.person_id IS NULL", "s.person"), "there is no such person")
    unknown = "s.substitute IS NOT NULL AND s.substitute_id IS NULL"
    job.refuse(loading.refuse_where(session, stage, unknown, "s.substitute"), "there is no such substitute")
    job.report.reject(Rejection(*found) for found in postings.refuse_leave_overlaps(session, stage))
    job.took(postings.put_leave(session, stage, job.station))


PEOPLE: Final = Kind("people", FIELDS, STAGE, read, keep)
LEAVE: Final = Kind("leave", LEAVE_FIELDS, LEAVE_STAGE, read_leave, keep_leave)
