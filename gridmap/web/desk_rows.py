"""Disputes as the desk shows them: a line's words, and how long there is left, in a person's language and zone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from gridmap.domain.dispute_words import OVER
from gridmap.domain.loops import Loop
from gridmap.domain.report_words import redact
from gridmap.store.dispute_lists import Line
from gridmap.store.tables import Station
from gridmap.web import shell
from gridmap.web.words import Language, say

#: Letters of a matter's words that a line shows.
SHOWN: Final = 90
#: What is due before that is told by how long there is left.
SOON: Final = timedelta(hours=4)
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86_400


#: Province, city and county, where a town follows: every door of a station begins with the same ones.
_UPPER: Final = re.compile(
    r"^(?:\w{2,8}?(?:省|自治区))?(?:\w{1,8}?(?:市|自治州|盟))?\w{1,8}?[县区市旗](?=\w{1,8}?(?:镇|乡|街道))"
)


def local_address(address: str) -> str:
    """Return an address as people of its station say it, from the town down; one without a town as it is.

    Examples
    --------
    >>> local_address("示例省虚州市云禾县城关镇文昌社区西关路152号")
    '城关镇文昌社区西关路152号'
    >>> local_address("城市花园小区3号")
    '城市花园小区3号'
    """
    return _UPPER.sub("", address)


def due_words(due: datetime, now: datetime, here: Station, language: Language) -> str:
    """Return when something is due, as one says it: "2 days late", "in 40 min", "by 17:00 today", "by 11-25 09:00"."""
    left = (due - now).total_seconds()
    if left < 0:
        word, unit = ("m", _MINUTE) if left > -_HOUR else ("h", _HOUR) if left > -_DAY else ("d", _DAY)
        return say(f"desk_late_{word}", language, n=max(int(-left // unit), 1))
    if left < SOON.total_seconds():
        word, unit = ("m", _MINUTE) if left < _HOUR else ("h", _HOUR)
        return say(f"desk_in_{word}", language, n=max(int(left // unit), 1))
    at, today = shell.local_time(due, here), shell.local_time(now, here)
    if at.date() == today.date():
        return say("desk_by_today", language, at=f"{at:%H:%M}")
    return say("desk_by", language, at=f"{at:%m-%d %H:%M}" if at.year == today.year else f"{at:%Y-%m-%d}")


def row(
    line: Line, here: Station, kinds: Mapping[str, Mapping[str, str]], loop: Loop, now: datetime, language: Language
) -> dict[str, Any]:
    """Return a line as the lists show it; what was settled says whether its review or a visit is due."""
    words = redact(line.words, offices=True)
    over = line.state in OVER
    due = "" if line.due_at is None else due_words(line.due_at, now, here, language)
    if over and line.due_at is not None:
        reviewed = line.state == "settled" and loop.reviewed_at(line.tier)
        when = due if line.late else f"{shell.local_time(line.due_at, here):%Y-%m-%d}"
        due = say("desk_review_by" if reviewed else "desk_visit_by", language, at=when)
    return {
        "id": line.id,
        "number": line.number,
        "matter": line.matter,
        "kind": shell.name_of(kinds.get(line.kind, {"code": line.kind}), language),
        "state": line.state,
        "marks": line.marks,
        "tier": line.tier,
        "words": words if len(words) <= SHOWN else f"{words[:SHOWN]}…",
        "address": local_address(line.address or ""),
        "zone": line.grid_cell or line.beat or "",
        "holder": _name(line.holder_zh, line.holder_en, language),
        "offered": _name(line.offered_zh, line.offered_en, language),
        "due": due,
        "due_at": line.due_at,
        "late": line.late,
        "opened": shell.local_time(line.opened_at, here),
        "lon": line.lon,
        "lat": line.lat,
    }


def points(rows: Sequence[Mapping[str, Any]]) -> list[list[float | int]]:
    """Return what the map draws of rows that have a place: id, longitude, latitude, and whether it is late."""
    return [
        [row["id"], round(row["lon"], 6), round(row["lat"], 6), int(row["late"])]
        for row in rows
        if row["lon"] is not None
    ]


def _name(zh: str | None, en: str | None, language: Language) -> str:
    return shell.name_of({"name_zh": zh, "name_en": en}, language)
