"""What a draft's zones carry, against the edition in force, and what is wrong: told while the planner draws.

The counts of a version are kept in memory, so that after an edit only the zones it touched are counted anew.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gridmap.geo import balance
from gridmap.services import editions as service
from gridmap.services import figures as totals
from gridmap.services.drafts import history, state
from gridmap.store import draft_people, drafts, editions, figures, frames
from gridmap.store.drafts import Head
from gridmap.store.frames import ZoneKind
from gridmap.store.tables import Edition, Station

KINDS: tuple[ZoneKind, ZoneKind] = ("beat", "grid_cell")
KEPT = 32
#: How long the counts of an edition may be old: doors and postings change under a planner's hands, but slowly.
FRESH = timedelta(minutes=2)
#: Figures that are compared with the edition in force.
COMPARED = ("area_km2", "doors", "households", "calls", "disputes", "load", "compactness")
Norm = Literal["under", "over", ""]


@dataclass(frozen=True)
class Live:
    """A draft in figures.

    `zones`: one row a zone: `kind`, `code`, names, `beat` (of cells), `area_km2`, `compactness`, `doors`, `households`,
    `calls`, `disputes` (in the year), `load` (100 is the mean of its kind), `officer`, `grid_member`, their English names,
    `norm`. `before`: the same of the edition in force, indexed by kind and code. `faults`: EPSG:4326.
    """

    zones: pd.DataFrame
    before: pd.DataFrame
    faults: gpd.GeoDataFrame
    stops: bool
    year: tuple[date, date]


@dataclass(frozen=True)
class _Kept:
    table: pd.DataFrame
    made: float


@dataclass(frozen=True, slots=True)
class _When:
    """The year in which incidents count, and the moment of postings."""

    since: datetime
    until: datetime
    now: datetime


_tables: WeakKeyDictionary[Engine, OrderedDict[tuple[int, int], _Kept]] = WeakKeyDictionary()
_guard = threading.Lock()


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
    when = _When(*totals.year_of_incidents(session, place.code, now), now)
    head = drafts.head(session, edition.id)
    layers = state.layers_of(session, edition, head)
    zones = _finished(_table(session, place, edition, head, when), norm)
    faults = service.faults_of(
        session, place, layers.beats, layers.cells, sliver_m, draft_people.allowed_gaps(session, place.code)
    )
    in_force = editions.in_force(session, place.code)
    before = zones.iloc[:0]
    if in_force is not None:
        before = _finished(_table(session, place, in_force, Head(), when), norm)
    stops = not set(faults["kind"]) <= service.HARMLESS
    days = when.since.date(), (when.until - timedelta(seconds=1)).date()
    return Live(zones, before.set_index(["kind", "code"]), faults, stops, days)


def zones_now(session: Session, edition: Edition, *, norm: tuple[int, int], at: datetime | None = None) -> pd.DataFrame:
    """Return the figures of a draft as it stands, as `Live.zones`."""
    place = editions.find_station(session, edition.station)
    now = at or datetime.now(UTC)
    when = _When(*totals.year_of_incidents(session, place.code, now), now)
    return _finished(_table(session, place, edition, drafts.head(session, edition.id), when), norm)


def rows_that_differ(now: pd.DataFrame, then: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `now` whose figures are not those `then` had for the same zone."""
    keys = ["kind", "code"]
    old = then.set_index(keys).reindex(pd.MultiIndex.from_frame(now[keys]))
    alike = np.ones(len(now), dtype=bool)
    for name in now.columns.difference(keys):
        mine, theirs = now[name].to_numpy(dtype=object), old[name].to_numpy(dtype=object)
        alike &= (mine == theirs) | (pd.isna(mine) & pd.isna(theirs))
    return now.loc[~alike]


def _table(session: Session, place: Station, edition: Edition, head: Head, when: _When) -> pd.DataFrame:
    """Return the counts of an edition; of a draft, the counts of the version before carried on."""
    engine, key = _engine(session), (edition.id, head.version)
    with _guard:
        shelf = _tables.setdefault(engine, OrderedDict())
        fresh = {at: one for at, one in shelf.items() if time.monotonic() - one.made < FRESH.total_seconds()}
    still = edition.status != "draft" or head.version > 0
    if key in fresh and still:
        return fresh[key].table
    base = max((at[1] for at in fresh if at[0] == edition.id and 0 < at[1] < head.version), default=None)
    if base is None:
        made, table = time.monotonic(), _counted(session, place, edition, when, None)
    else:
        kept = fresh[edition.id, base]
        moved = _moved_since(session, edition, base)
        made, table = kept.made, _carried_on(session, place, edition, kept.table, moved, when)
    with _guard:
        shelf[key] = _Kept(table, made)
        shelf.move_to_end(key)
        while len(shelf) > KEPT:
            shelf.popitem(last=False)
    return table


