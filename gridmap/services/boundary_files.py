"""A boundary file brought into a draft: what was read, what was refused, and what is wrong with the draft then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
from sqlalchemy.orm import Session

from gridmap.services import editions, imports
from gridmap.services.drafts import record
from gridmap.services.imports import Report, ZoneOptions
from gridmap.store.tables import Edition


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file did to a draft: the report of the rows, and every fault there is then."""

    report: Report
    faults: gpd.GeoDataFrame

    @property
    def stops(self) -> bool:
        """Whether a fault keeps the draft from being published."""
        return not bool(self.faults["kind"].isin(editions.HARMLESS).all())


def load(
    session: Session,
    edition: Edition,
    path: Path,
    *,
    by: str,
    version: int | None = None,
    options: ZoneOptions,
    mapping: Mapping[str, str] | None = None,
    crs: str | None = None,
    sliver_m: float = 1.0,
) -> Loaded:
    """Put the zones of a file into a draft, as one event; of a kind that the file has not, the draft keeps its own.

    Raises
    ------
    EditionStepNotAllowed, DraftMoved, ZoneLocked
    ImportUnclear, ColumnUnclear, LayerUnclear, NoSystem, LiesLikeAnotherDatum
    NotWhatItClaims, Truncated, Encrypted, Bomb
    """
    record.begin(session, edition, version)
    report = imports.load_zones(
        session, path, station=edition.station, by=by, mapping=mapping, crs=crs, options=options
    )
    imports.record(session, report, path, by=by)
    faults = editions.check(session, edition.station, edition.number, sliver_m=sliver_m)
    return Loaded(report, faults)
