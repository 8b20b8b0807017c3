"""Changing the zones of a draft: one person at a time, on record."""

from __future__ import annotations

import geopandas as gpd
from sqlalchemy.orm import Session

from gridmap.services import editions as service
from gridmap.store import audit, editions
from gridmap.store.tables import Edition


def lock(session: Session, edition: Edition) -> None:
    """Hold the station's editions until the transaction ends, so that what is compared is still so when changed."""
    editions.lock_station(session, edition.station)
    session.refresh(edition)


def put_zones(session: Session, edition: Edition, beats: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, *, by: str) -> None:
    """Replace all zones of a draft and put it on record.

    Raises
    ------
    EditionStepNotAllowed
        If the edition is no draft.
    """
    service.put_zones(session, edition, beats, cells)
    audit.write(
        session,
        [edition.station],
        by=by,
        action="replace zones",
        thing=f"edition {edition.number}",
        after={"beats": len(beats), "grid_cells": len(cells)},
    )
