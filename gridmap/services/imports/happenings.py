"""What incidents and disputes have in common: a place, a kind, and that one matter may stand in a file twice."""

from __future__ import annotations

from typing import Final

import pandas as pd

from gridmap.domain.addresses import normalise
from gridmap.domain.dispute_words import KINDS
from gridmap.services.imports.columns import Field
from gridmap.services.imports.datums import suspect_places
from gridmap.services.imports.kinds import LAT, LON, Job
from gridmap.services.imports.report import Rejection
from gridmap.services.imports.rows import Rows
from gridmap.store import loading, look_alikes, placing
from gridmap.store.look_alikes import WITHIN_HOURS, WITHIN_M, LookAlike

#: Look-alikes named in a warning.
NAMED: Final = 20

PLACE: Final = (
    Field("address", ("address_code", "标准地址编码", "地址编码", "门牌编码")),
    Field("address_text", (
        "full_text", "full_address", "street_address", "location", "place", "block_address", "地址", "案发地址", "报警地址",
        "发生地址", "发生地点", "案发地点", "事发地点", "事发地址", "警情地址", "纠纷地址", "纠纷地点", "详细地址", "标准地址", "地点",
    )),
    LON, LAT,
)  # fmt: skip
PLACE_COLUMNS: Final = {
    "address": "text", "address_text": "text", "match_key": "text", "address_id": "bigint",
    "lon": "double precision", "lat": "double precision",
}  # fmt: skip


def optional(texts: pd.Series[str]) -> pd.Series[str]:
    """Return texts with None where nothing stands."""
    return texts.where(texts != "", None)


def place_of(rows: Rows) -> dict[str, object]:
    """Return the columns that say where: coordinates, the code of an address, or its text."""
    lon, lat = rows.points(required=False)
    texts = rows.text("address_text")
    without = pd.isna(lon) & (texts != "").to_numpy()
    keys = pd.Series([normalise(text) if ask else None for text, ask in zip(texts, without, strict=True)], dtype="str")
    return {
        "lon": lon, "lat": lat, "address": optional(rows.text("address", longest=64)), "match_key": keys,
        "address_text": optional(texts),
    }  # fmt: skip


def locate(job: Job) -> None:
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


def match_kinds(job: Job, column: str, *, dispute: bool) -> None:
    """Bring names of categories to their codes; refuse, or add, what no category is called."""
    session, stage = job.session, job.stage
    placing.match_categories(session, stage, column, dispute=dispute)
    if job.add_categories:
        added = placing.add_known(session, stage, column, KINDS) if dispute else []
        if added:
            placing.match_categories(session, stage, column, dispute=dispute)
        added += placing.add_categories(session, stage, column, dispute=dispute)
        if added:
            job.report.warn(f"{len(added)} categories were added: {', '.join(added[:20])}")
    found = loading.refuse_where(
        session, stage, f"NOT EXISTS (SELECT FROM incident_category c WHERE c.code = s.{column})", f"s.{column}"
    )
    job.refuse(found, "there is no such category (load categories first, or pass --add-categories)")


def judge_look_alikes(job: Job, *, table: str, kind: str, at: str) -> None:
    """Tell of new rows that look like another under another number; leave them out if that was asked for."""
    found = look_alikes.find(job.session, job.stage, station=job.station, table=table, kind=kind, at=at)
    if not found:
        return
    if job.duplicates == "skip":
        look_alikes.leave_out(job.session, job.stage, found)
        job.report.reject(
            Rejection(one.line, f"looks like {_other(job, one)} (--duplicates keep takes it in)", one.number)
            for one in found
        )
        return
    first = "; ".join(f"{job.report.unit} {one.line} ({one.number}) like {_other(job, one)}" for one in found[:NAMED])
    more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    job.report.warn(
        f"{len(found):,} rows look like another of their kind within {WITHIN_M:.0f} m and {WITHIN_HOURS} hours; they were "
        f"kept (--duplicates skip leaves them out): {first}{more}"
    )


def _other(job: Job, one: LookAlike) -> str:
    where = "which is there already" if one.first is None else f"on {job.report.unit} {one.first}"
    return f"{one.other} {where}"
