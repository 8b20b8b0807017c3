"""What a draft's zones carry, against the edition in force, and what is wrong: told while the planner draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap.geo import balance
from gridmap.geo.edit import Layers
from gridmap.services import editions as service
from gridmap.services import figures as totals
from gridmap.services.drafts import counts, state
from gridmap.services.drafts.counts import When
from gridmap.services.drafts.kept import kept
from gridmap.store import draft_people, drafts, editions
from gridmap.store.drafts import Head
from gridmap.store.frames import ZoneKind
from gridmap.store.tables import Edition, Station

KINDS: tuple[ZoneKind, ZoneKind] = ("beat", "grid_cell")
#: Figures that are compared with the edition in force.
COMPARED = ("area_km2", "doors", "households", "calls", "disputes", "load", "compactness")


@dataclass(frozen=True)
class Live:
    """A draft in figures.

    `zones`: one row a zone: `kind`, `code`, names, `beat` (of cells), `area_km2`, `compactness`, `doors`, `households`,
    `calls`, `disputes` (in the year), `load` (100 is the mean of its kind), `officer`, `grid_member`, their English names,
    `norm`. `before`: (kind, code) -> the figures `COMPARED` of the edition in force. `faults`: EPSG:4326. `orphans`:
    for each kind of zone, where doors stand in none (m, 2) [degrees].
    """

    zones: pd.DataFrame
    before: Mapping[tuple[str, str], dict[str, Any]]
    faults: gpd.GeoDataFrame
    stops: bool
    year: tuple[date, date]
    orphans: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Told:
    """What the zones of an edition carry, and for each kind where doors stand in none of them (m, 2) [degrees]."""

    zones: pd.DataFrame
    orphans: Mapping[str, NDArray[np.float64]]


def live(
    session: Session, edition: Edition, *, sliver_m: float, norm: tuple[int, int], at: datetime | None = None
) -> Live:
    """Return the figures and faults of a draft as it stands.

    Parameters
    ----------
    sliver_m
        An overlap or gap narrower than this is a sliver [m].
    norm
        Least and most households of a grid cell.
    at
        The moment of postings and of the year of incidents; now when None.

    Raises
    ------
    StationNotFound
    """
    place = editions.find_station(session, edition.station)
    now = at or datetime.now(UTC)
    when = When(*totals.year_of_incidents(session, place.code, now), now)
    head = drafts.head(session, edition.id)
    layers = state.layers_of(session, edition, head)
    now_told = _table_at(session, place, edition, head, when, norm)
    faults = service.faults_of(
        session, place, layers.beats, layers.cells, sliver_m, draft_people.allowed_gaps(session, place.code)
    )
    in_force = editions.in_force(session, place.code)
    before: dict[tuple[str, str], dict[str, Any]] = {}
    if in_force is not None:

        def make() -> dict[tuple[str, str], dict[str, Any]]:
            then = _table(session, place, in_force, state.layers_of(session, in_force, Head()), when, norm)
            rows = plain(then.zones)
            return {(row["kind"], row["code"]): {name: row[name] for name in COMPARED} for row in rows}

        before = kept(session, ("in force", in_force.id, norm, when.until.date()), make)
    stops = not set(faults["kind"]) <= service.HARMLESS
    days = when.since.date(), (when.until - timedelta(seconds=1)).date()
    return Live(now_told.zones, before, faults, stops, days, now_told.orphans)


def zones_now(session: Session, edition: Edition, *, norm: tuple[int, int], at: datetime | None = None) -> pd.DataFrame:
    """Return the figures of a draft as it stands, as `Live.zones`."""
    place = editions.find_station(session, edition.station)
    now = at or datetime.now(UTC)
    when = When(*totals.year_of_incidents(session, place.code, now), now)
    return _table_at(session, place, edition, drafts.head(session, edition.id), when, norm).zones


def rows_that_differ(now: pd.DataFrame, then: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `now` whose figures are not those `then` had for the same zone."""
    keys = ["kind", "code"]
    old = then.set_index(keys).reindex(pd.MultiIndex.from_frame(now[keys]))
    alike = np.ones(len(now), dtype=bool)
    for name in now.columns.difference(keys):
        mine, theirs = now[name].to_numpy(dtype=object), old[name].to_numpy(dtype=object)
        alike &= (mine == theirs) | (pd.isna(mine) & pd.isna(theirs))
    return now.loc[~alike]


def _table_at(
    session: Session, place: Station, edition: Edition, head: Head, when: When, norm: tuple[int, int]
) -> Told:
    """Return the table of a draft as it stands, made once a version."""

    def make() -> Told:
        return _table(session, place, edition, state.layers_of(session, edition, head), when, norm)

    return make() if head.version == 0 else kept(session, (edition.id, head, norm, when.until.date()), make)


def _table(
    session: Session, place: Station, edition: Edition, layers: Layers, when: When, norm: tuple[int, int]
) -> Told:
    """Return what each zone of an edition carries, who answers for it, and the doors in no zone."""
    parts = []
    outside: dict[str, NDArray[np.float64]] = {}
    for kind, zones in zip(KINDS, (layers.beats, layers.cells), strict=True):
        if zones.empty:
            continue
        metric = zones.to_crs(place.metric_epsg)
        table = pd.DataFrame(zones.drop(columns="geometry")).assign(kind=kind)
        if kind == "beat":
            table["beat"] = None
        table["area_km2"] = (metric.area / 1e6).to_numpy()
        table["compactness"] = balance.compactness(metric).to_numpy()
        held, orphans = counts.tally(session, place.code, zones, when)
        outside[kind] = orphans
        table = table.join(held)
        table = table.join(counts.people(session, edition, kind, zones, when))
        table["load"] = totals.load(table["households"], table["calls"])
        parts.append(table)
    done = pd.concat(parts, ignore_index=True)[_COLUMNS] if parts else pd.DataFrame(columns=_COLUMNS)
    cells = (done["kind"] == "grid_cell").to_numpy()
    homes = done["households"].to_numpy(dtype=float)
    done["norm"] = np.select([cells & (homes < norm[0]), cells & (homes > norm[1])], ["under", "over"], "")
    return Told(done, outside)


_COLUMNS = [
    "kind", "code", "name_zh", "name_en", "beat", "area_km2", "compactness", "doors", "households", "calls", "disputes",
    "load", "officer", "officer_en", "grid_member", "grid_member_en",
]  # fmt: skip


def plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return figures as plain rows, rounded as they are shown."""
    shown = rows.round({"area_km2": 4, "compactness": 4, "load": 2})
    return list(shown.astype(object).where(shown.notna(), None).to_dict("records"))  # type: ignore[arg-type]
