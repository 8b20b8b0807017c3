"""Moments as people write them, read in the station's time zone and kept in UTC."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from gridmap.services.imports.rows import Rows

_CHINESE = re.compile(
    r"^(\d{4})\s*[年/.\-]\s*(\d{1,2})\s*[月/.\-]\s*(\d{1,2})\s*日?\s*(?:星期.|周.)?\s*"
    r"(上午|下午|凌晨|早上|中午|晚上|AM|PM)?\s*(?:(\d{1,2})\s*[时点:：]\s*(?:(\d{1,2})\s*(?:分|[:：])?)?\s*(?:(\d{1,2})\s*秒?)?)?\s*(AM|PM)?$",
    re.IGNORECASE,
)
_AMERICAN = re.compile(
    r"^(\d{1,2})/(\d{1,2})/(\d{4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(AM|PM)?$", re.IGNORECASE
)  # month first
_SOLID = re.compile(r"^(\d{4})(\d{2})(\d{2})[T ]?(\d{2})(\d{2})(\d{2})?$")
_LATE = {"下午", "晚上", "pm"}


def moments(rows: Rows, name: str, zone: ZoneInfo, *, required: bool = False) -> pd.Series[pd.Timestamp]:
    """Return a field as moments in UTC, NaT where nothing stands.

    A moment without an offset is local time of `zone`. Of an hour that came twice (clocks put back) the first is
    taken; an hour that never was is refused, as is whatever is no moment or lies before 1900.

    Understood: ISO 8601, 2024/5/31 8:05, 2024年5月31日 下午3时05分, 20240531080500, 5/31/2024 8:05 PM.
    """
    column = rows.block.table[rows.names[name]] if rows.has(name) else None
    if column is not None and isinstance(column.dtype, pd.DatetimeTZDtype):
        ready: pd.Series[pd.Timestamp] = (
            column.dt.tz_convert("UTC").reset_index(drop=True).astype("datetime64[us, UTC]")
        )
        return ready
    texts = rows.text(name, required=required)
    iso = pd.to_datetime(texts.where(texts.str.len() >= 8, None), format="ISO8601", errors="coerce", utc=True)
    offset = texts.str.contains(r"(?:Z|[+\-]\d{2}:?\d{2})$", regex=True) & texts.str.contains(r"[T:]", regex=True)
    solid = texts.str.fullmatch(_SOLID.pattern)
    naive = iso.dt.tz_localize(None).where(~solid)
    for place in np.flatnonzero((naive.isna() & (texts != "")).to_numpy()):
        found = _parse(texts.iloc[int(place)])
        if found is not None:
            naive.iloc[int(place)] = found
    rows.reject((naive.isna() & (texts != "")).to_numpy(), f"{name} is no time (write 2024-05-31 08:05)", texts)
    local = naive.dt.tz_localize(zone, ambiguous=np.ones(len(naive), dtype=bool), nonexistent="NaT")
    utc = local.dt.tz_convert("UTC").where(~offset, iso)
    gone = utc.isna() & naive.notna()
    rows.reject(gone.to_numpy(), f"{name} never was: the clocks of {zone.key} were put forward then", texts)
    rows.reject((utc.dt.year < 1900).to_numpy(), f"{name} lies before 1900", texts)
    return utc.astype("datetime64[us, UTC]")


def _parse(text: str) -> pd.Timestamp | None:
    if (found := _SOLID.match(text)) is not None:
        return _stamp([int(part or 0) for part in found.groups()])
    if (found := _AMERICAN.match(text)) is not None:
        month, day, year, *clock = found.groups()
        hour, minute, second = (int(part or 0) for part in clock[:3])
        return _stamp([int(year), int(month), int(day), _hour(hour, clock[3]), minute, second])
    if (found := _CHINESE.match(text)) is not None:
        year, month, day, half, *rest = found.groups()
        hour, minute, second = (int(part or 0) for part in rest[:3])
        return _stamp([int(year), int(month), int(day), _hour(hour, half or rest[3]), minute, second])
    return None


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    late = half.lower() in _LATE
    if hour == 12:
        return 12 if late or half == "中午" else 0
    return hour + 12 if (late or (half == "中午" and hour < 3)) and hour < 12 else hour


def _stamp(parts: list[int]) -> pd.Timestamp | None:
    year, month, day, hour, minute, second = parts
    try:
        return pd.Timestamp(dt.datetime(year, month, day, hour, minute, second))  # noqa: DTZ001 -- local time, placed by the caller
    except ValueError:
        return None
