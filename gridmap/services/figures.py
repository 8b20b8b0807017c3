"""What each zone of an edition carries: area, doors, households, incidents, load, and who answers for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from gridmap.geo import balance
from gridmap.store import figures, frames
from gridmap.store.frames import ZoneKind
from gridmap.store.tables import Edition, Station

YEAR = timedelta(days=365)
#: When the newest incident is older than this, the year counted ends with it instead of now.
STALE = timedelta(days=30)


@dataclass(frozen=True)
class ZoneFigures:
    """The figures of an edition's beats or cells, and the year in which incidents were counted.

    `zones`: `code`, names, (`beat`), `area_km2`, `doors`, `households`, `incidents`, `disputes` (in the year), `load`
    (100 is the mean of these zones), `officer` and `grid_member` (names joined, "" for nobody), `officer_en`,
    `grid_member_en`, `officer_via`, `grid_member_via` ("posting" or "substitute"), `compactness` (0 to 1).
    """

    zones: pd.DataFrame
    since: datetime
    until: datetime


def zone_figures(
    session: Session, place: Station, edition: Edition, kind: ZoneKind, *, at: datetime | None = None
) -> ZoneFigures:
    """Return the figures of every beat or grid cell of an edition, as of a moment (now when None); four queries."""
    now = at or datetime.now(UTC)
    since, until = year_of_incidents(session, place.code, now)
    zones = frames.zones(session, edition.id, kind)
    metric = zones.to_crs(place.metric_epsg)
    table = pd.DataFrame(zones.drop(columns="geometry"))
    table["area_km2"] = (metric.area / 1e6).to_numpy()
    table["compactness"] = balance.compactness(metric).to_numpy()
    counts = figures.counts(session, place.code, edition.id, kind, since=since, until=until)
    table = table.join(counts, on="code")
    table["load"] = load(table["households"], table["incidents"])
    people = figures.posted(session, place.code, edition.id, kind, now)
    for role in ("officer", "grid_member"):
        told = people[people["role"] == role].groupby("code")
        for column, source in ((role, "name"), (f"{role}_en", "name_en"), (f"{role}_via", "via")):
            names = {str(code): _joined(group) for code, group in told[source]}
            table[column] = [names.get(code, "") for code in table["code"]]
    return ZoneFigures(table, since, until)


def load(households: pd.Series[int], incidents: pd.Series[int]) -> pd.Series[float]:
    """Return the load of each zone: half its share of households, half of incidents, where 100 is the mean zone.

    >>> load(pd.Series([10, 30]), pd.Series([0, 0])).tolist()
    [50.0, 150.0]
    """
    parts = [values / values.mean() for values in (households, incidents) if values.sum() > 0]
    if not parts:
        return pd.Series(np.nan, index=households.index)
    return 100 * sum(parts[1:], start=parts[0]) / len(parts)


def year_of_incidents(session: Session, station: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the year in which incidents are counted: up to now, or up to the newest where records end earlier."""
    span = figures.span_of_incidents(session, station)
    until = now if span is None or span[1] > now - STALE else span[1] + timedelta(seconds=1)
    return until - YEAR, until


def _joined(names: pd.Series[str]) -> str:
    return "、".join(dict.fromkeys(name for name in names if name))