def _moved_since(session: Session, edition: Edition, version: int) -> set[tuple[str, str]]:
    """Return kind and code of every zone that may differ from what it was at `version`."""
    events = drafts.events_since(session, edition.id, version, limit=10_000)
    parents = drafts.parents(session, edition.id)
    passed = {step.seq for one in events for step in history.path(parents, one.parent, one.state)}
    return drafts.zones_of(session, edition.id, sorted(passed))


def _carried_on(
    session: Session,
    place: Station,
    edition: Edition,
    table: pd.DataFrame,
    moved: set[tuple[str, str]],
    when: _When,
) -> pd.DataFrame:
    touched = pd.MultiIndex.from_frame(table[["kind", "code"]]).isin(list(moved))
    codes = {kind: sorted(code for of, code in moved if of == kind) for kind in KINDS}
    fresh = _counted(session, place, edition, when, codes)
    parts = [part for part in (table.loc[~touched], fresh) if len(part)]
    together = pd.concat(parts, ignore_index=True) if parts else fresh
    return together.sort_values(["kind", "code"], ignore_index=True)


def _counted(
    session: Session,
    place: Station,
    edition: Edition,
    when: _When,
    codes: dict[ZoneKind, list[str]] | None,
) -> pd.DataFrame:
    """Return what each zone (of `codes`, by kind; all when None) carries, and who answers for it."""
    parts = []
    for kind in KINDS:
        wanted = None if codes is None else codes[kind]
        if wanted == []:
            continue
        zones = frames.zones(session, edition.id, kind, codes=wanted)
        if zones.empty:
            continue
        metric = zones.to_crs(place.metric_epsg)
        table = pd.DataFrame(zones.drop(columns="geometry")).assign(kind=kind)
        if kind == "beat":
            table["beat"] = None
        table["area_km2"] = (metric.area / 1e6).to_numpy()
        table["compactness"] = balance.compactness(metric).to_numpy()
        counts = figures.counts(
            session, place.code, edition.id, kind, since=when.since, until=when.until, codes=wanted
        ).rename(columns={"incidents": "calls"})
        table = table.join(counts, on="code")
        people = figures.posted(session, place.code, edition.id, kind, when.now, codes=wanted)
        for role in ("officer", "grid_member"):
            told = people[people["role"] == role].groupby("code")
            for column, source in ((role, "name"), (f"{role}_en", "name_en")):
                names = {str(code): "、".join(dict.fromkeys(filter(None, group))) for code, group in told[source]}
                table[column] = [names.get(code, "") for code in table["code"]]
        parts.append(table)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)


_COLUMNS = [
    "kind", "code", "name_zh", "name_en", "beat", "area_km2", "compactness", "doors", "households", "calls", "disputes",
    "officer", "officer_en", "grid_member", "grid_member_en",
]  # fmt: skip


def _finished(table: pd.DataFrame, norm: tuple[int, int]) -> pd.DataFrame:
    """Return the table with what depends on all zones of a kind, or on the norm."""
    done = table[_COLUMNS].copy()
    done["load"] = np.nan
    for kind in KINDS:
        rows = done["kind"] == kind
        if rows.any():
            of_kind = done.loc[rows]
            done.loc[rows, "load"] = totals.load(of_kind["households"].astype(int), of_kind["calls"].astype(int))
    cells = (done["kind"] == "grid_cell").to_numpy()
    homes = done["households"].to_numpy(dtype=float)
    done["norm"] = np.select([cells & (homes < norm[0]), cells & (homes > norm[1])], ["under", "over"], "")
    return done


def plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return figures as plain rows, rounded as they are shown."""
    shown = rows.round({"area_km2": 4, "compactness": 4, "load": 2})
    return list(shown.astype(object).where(shown.notna(), None).to_dict("records"))  # type: ignore[arg-type]


def _engine(session: Session) -> Engine:
    bind = session.get_bind()
    return bind if isinstance(bind, Engine) else bind.engine
