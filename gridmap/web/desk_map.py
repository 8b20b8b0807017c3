"""The map beside a list of disputes: what its script needs; its own files are loaded only when it is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from gridmap.store import editions
from gridmap.store.tables import Station
from gridmap.web import assets, desk_rows
from gridmap.web.maps import base, ground
from gridmap.web.words import TAGS, Language


def map_facts(
    session: Session, here: Station, map_: base.MapParts, rows: Sequence[Mapping[str, Any]], language: Language
) -> dict[str, Any]:
    """Return where the map of a list gets its ground and its zones, its points and its files; one small query."""
    in_force = editions.in_force(session, here.code)
    return {
        "lang": language, "tag": TAGS[language], "ground": ground.ground_url(here.code),
        "zones": None if in_force is None else ground.zones_url(in_force), "points": desk_rows.points(rows),
        "styles": [*map_.styles, assets.own("desk.css")], "scripts": [*map_.scripts, map_.script_url],
    }  # fmt: skip
