"""What staged incidents and disputes name — addresses, incidents, categories — found in the database, set by set."""

from __future__ import annotations

from collections.abc import Callable
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


def match_categories(session: Session, stage: Stage, column: str) -> None:
    """Replace names of categories, in either language, by their codes; one statement."""
    session.execute(
        text(f"""UPDATE {stage.name} s SET {column} = c.code FROM incident_category c
                 WHERE s.{column} <> c.code AND lower(s.{column}) IN (lower(c.code), lower(c.name_zh), lower(c.name_en))
                   AND NOT EXISTS (SELECT FROM incident_category same WHERE same.code = s.{column})""")
    )


def add_categories(session: Session, stage: Stage, column: str, *, dispute: bool) -> list[str]:
    """Add a category for each word of `column` that none is called, and return the words."""
    rows = session.execute(
        text(f"""INSERT INTO incident_category (code, name_zh, name_en, is_dispute)
                 SELECT DISTINCT s.{column}, s.{column}, s.{column}, cast(:dispute AS boolean) FROM {stage.name} s
                 ON CONFLICT (code) DO NOTHING RETURNING code"""),
        {"dispute": dispute},
    )
    return sorted(str(code) for (code,) in rows)


def log_disputes(session: Session, stage: Stage, station: str) -> None:
    """Note which steps the staged disputes are ahead of the log, before they are kept; one statement."""
    session.execute(text("DROP TABLE IF EXISTS pg_temp.stage_dispute_event"))
    session.execute(
        text(f"""CREATE TEMPORARY TABLE stage_dispute_event ON COMMIT DROP AS
                 SELECT s.number, step.at, step.what FROM {stage.name} s
                 CROSS JOIN LATERAL (VALUES
                   (s.opened_at, 'opened', 1),
                   (s.opened_at, 'accepted', CASE WHEN s.state IN ('accepted', 'in_hand', 'settled', 'closed') THEN 1 END),
                   (s.settled_at, 'settled', CASE WHEN s.state IN ('settled', 'closed') THEN 1 END),
                   (s.settled_at, 'closed', CASE WHEN s.state = 'closed' THEN 1 END),
                   (s.opened_at, 'withdrawn', CASE WHEN s.state = 'withdrawn' THEN 1 END)
                 ) AS step(at, what, due)
                 LEFT JOIN dispute d ON d.station = :station AND d.number = s.number
                 WHERE step.due = 1 AND NOT EXISTS (
                   SELECT FROM dispute_event e WHERE e.dispute_id = d.id AND e.what = step.what)"""),
        {"station": station},
    )


def write_log(session: Session, station: str) -> None:
    """Append the steps noted by `log_disputes`; one statement."""
    session.execute(
        text("""INSERT INTO dispute_event (station, dispute_id, at, by, what, note)
                SELECT d.station, d.id, n.at, 'import', n.what, '' FROM stage_dispute_event n
                JOIN dispute d ON d.station = :station AND d.number = n.number ORDER BY d.id, n.at"""),
        {"station": station},
    )
