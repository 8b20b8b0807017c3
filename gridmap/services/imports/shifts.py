"""Shifts: who is on duty from when to when, and for which beats."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from gridmap.services.imports.columns import Field
from gridmap.services.imports.kinds import Job, Kind
from gridmap.services.imports.report import Rejection
from gridmap.services.imports.rows import Rows
from gridmap.services.imports.times import moments
from gridmap.store import loading, shifts
from gridmap.store.loading import Stage

#: Every beat of the station, as a shift keeps it.
EVERY: Final = "*"
EVERY_WORDS: Final = frozenset({EVERY, "all", "全站", "全所", "全部", "所有", "全辖区"})
#: A longer shift is told: most often a year or a month was mistyped.
LONG: Final = "48 hours"

FIELDS: Final = (
    Field("person", ("code", "person_code", "badge", "警号", "工号", "编号"), required=True),
    Field("from", ("since", "start", "begin", "from_time", "开始时间", "上班时间", "起始时间", "值班开始", "起"), required=True),
    Field("to", ("until", "end", "to_time", "结束时间", "下班时间", "截止时间", "值班结束", "止"), required=True),
    Field("beats", ("beat", "beat_codes", "警格", "警格编码", "值班警格", "责任区", "范围", "值班范围")),
)  # fmt: skip
STAGE: Final = Stage(
    "stage_shift",
    {"person": "text", "since": "timestamptz", "until": "timestamptz", "beats": "text", "person_id": "bigint"},
)


def beats_of(told: str) -> str | None:
    """Return the beats of a shift as codes between commas, "*" for every beat, None where nothing is told.

    >>> beats_of("J02、J01 J02"), beats_of("全站"), beats_of("")
    ('J01,J02', '*', None)
    """
    codes = sorted({code for code in re.split(r"[\s,，、;；/]+", told) if code})
    if any(code.casefold() in EVERY_WORDS for code in codes):
        return EVERY
    return ",".join(codes) or None


def read(rows: Rows) -> pd.DataFrame:
    """Return one row of the stage for each sound shift."""
    person = rows.text("person", required=True, longest=64)
    since = moments(rows, "from", rows.zone, required=True)
    until = moments(rows, "to", rows.zone, required=True)
    rows.reject((until <= since).to_numpy(), "to does not lie after from", until)
    beats = [beats_of(told) for told in rows.text("beats", longest=2_000)]
    return rows.frame(person=person, since=since, until=until, beats=pd.Series(beats, dtype="str"))


def keep(job: Job) -> None:
    """Refuse unknown people and overlapping shifts, take out what is to be replaced, then put the shifts."""
    session, stage = job.session, job.stage
    shifts.match_people(session, stage, job.station)
    job.refuse(loading.refuse_where(session, stage, "s.person_id IS NULL", "s.person"), "there is no such person")
    loading.analyse(session, stage)
    if job.replace:
        removed = job.report.facts["removed"] = shifts.remove_others(session, stage)
        job.report.warn(f"{removed:,} shifts that the file does not have were removed")
    job.report.reject(Rejection(*found) for found in shifts.refuse_overlaps(session, stage))
    long = loading.count_where(session, stage, f"s.until - s.since > interval '{LONG}'")
    if long:
        job.report.warn(f"{long:,} shifts are longer than {LONG}")
    unknown = shifts.unknown_beats(session, stage, job.station)
    if unknown:
        job.report.warn(f"shifts name beats that no edition of {job.station} has: {', '.join(unknown[:20])}")
    job.took(shifts.put_shifts(session, stage, station=job.station, with_beats=job.has("beats")))


KIND: Final = Kind("shifts", FIELDS, STAGE, read, keep)
