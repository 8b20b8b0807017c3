"""The peers of a scan: what they run on, the tables they want, and how each is started.

They live in an environment of their own with what `requirements/scan-peers.txt` locks (fastapi, asyncpg, tipg, django-mapit
with the last Django it runs on, gunicorn; psycopg2 is its binary twin), made once a machine in the user's cache.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import numpy as np
from numpy.typing import NDArray

from gridmap.store import databases
from tests.api.ogc.clients import ROOT, locked_python

LOCKED = ROOT / "requirements" / "scan-peers.txt"
HERE = Path(__file__).parent

#: Flat tables, as one would lay them down for nothing but scans: an officer at each plate and at each cell.
TABLES = """
CREATE SCHEMA peer;
CREATE TABLE peer.person AS SELECT id, code, name, name_en, service_phone AS phone, office FROM person;
ALTER TABLE peer.person ADD PRIMARY KEY (id);
CREATE TABLE peer.cell AS
  SELECT g.code, g.beat, (ST_Dump(g.geom)).geom::geometry(Polygon, 4326) AS geom, o.id AS person_id
  FROM grid_cell g JOIN person o ON o.code = g.beat || 'P0';
ALTER TABLE peer.cell ADD PRIMARY KEY (code);
CREATE INDEX ON peer.cell USING gist (geom);
CREATE TABLE peer.plate AS
  SELECT p.code, a.street, right(a.house_number, 3) AS number_tail, a.village, z.beat, z.grid_cell AS cell,
         c.person_id, s.desk_phone, o.name, o.service_phone AS phone, a.geom::geometry(Point, 4326) AS geom
  FROM plate p JOIN address a ON a.id = p.address_id JOIN assignment z ON z.plate = p.code
  JOIN peer.cell c ON c.code = z.grid_cell JOIN person o ON o.id = c.person_id JOIN station s ON s.code = p.station;
ALTER TABLE peer.plate ADD PRIMARY KEY (code);
VACUUM ANALYZE peer.plate;
VACUUM ANALYZE peer.cell;
VACUUM ANALYZE peer.person;
"""
MAPIT = """
INSERT INTO mapit_generation (id, active, created, description) VALUES (1, true, now(), 'made up');
INSERT INTO mapit_type (id, code, description) VALUES (1, 'CELL', 'grid cell');
CREATE TEMP TABLE fresh (id int, name text, geom geometry);
"""
MAPIT_AREAS = """
INSERT INTO mapit_area (id, name, type_id, generation_low_id, generation_high_id) SELECT id, name, 1, 1, 1 FROM fresh;
INSERT INTO mapit_geometry (area_id, polygon) SELECT id, geom FROM fresh;
ANALYZE;
"""


def python() -> Path:
    """Return the Python of the peers' environment, or skip where it cannot be made."""
    return locked_python(LOCKED, "scan-peers")


def fill(url: str) -> None:
    """Add the peers' tables to a filled town."""
    with databases.connect(url) as session:
        for statement in TABLES.split(";\n"):
            if statement.strip():
                session.execute(statement)


def fill_mapit(url: str, town: str) -> None:
    """Let MapIt make its tables in an empty database and add the town's cells as its areas."""
    command = [str(python()), "-m", "django", "migrate", "--verbosity", "0"]
    subprocess.run(command, env={**os.environ, **mapit_environment(url)}, check=True, timeout=120)
    with databases.connect(town) as source, databases.connect(url) as target:
        target.execute(MAPIT)
        read = "COPY (SELECT row_number() OVER (ORDER BY code), code, geom FROM peer.cell) TO STDOUT"
        with source.cursor().copy(read) as rows, target.cursor().copy("COPY fresh FROM STDIN") as copy:
            for row in rows:
                copy.write(row)
        target.execute(MAPIT_AREAS)


def points(url: str) -> NDArray[np.bytes_]:
    """Return every plate's point as MapIt wants it in an address, "112.912345,35.801234", (n,) of 20 bytes."""
    with databases.connect(url) as session:
        read = "SELECT to_char(ST_X(geom), 'FM000.000000') || ',' || to_char(ST_Y(geom), 'FM00.000000') FROM peer.plate"
        found = [row[0] for row in session.execute(read)]
    return np.unique(np.array(found, dtype="S20"))


def environment(url: str) -> dict[str, str]:
    """Return libpq's variables for a database."""
    parts = urlsplit(url)
    told = parse_qs(parts.query)
    return {
        "PGHOST": told.get("host", [parts.hostname or "localhost"])[0],
        "PGPORT": told.get("port", [str(parts.port or 5432)])[0],
        "PGUSER": parts.username or "",
        "PGPASSWORD": parts.password or "",
        "PGDATABASE": parts.path[1:],
    }


def address(url: str) -> str:
    """Return a database's address with the folder of its socket in the place of a host: tipg wants one there."""
    told = environment(url)
    secret = f":{quote(told['PGPASSWORD'], safe='')}" if told["PGPASSWORD"] else ""
    return (
        f"postgresql://{told['PGUSER']}{secret}@{quote(told['PGHOST'], safe='')}:{told['PGPORT']}/{told['PGDATABASE']}"
    )


def mapit_environment(url: str) -> dict[str, str]:
    """Return what MapIt's process wants to know."""
    return {**environment(url), "DJANGO_SETTINGS_MODULE": "mapit_settings", "PYTHONPATH": str(HERE)}


def bare(app: str, workers: int, body: int) -> dict[str, Any]:
    """Return how to run a server of `bare` on gridmap's own libraries."""
    import sys

    return {
        "command": _uvicorn(sys.executable, f"bare:{app}", workers),
        "PYTHONPATH": str(HERE),
        "BODY_BYTES": str(body),
    }


def queried(url: str, workers: int = 1) -> dict[str, Any]:
    """Return how to run the servers of `queried`."""
    return {"command": _uvicorn(python(), "queried:app", workers), "PYTHONPATH": str(HERE), **environment(url)}


def tipg(url: str) -> dict[str, Any]:
    """Return how to run tipg on the flat table of plates."""
    told = {
        "TIPG_DB_SCHEMAS": '["peer"]',
        "TIPG_DB_EXCLUDE_FUNCTION_SCHEMAS": '["public"]',
        "DATABASE_URL": address(url),
    }
    return {"command": _uvicorn(python(), "tipg.main:app", 1), **told}


def mapit(url: str) -> dict[str, Any]:
    """Return how to run MapIt, in one process with a few threads as gunicorn does best."""
    command = [
        str(python()), "-m", "gunicorn", "-b", "127.0.0.1:{port}", "-w", "1", "-k", "gthread", "--threads", "4",
        "--log-level", "error", "--no-control-socket", "django.core.wsgi:get_wsgi_application()",
    ]  # fmt: skip
    return {"command": command, **mapit_environment(url)}


def _uvicorn(python_: Path | str, app: str, workers: int) -> list[str]:
    return [
        str(python_), "-m", "uvicorn", app, "--port", "{port}", "--workers", str(workers), "--loop", "uvloop",
        "--http", "httptools", "--log-level", "error", "--no-access-log", "--no-server-header",
    ]  # fmt: skip
