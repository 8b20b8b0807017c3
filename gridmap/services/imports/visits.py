"""Visits (走访): at which door, when, by whom, what for; never what was seen there."""

from __future__ import annotations

from typing import Final

import pandas as pd

from gridmap.domain.addresses import normalise
from gridmap.services.imports.columns import Field
from gridmap.services.imports.kinds import Job, Kind
from gridmap.services.imports.rows import Rows
from gridmap.services.imports.times import moments
from gridmap.store import loading, placing, shifts, visits
from gridmap.store.loading import Stage

PURPOSES: Final = {word: word for word in ("household", "dispute", "safety", "plate", "other")} | {
    "走访": "household", "入户": "household", "入户走访": "household", "住户走访": "household", "日常走访": "household",
    "人口登记": "household", "纠纷": "dispute", "纠纷回访": "dispute", "回访": "dispute", "调解": "dispute",
    "矛盾纠纷": "dispute", "安全": "safety", "安全检查": "safety", "消防": "safety", "消防检查": "safety", "隐患排查": "safety",
    "门牌": "plate", "门牌核对": "plate", "门牌安装": "plate", "其他": "other", "其它": "other",
}  # fmt: skip

FIELDS: Final = (
    Field("address", ("address_code", "标准地址编码", "地址编码", "门牌编码")),
    Field("address_text", ("full_text", "location", "地址", "走访地址", "标准地址", "详细地址", "地点")),
    Field("at", ("time", "datetime", "visited_at", "date", "走访时间", "走访日期", "时间", "日期"), required=True),
    Field("person", ("person_code", "badge", "by", "走访人", "走访人编号", "警号", "工号", "网格员编号")),
    Field("purpose", ("reason", "kind", "type", "事由", "走访事由", "走访类型", "目的", "类型")),
)  # fmt: skip
STAGE: Final = Stage(
    "stage_visit",
    {"address": "text", "address_text": "text", "match_key": "text", "address_id": "bigint", "at": "timestamptz",
     "person": "text", "person_id": "bigint", "purpose": "text"},
)  # fmt: skip


def read(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound visit; an `address` that is no code may still be a text."""
    code, told = rows.text("address", longest=500), rows.text("address_text")
    rows.reject(((code == "") & (told == "")).to_numpy(), "neither the code nor the text of an address")
    words = told.where(told != "", code)
    person = rows.text("person", longest=64)
    return rows.frame(
        address=code.where(code != "", None), address_text=told.where(told != "", None),
        match_key=pd.Series([normalise(text) for text in words], dtype="str"),
        at=moments(rows, "at", rows.zone, required=True), person=person.where(person != "", None),
        purpose=rows.one_of("purpose", PURPOSES, "household"),
    )  # fmt: skip


def keep(job: Job) -> None:
    """Refuse unknown addresses and people, and visits told twice; upsert by door, moment and purpose."""
    session, stage = job.session, job.stage
    placing.match_codes(session, stage, job.station)
    placing.match_texts(session, stage, job.station, normalise)
    nowhere = loading.refuse_where(session, stage, "s.address_id IS NULL", "coalesce(s.address, s.address_text)")
    job.refuse(nowhere, "no such address at this station")
    shifts.match_people(session, stage, job.station)
    unknown = "s.person IS NOT NULL AND s.person_id IS NULL"
    job.refuse(loading.refuse_where(session, stage, unknown, "s.person"), "there is no such person")
    job.refuse_repeated(visits.refuse_told_twice(session, stage), "the visit")
    loading.analyse(session, stage)
    ahead = loading.count_where(session, stage, "s.at > now()")
    if ahead:
        job.report.warn(f"{ahead:,} visits lie in the future: a visit is one that was made")
    values = {"station": ":station", "address_id": "s.address_id", "at": "s.at", "purpose": "s.purpose"}
    values |= {"person_id": "s.person_id"} if job.has("person") else {}
    key = ("address_id", "at", "purpose")
    job.took(loading.upsert(session, stage, table="visit", key=key, values=values, station=job.station))


KIND: Final = Kind("visits", FIELDS, STAGE, read, keep)
