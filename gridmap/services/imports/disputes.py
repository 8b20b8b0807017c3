"""Past disputes, tips, hazards and cases: how they stood when they were written down, and what is known of their end."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd

from gridmap.domain.dispute_words import ENDED, OPEN
from gridmap.domain.report_words import redact
from gridmap.services.imports import dispute_history
from gridmap.services.imports.columns import Field
from gridmap.services.imports.dispute_terms import GRADES, MARK_WORDS, MATTER_WORDS, SOURCES, STATE_WORDS, TIERS
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
from gridmap.store import loading, past_disputes, placing
from gridmap.store.loading import Stage

FIELDS: Final = (
    Field("number", (
        "dispute_number", "dispute_id", "case_number", "caseno", "case_id", "id", "纠纷编号", "矛盾纠纷编号", "案件编号", "事件编号",
        "受理编号", "登记编号", "台账编号", "调解编号", "编号", "序号",
    ), required=True),
    Field("kind", (
        "category", "type", "dispute_type", "类别", "纠纷类别", "纠纷类型", "矛盾类型", "矛盾纠纷类型", "事件类型", "案由", "类型", "性质",
    ), required=True),
    Field("opened_at", (
        "at", "opened", "time", "date", "created_at", "registered_at", "received_at", "reported_at", "登记时间", "受理时间",
        "受理日期", "登记日期", "排查时间", "发现时间", "发生时间", "上报时间", "录入时间", "时间", "日期",
    ), required=True),
    Field("tier", ("level", "层级", "级别", "调解层级", "化解层级")),
    Field("state", ("status", "stage", "状态", "办理状态", "处理状态", "化解状态", "调解状态", "办结情况", "进展")),
    Field("settled_at", (
        "settled", "resolved_at", "resolved", "ended_at", "化解时间", "化解日期", "调解时间", "调处时间", "调解成功时间",
        "办结时间", "办结日期",
    )),
    Field("closed_at", ("closed", "archived_at", "结案时间", "结案日期", "归档时间", "归档日期")),
    Field("due_at", ("due", "deadline", "due_date", "settle_by", "期限", "办理期限", "化解期限", "办结期限", "到期时间", "截止时间")),
    Field("incident", ("incident_number", "call_number", "警情编号", "接警编号", "接警单号", "关联警情")),
    Field("matter", ("matter_type", "事项", "事项类型", "事项类别")),
    Field("source", ("channel", "origin", "来源", "纠纷来源", "线索来源", "发现方式", "来源方式", "受理方式")),
    Field("words", (
        "description", "summary", "details", "text", "content", "事由", "简要情况", "简要案情", "纠纷简况", "纠纷概况", "基本情况",
        "主要情况", "内容", "描述", "情况说明",
    )),
    Field("grade", ("risk", "risk_level", "priority", "severity", "等级", "风险等级", "纠纷等级", "预警等级", "风险级别")),
    Field("marks", ("flags", "tags", "标记", "标签", "特征", "风险标记")),
    Field("holder", (
        "assignee", "assigned_to", "owner", "person", "person_code", "承办人", "承办人编号", "责任人", "包案人", "责任民警", "调解员",
        "承办单位", "责任单位", "警号",
    )),
    *dispute_history.FIELDS,
    Field("opened_by", ("registered_by", "created_by", "reporter", "登记人", "录入人", "受理人", "上报人")),
    *PLACE,
)  # fmt: skip
STAGE: Final = Stage(
    "stage_dispute",
    {"number": "text", "kind": "text", "opened_at": "timestamptz", "tier": "integer", "state": "text",
     "settled_at": "timestamptz", "closed_at": "timestamptz", "due_at": "timestamptz", "incident": "text",
     "incident_id": "bigint", "matter": "text", "source": "text", "words": "text", "grade": "integer", "marks": "text",
     "holder": "text", "holder_id": "integer", "body": "text", "opened_by": "text", **dispute_history.COLUMNS,
     **PLACE_COLUMNS},
)  # fmt: skip
_BETWEEN: Final = re.compile(r"[,，、;；|/\s]+")
#: Columns of `dispute` that are only changed if the file has them.
_SAID: Final = {
    "matter": "s.matter", "source": "s.source", "words": "s.words", "grade": "s.grade", "opened_by": "s.opened_by",
    "marks": "coalesce(string_to_array(nullif(s.marks, ''), ','), '{}')", "rating": "s.rating",
}  # fmt: skip


def read(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound dispute."""
    opened = moments(rows, "opened_at", rows.zone, required=True)
    settled, closed = moments(rows, "settled_at", rows.zone), moments(rows, "closed_at", rows.zone)
    ended_at = settled.fillna(closed)
    state = _states(rows, ended_at, closed)
    now = pd.Timestamp.now("UTC")
    for name, moment in (("opened_at", opened), ("settled_at", settled), ("closed_at", closed)):
        rows.reject((moment > now).to_numpy(), f"{name} lies in the future", moment)
    rows.reject((settled < opened).to_numpy(), "settled_at lies before opened_at", settled)
    rows.reject((closed < ended_at).to_numpy(), "closed_at lies before settled_at", closed)
    rows.reject((closed < opened).to_numpy(), "closed_at lies before opened_at", closed)
    rows.reject((state.isin(ENDED) & ended_at.isna()).to_numpy(), "settled or closed, but settled_at is empty", state)
    rows.reject(
        (state.isin(OPEN) & ended_at.notna()).to_numpy(), "settled_at is given, but the state is neither settled nor closed", state
    )  # fmt: skip
    tier = _numbers(rows, "tier", TIERS, 1)
    history = dispute_history.history_of(rows, tier, opened, ended_at)
    told = rows.text("words", longest=4000)
    words = pd.Series([redact(text) for text in told], dtype="str")
    rows.masked += int((words != told.reset_index(drop=True)).sum())
    return rows.frame(
        number=rows.text("number", required=True, longest=64), kind=rows.text("kind", required=True, longest=100),
        opened_at=opened, settled_at=ended_at, closed_at=closed, due_at=moments(rows, "due_at", rows.zone), state=state,
        tier=tier, incident=optional(rows.text("incident", longest=64)),
        matter=rows.one_of("matter", MATTER_WORDS, "dispute"), source=rows.one_of("source", SOURCES, "import"), words=words,
        grade=_numbers(rows, "grade", GRADES, None), marks=_marks(rows), holder=optional(rows.text("holder", longest=100)),
        opened_by=rows.text("opened_by", longest=100), **history, **place_of(rows),
    )  # fmt: skip


