"""What is counted in zones that move while a planner draws: doors, households, calls, disputes, and who answers.

The points of a station are read once and kept for a short while; every version of a draft is then counted anew in
milliseconds, which needs no bookkeeping of what moved. Who answers for a zone depends on its code, not on its ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap.geo.zone_index import build_zone_index
from gridmap.services.drafts.kept import kept
from gridmap.store import figures, points
from gridmap.store.frames import ZoneKind
from gridmap.store.tables import Edition

#: role -> columns of its names.
ROLES = ("officer", "grid_member")


@dataclass(frozen=True, slots=True)
class When:
    """The year in which incidents count, and the moment of postings."""

    since: datetime
    until: datetime
    now: datetime


def tally(
    session: Session, station: str, zones: gpd.GeoDataFrame, when: When
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Return `doors`, `households`, `calls`, `disputes` (in the year) of each zone, and where doors stand in none.

    Zones in EPSG:4326; the counts are on `zones.index`, the orphan doors (m, 2) longitude and latitude. A point on a
    shared border counts once, for the lowest code.
    """
    doors = kept(session, ("doors", station), lambda: points.doors(session, station))
    calls = kept(
        session,
        ("calls", station, when.since.date(), when.until.date()),
        lambda: points.incidents(session, station, when.since, when.until),
    )
    index = build_zone_index(zones)
    columns: dict[str, NDArray[np.int64]] = {}
    orphans = doors[:0, :2]
    for (one, all_), rows in ((("doors", "households"), doors), (("calls", "disputes"), calls)):
        at = index.locate(np.ascontiguousarray(rows[:, 0]), np.ascontiguousarray(rows[:, 1]))
        inside = at >= 0
        if one == "doors":
            orphans = rows[~inside, :2]
        columns[one] = np.bincount(at[inside], minlength=len(zones)).astype(np.int64)
        columns[all_] = np.bincount(at[inside], weights=rows[inside, 2], minlength=len(zones)).astype(np.int64)
    return pd.DataFrame(columns, index=zones.index), orphans


def people(session: Session, edition: Edition, kind: ZoneKind, zones: pd.DataFrame, when: When) -> pd.DataFrame:
    """Return the names of who answers for each zone of an edition, on `zones.index`: `officer`, `officer_en`, ….

    Only zones of a code (and beat) not met in the last while are asked for.
    """
    book: dict[tuple[str, str], dict[str, str]] = kept(session, ("people", edition.station, kind), dict)
    keys = [
        (str(code), str(beat or ""))
        for code, beat in zip(zones["code"], zones.get("beat", pd.Series("", index=zones.index)), strict=True)
    ]
    unmet = sorted({code for code, beat in keys if (code, beat) not in book})
    if unmet:
        told = figures.posted(session, edition.station, edition.id, kind, when.now, codes=unmet)
        by_role = {role: told[told["role"] == role].groupby("code") for role in ROLES}
        names: dict[str, dict[str, str]] = {code: {} for code in unmet}
        for role, groups in by_role.items():
            for code, group in groups:
                names[str(code)] |= {
                    role: "、".join(dict.fromkeys(filter(None, group["name"]))),
                    f"{role}_en": ", ".join(dict.fromkeys(filter(None, group["name_en"]))),
                }
        book.update({key: names[key[0]] for key in keys if key[0] in names})
    columns = [name for role in ROLES for name in (role, f"{role}_en")]
    return pd.DataFrame([{name: book[key].get(name, "") for name in columns} for key in keys], index=zones.index)
