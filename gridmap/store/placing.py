"""What staged incidents and disputes name — addresses, incidents, categories — found in the database, set by set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import pandas as pd
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store import loading
from gridmap.store.frames import driver
from gridmap.store.loading import Stage

#: Addresses whose keys are made at once.
KEYS_AT_ONCE: Final = 50_000
KEYS: Final = Stage("stage_address_key", {"address_id": "bigint", "match_key": "text"})

#: The place of a staged row: its own coordinates, else those of its address.
POINT: Final = """CASE WHEN s.lon IS NOT NULL THEN ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326)
                       ELSE (SELECT a.geom FROM address a WHERE a.id = s.address_id) END"""


def match_codes(session: Session, stage: Stage, station: str) -> None:
    """Set `address_id` of rows whose `address` is the code of an address; one statement."""
    session.execute(
        text(f"""UPDATE {stage.name} s SET address_id = a.id FROM address a
                 WHERE a.station = :station AND a.code = s.address"""),
        {"station": station},
    )


def match_texts(session: Session, stage: Stage, station: str, normalise: Callable[[str], str]) -> None:
    """Set `address_id` of rows without a place whose `match_key` is the normal form of one address of the station.

    All addresses of the station are read once, in blocks; a form that two addresses share matches neither.
    """
    if not loading.count_where(session, stage, "s.match_key IS NOT NULL AND s.address_id IS NULL"):
        return
    loading.open_stage(session, KEYS)
    with driver(session).cursor(name="addresses_by_key") as cursor:
        cursor.execute("SELECT id, full_text FROM address WHERE station = %s", [station])
        while rows := cursor.fetchmany(KEYS_AT_ONCE):
            keys = [normalise(full) for _, full in rows]
            ids = [row[0] for row in rows]
            loading.copy_rows(session, KEYS, pd.DataFrame({"line": ids, "address_id": ids, "match_key": keys}))
    loading.analyse(session, KEYS)
    session.execute(
        text(f"""UPDATE {stage.name} s SET address_id = k.address_id
                 FROM (SELECT match_key, min(address_id) AS address_id FROM {KEYS.name}
                       GROUP BY 1 HAVING count(*) = 1) k
                 WHERE s.address_id IS NULL AND s.match_key = k.match_key""")
    )


def count_unplaced(session: Session, stage: Stage) -> int:
    """Return how many staged rows have neither coordinates nor an address."""
    return loading.count_where(session, stage, "s.lon IS NULL AND s.address_id IS NULL")


def match_incidents(session: Session, stage: Stage, station: str) -> None:
    """Set `incident_id` of rows that name an incident by its number, and its place where they say none; one statement."""
    session.execute(
        text(f"""UPDATE {stage.name} s SET incident_id = i.id,
                   address_id = CASE WHEN s.lon IS NULL AND coalesce(s.address, s.address_text) IS NULL THEN i.address_id END,
                   lon = CASE WHEN coalesce(s.address, s.address_text) IS NULL THEN coalesce(s.lon, ST_X(i.geom)) ELSE s.lon END,
                   lat = CASE WHEN coalesce(s.address, s.address_text) IS NULL THEN coalesce(s.lat, ST_Y(i.geom)) ELSE s.lat END
                 FROM incident i
                 WHERE i.station = :station AND i.number = s.incident"""),
        {"station": station},
    )


def match_categories(session: Session, stage: Stage, column: str, *, dispute: bool = False) -> None:
    """Replace names of categories, in either language, by their codes; a kind of `dispute` may lack its 纠纷; one statement."""
    names = "lower(c.code), lower(c.name_zh), lower(c.name_en)" + (
        ", replace(c.name_zh, '纠纷', '')" if dispute else ""
    )
    session.execute(
        text(f"""UPDATE {stage.name} s SET {column} = c.code FROM incident_category c
                 WHERE s.{column} <> c.code AND lower(s.{column}) IN ({names})
                   AND NOT EXISTS (SELECT FROM incident_category same WHERE same.code = s.{column})""")
    )


def add_known(session: Session, stage: Stage, column: str, kinds: Mapping[str, tuple[str, str]]) -> list[str]:
    """Add the kinds of dispute every station knows (code -> Chinese, English) that rows name and nobody added; one statement."""
    codes = list(kinds)
    rows = session.execute(
        text(f"""INSERT INTO incident_category (code, name_zh, name_en, is_dispute)
                 SELECT k.code, k.zh, k.en, true
                 FROM unnest(CAST(:codes AS text[]), CAST(:zh AS text[]), CAST(:en AS text[])) AS k (code, zh, en)
                 WHERE EXISTS (SELECT FROM {stage.name} s WHERE lower(s.{column}) IN
                   (k.code, k.zh, lower(k.en), replace(k.zh, '纠纷', '')))
                 ON CONFLICT (code) DO NOTHING RETURNING code"""),
        {"codes": codes, "zh": [kinds[code][0] for code in codes], "en": [kinds[code][1] for code in codes]},
    )
    return sorted(str(code) for (code,) in rows)


def add_categories(session: Session, stage: Stage, column: str, *, dispute: bool) -> list[str]:
    """Add a category for each word of `column` that none is called, and return the words."""
    rows = session.execute(
        text(f"""INSERT INTO incident_category (code, name_zh, name_en, is_dispute)
                 SELECT DISTINCT s.{column}, s.{column}, s.{column}, cast(:dispute AS boolean) FROM {stage.name} s
                 ON CONFLICT (code) DO NOTHING RETURNING code"""),
        {"dispute": dispute},
    )
    return sorted(str(code) for (code,) in rows)