def _states(
    rows: Rows, ended_at: pd.Series[pd.Timestamp], closed: pd.Series[pd.Timestamp]
) -> pd.Series[str]:  # fmt: skip
    """Return the state of each row; one that says none is as far as its times are."""
    state = rows.one_of("state", STATE_WORDS, "open")
    silent = (rows.text("state") == "").to_numpy()
    found = np.where(closed.notna(), "closed", np.where(ended_at.notna(), "settled", "open"))
    return state.where(~silent, pd.Series(found, index=state.index, dtype="str"))


def _numbers(rows: Rows, name: str, words: dict[str, int], default: int | None) -> pd.Series[int]:
    """Return a field as a whole number from 1 to 9, said in digits or in words."""
    texts = rows.text(name).str.casefold().str.removesuffix(".0")
    numbers = [
        words.get(text, int(text) if re.fullmatch("[1-9]", text) else None) if text else default for text in texts
    ]
    rows.reject([bool(text) and number is None for text, number in zip(texts, numbers, strict=True)],
                f"{name} is no whole number from 1 to 9", texts)  # fmt: skip
    return pd.Series(numbers, dtype="Int64")


def _marks(rows: Rows) -> list[str]:
    """Return the marks of each row, our words with commas between; a word that is none is refused."""
    texts = rows.text("marks").str.casefold()
    found: list[str] = []
    wrong = np.zeros(rows.count, dtype=bool)
    for place, text in enumerate(texts):
        words = {MARK_WORDS.get(word, "?") for word in _BETWEEN.split(text) if word}
        wrong[place] = "?" in words
        found.append(",".join(sorted(words - {"?", ""})))
    rows.reject(wrong, f"marks are of {', '.join(sorted(set(MARK_WORDS.values()) - {''}))}", texts)
    return found


def keep(job: Job) -> None:
    """Refuse what is unknown or worked on since, judge look-alikes; upsert, and log what the file tells of each life."""
    session, stage = job.session, job.stage
    job.refuse_repeated(loading.refuse_repeated(session, stage, "number"), "the number")
    loading.analyse(session, stage)
    since = past_disputes.refuse_worked_on(session, stage, job.station)
    job.refuse(since, "it has taken steps here since, and these alone change it")
    unknown = past_disputes.refuse_tiers(session, stage, job.station)
    job.refuse(unknown, "the loop of the station has no such tier, and it is open")
    match_kinds(job, "kind", dispute=True)
    placing.match_incidents(session, stage, job.station)
    found = loading.refuse_where(session, stage, "s.incident IS NOT NULL AND s.incident_id IS NULL", "s.incident")
    job.refuse(found, "there is no incident of that number")
    _hold(job)
    offered = past_disputes.settle_offers(session, stage)
    if offered:
        job.report.warn(f"{offered:,} were handed over to nobody who is here: they are open, held by the desk")
    locate(job)
    judge_look_alikes(job, table="dispute", kind="kind", at="opened_at")
    values = {"station": ":station"} | {name: f"s.{name}" for name in ("number", "kind", "opened_at", "tier")}
    values |= past_disputes.STANDING | {name: sql for name, sql in _SAID.items() if job.has(name)}
    values |= {"incident_id": "s.incident_id"} if job.has("incident") else {}
    values |= past_disputes.ASKED if job.has("visited_at") or job.has("rating") else {}
    values |= {"address_id": "s.address_id", "geom": placing.POINT}
    past_disputes.note_steps(session, stage, job.station)
    job.took(
        loading.upsert(session, stage, table="dispute", key=("station", "number"), values=values, station=job.station)
    )
    past_disputes.write_steps(session, job.station)
    linked = past_disputes.link_doors(session, stage, job.station)
    if linked:
        job.report.warn(f"{linked:,} links to others at the same door, of a year before or after, were added")


def _hold(job: Job) -> None:
    """Find who holds each row; the desk holds what is open and held by nobody who is here."""
    if not job.has("holder"):
        return
    past_disputes.match_holders(job.session, job.stage, job.station)
    unknown = past_disputes.refuse_unheld(job.session, job.stage)
    job.refuse(unknown, "there is no such person or body to hold it")
    given = past_disputes.give_to_desk(job.session, job.stage, job.station)
    if given:
        job.report.warn(f"{given:,} open ones are held by somebody who is not posted here today: the desk holds them")


DISPUTES: Final = Kind("disputes", FIELDS, STAGE, read, keep, on_ground=True)
