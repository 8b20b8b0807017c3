"""A draft as the API tells it: zones as features, figures, faults, who is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import orjson
import pandas as pd
import shapely
from fastapi import Request, Response
from sqlalchemy.orm import Session

from gridmap.api.schemas.drafts import CompanyBody, LockBody, PersonHere
from gridmap.services.drafts import live as figures
from gridmap.services.drafts.live import Live
from gridmap.services.drafts.people import Company
from gridmap.services.drafts.record import told
from gridmap.services.drafts.state import Done, Draft, open_state
from gridmap.store import drafts
from gridmap.store.tables import Edition

#: Decimals of a degree: 1e-7 is 1 cm, so that a vertex that comes back is told from its neighbours.
DECIMALS = 7
#: Faults sent with every reply; the others are counted.
MOST_FAULTS = 200


def send(content: Any) -> Response:
    """Return `content` as JSON that nobody keeps."""
    body = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


def whole(draft: Draft, live: Live, company: Company) -> dict[str, Any]:
    """Return everything the page needs to begin."""
    return {
        **_standing(draft),
        "editable": draft.edition.status == "draft",
        "beats": collection(draft.layers.beats),
        "cells": collection(draft.layers.cells),
        "live": of_live(live, live.zones),
        **of_company(draft.edition, company).model_dump(exclude={"version", "editable"}),
    }


def after_change(
    request: Request, session: Session, edition: Edition, done: Done, then: pd.DataFrame | None
) -> dict[str, Any]:
    """Return what a change did: the event, the zones changed and gone, and the figures that are others now."""
    draft = open_state(session, edition)
    live = live_of(request, session, edition)
    rows = live.zones if then is None else figures.rows_that_differ(live.zones, then)
    codes = {kind: {code for of, code in done.changed if of == kind} for kind in figures.KINDS}
    return {
        **_standing(draft),
        "event": None if done.event is None else told(done.event),
        "changed": {
            "beats": features(draft.layers.beats, codes["beat"]),
            "cells": features(draft.layers.cells, codes["grid_cell"]),
        },
        "gone": {
            "beats": [code for kind, code in done.gone if kind == "beat"],
            "cells": [code for kind, code in done.gone if kind == "grid_cell"],
        },
        "live": of_live(live, rows),
    }


def live_of(request: Request, session: Session, edition: Edition) -> Live:
    """Return a draft's figures and faults by the settings of the service."""
    settings = request.app.state.settings
    norm = (settings.norm_low, settings.norm_high)
    return figures.live(session, edition, sliver_m=settings.sliver_m, norm=norm)


def figures_before(request: Request, session: Session, edition: Edition) -> pd.DataFrame:
    """Return the finished figures of a draft before a change, to tell which differ after it."""
    settings = request.app.state.settings
    return figures.zones_now(session, edition, norm=(settings.norm_low, settings.norm_high))


def of_live(live: Live, rows: pd.DataFrame) -> dict[str, Any]:
    """Return figures and faults as the page reads them; `rows` are the zones to tell of."""
    told_rows = figures.plain(rows)
    for row in told_rows:
        row["before"] = live.before.get((row["kind"], row["code"]))
    shown = live.faults.head(MOST_FAULTS)
    return {
        "zones": told_rows,
        "faults": _faults(shown),
        "faults_left": len(live.faults) - len(shown),
        "stops": live.stops,
        "orphan_doors": {
            kind: {"doors": len(spots), "places": np.unique(spots.round(DECIMALS), axis=0)[:MOST_FAULTS].tolist()}
            for kind, spots in live.orphans.items()
        },
        "year": [day.isoformat() for day in live.year],
    }


def _faults(faults: Any) -> list[dict[str, Any]]:
    shapes = np.asarray(faults.geometry.array, dtype=object)
    spots = shapely.point_on_surface(shapes)
    lon, lat = shapely.get_x(spots).round(DECIMALS), shapely.get_y(spots).round(DECIMALS)
    rows = zip(faults.to_dict("records"), lon, lat, _geometries(shapes), strict=True)
    return [
        {
            "n": n, "kind": row["kind"], "layer": row["layer"], "zones": list(row["zones"]),
            "area_m2": _finite(row["area_m2"]), "length_m": _finite(row["length_m"]), "detail": row["detail"],
            "lon": _finite(x), "lat": _finite(y), "geometry": shape,
        }
        for n, (row, x, y, shape) in enumerate(rows, start=1)
    ]  # fmt: skip


def _finite(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), DECIMALS)


def of_company(edition: Edition, company: Company) -> CompanyBody:
    """Return who is there and what is locked."""
    return CompanyBody(
        version=company.version,
        editable=edition.status == "draft",
        present=[
            PersonHere(login=one.login, name=one.name, seen_s=round(age, 1), kind=one.kind, code=one.code)
            for one, age in company.present
        ],
        locks=[LockBody(kind=one.kind, code=one.code, by=one.by, at=one.at.isoformat()) for one in company.locks],
    )


def collection(zones: Any) -> dict[str, Any]:
    """Return zones as a feature collection."""
    return {"type": "FeatureCollection", "features": features(zones)}


def features(zones: Any, codes: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return zones (those of `codes`) as features with code, names and beat."""
    shown = zones if codes is None else zones[zones["code"].isin(list(codes))]
    names = [name for name in ("code", "name_zh", "name_en", "beat") if name in shown.columns]
    facts = shown[names].astype(object).where(shown[names].notna(), None).to_dict("records")
    shapes = _geometries(np.asarray(shown.geometry.array, dtype=object))
    return [
        {"type": "Feature", "id": fact["code"], "properties": fact, "geometry": shape}
        for fact, shape in zip(facts, shapes, strict=True)
    ]


def _geometries(shapes: Any) -> list[orjson.Fragment | None]:
    rounded = shapely.transform(shapes, lambda points: np.round(points, DECIMALS))
    return [None if text is None else orjson.Fragment(text) for text in shapely.to_geojson(rounded)]


def _standing(draft: Draft) -> dict[str, Any]:
    return {
        "version": draft.head.version,
        "state": draft.head.state,
        "can_undo": draft.can_undo,
        "can_redo": draft.can_redo,
    }


def lineage(session: Session, edition: Edition) -> set[int]:
    """Return the states that are part of the present one."""
    parents, at = drafts.parents(session, edition.id), drafts.head(session, edition.id).state
    found = set()
    while at != 0:
        found.add(at)
        at = parents[at]
    return found
