"""When: hours of the week, months, seasons and festivals, on the clock of the station."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from gridmap.domain.festivals import festivals
from gridmap.geo.aoristic import aoristic_by_weekday
from gridmap.geo.calendar import around_festivals, by_month, by_season
from gridmap.geo.timeline import hours_observed
from gridmap.services.analyses.case import Case
from gridmap.services.analyses.found import Found

#: Years of records that months and festivals look back over: one festival is a story, three are a pattern [days].
PAST_DAYS: Final = 3 * 366


def compute(case: Case) -> Found:
    """Return when a case's events happen; those known only as a span are spread over it (aoristic).

    `facts`: `spans` (events known as a span), `peak` (weekday, hour, weight), `months_since`. `tables.hours`: `weekday` 0 (Monday) to
    6, `hour`, `weight` (events), `occasions` (how often that hour began in the period). `tables.months`: of up to three years:
    `month` (YYYY-MM), `events`, `days`, `per_day`, `low`, `high`. `tables.seasons` likewise. `tables.festivals`: `festival`, names,
    `phase` (before, during, after), `days`, `events`, `expected`, `ratio`, `low`, `high`, `p`, `q`.
    """
    events = case.events
    weights = aoristic_by_weekday(events.times(), events.ends(), case.timezone)
    occasions = hours_observed(case.since, case.observed_until, case.timezone)
    weekday, hour = np.divmod(np.arange(168), 24)
    told = weights.to_numpy().ravel()
    hours = pd.DataFrame({
        "weekday": weekday, "hour": hour, "weight": np.round(told, 3), "occasions": occasions.to_numpy().ravel(),
    })  # fmt: skip
    top = int(told.argmax())
    first = case.history.times()[0] if len(case.history) else pd.Timestamp(case.since)
    since = max(first, pd.Timestamp(case.until) - pd.Timedelta(days=PAST_DAYS)).tz_convert(case.timezone).ceil("D")
    begin, end = min(since, pd.Timestamp(case.since)).to_pydatetime(), case.observed_until
    past = case.history.times()
    months = by_month(past, begin, end, case.timezone)
    months.insert(
        0, "key", [f"{year}-{month:02d}" for year, month in zip(months["year"], months["month"], strict=True)]
    )
    known = festivals(begin.date(), end.date())
    names = {one.festival: (one.zh, one.en) for one in known}
    table = pd.DataFrame([(one.festival, one.first, one.last) for one in known], columns=["festival", "first", "last"])
    around = around_festivals(past, table, begin, end, case.timezone)
    around = around.assign(
        name_zh=[names[name][0] for name in around["festival"]], name_en=[names[name][1] for name in around["festival"]]
    )
    facts = {
        "method": "when", "spans": int((~np.isnat(events.until)).sum()), "counted": len(events), "months_since": begin.date(),
        "months_until": end.date(),
        "peak": {"weekday": int(weekday[top]), "hour": int(hour[top]), "weight": float(told[top])} if len(events) else None,
    }  # fmt: skip
    tables = {
        "hours": hours, "months": months.drop(columns=["year", "month"]).rename(columns={"key": "month"}),
        "seasons": by_season(past, begin, end, case.timezone), "festivals": around,
    }  # fmt: skip
    return Found(facts, tables=tables)
