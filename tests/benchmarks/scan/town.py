"""A made-up city for scans: stations of 50,000 plates each, all alike, laid down by SQL in a minute for a million.

A station is a rectangle of 25 beats side by side, each a column of 10 grid cells; 200 doors a cell, on four streets. Each beat has two
officers who take turns by day and by night for a month, an auxiliary, and each cell a grid member. Codes are random,
from a fixed seed, with their true check symbols.
"""

from __future__ import annotations

import numpy as np
import psycopg
from numpy.typing import NDArray

from gridmap.domain.codes import ALPHABET, _times, parse_plate_code
from gridmap.store import databases

PER_STATION, BEATS, CELLS_A_BEAT = 50_000, 25, 10
ZONES = BEATS * CELLS_A_BEAT
#: Side of a cell and the south-west corner of the first station [degrees].
SIDE, WEST, SOUTH = 0.004, 112.9, 35.8
DAYS = 30

_COUNTED = "generate_series(1, %(stations)s) s"
_WHERE_X = f"{WEST} + ((s - 1) %% 5) * {BEATS} * {SIDE}"
_WHERE_Y = f"{SOUTH} + ((s - 1) / 5) * {CELLS_A_BEAT} * {SIDE}"
_NAME = "'S' || lpad(s::text, 3, '0')"

STATIONS = f"""
INSERT INTO station (code, name_zh, name_en, metric_epsg, desk_phone, synthetic, published, jurisdiction)
SELECT {_NAME}, '合成' || s || '派出所', 'Made-up station ' || s, 32649, '0000-' || (1000 + s), true, ARRAY['names'],
       ST_Multi(ST_MakeEnvelope({_WHERE_X}, {_WHERE_Y}, {_WHERE_X} + {BEATS * SIDE}, {_WHERE_Y} + {CELLS_A_BEAT * SIDE}, 4326))
FROM {_COUNTED};
"""
EDITIONS = f"""
INSERT INTO edition (station, number, status, synthetic, created_by, published_at, published_by)
SELECT {_NAME}, 1, 'published', true, 'bench', now() - interval '9 days', 'bench' FROM {_COUNTED};
INSERT INTO edition_period (station, edition_id, during)
SELECT station, id, tstzrange(published_at, NULL) FROM edition;
INSERT INTO beat (edition_id, code, station, name_zh, name_en, geom)
SELECT e.id, {_NAME} || 'B' || lpad(b::text, 2, '0'), e.station, b || '号警格', 'Beat ' || b,
       ST_Multi(ST_MakeEnvelope({_WHERE_X} + b * {SIDE}, {_WHERE_Y}, {_WHERE_X} + (b + 1) * {SIDE}, {_WHERE_Y} + {CELLS_A_BEAT * SIDE}, 4326))
FROM {_COUNTED} JOIN edition e ON e.station = {_NAME} CROSS JOIN generate_series(0, {BEATS - 1}) b;
INSERT INTO grid_cell (edition_id, code, station, beat, name_zh, name_en, geom)
SELECT e.id, {_NAME} || 'B' || lpad(b::text, 2, '0') || 'C' || c, e.station, {_NAME} || 'B' || lpad(b::text, 2, '0'),
       b || '-' || c || '网格', 'Cell ' || b || '-' || c,
       ST_Multi(ST_MakeEnvelope({_WHERE_X} + b * {SIDE}, {_WHERE_Y} + c * {SIDE}, {_WHERE_X} + (b + 1) * {SIDE}, {_WHERE_Y} + (c + 1) * {SIDE}, 4326))
FROM {_COUNTED} JOIN edition e ON e.station = {_NAME} CROSS JOIN generate_series(0, {BEATS - 1}) b
CROSS JOIN generate_series(0, {CELLS_A_BEAT - 1}) c;
SELECT fill_beat_neighbours(id) FROM edition;
"""
PEOPLE = f"""
INSERT INTO person (station, code, name, name_en, service_phone, badge, office)
SELECT station, code || suffix, '合成' || right(code, 3) || suffix, 'Made-up ' || code || suffix, '000-' || (1000 + row_number() OVER ()), right(code, 3) || suffix, '警务室'
FROM beat CROSS JOIN unnest(ARRAY['P0', 'P1', 'X']) suffix
UNION ALL SELECT station, code || 'M', '合成网格员' || right(code, 5), 'Made-up member ' || code, '001-' || (1000 + row_number() OVER ()), '', '社区'
FROM grid_cell;
INSERT INTO posting (station, person_id, role, beat, grid_cell, during)
SELECT p.station, p.id, CASE WHEN p.code LIKE '%%X' THEN 'auxiliary' WHEN p.code LIKE '%%M' THEN 'grid_member' ELSE 'officer' END,
       CASE WHEN p.code NOT LIKE '%%M' THEN left(p.code, 7) END, CASE WHEN p.code LIKE '%%M' THEN left(p.code, 9) END,
       daterange('2020-01-01', NULL)
FROM person p;
INSERT INTO shift (station, person_id, during)
SELECT p.station, p.id, tstzrange(t.start, t.start + interval '12 hours')
FROM person p CROSS JOIN generate_series(0, {DAYS - 1}) d
CROSS JOIN LATERAL (SELECT date_trunc('day', now()) - interval '2 days' + d * interval '1 day'
                           + CASE WHEN p.code LIKE '%%P1' THEN interval '12 hours' ELSE interval '0' END AS start) t
WHERE p.code NOT LIKE '%%M';
"""
DOORS = f"""
INSERT INTO address (station, code, full_text, village, street, house_number, geom)
SELECT {_NAME}, 'D' || lpad(d::text, 6, '0'), '合成市' || s || '镇' || village || street || number, village, street, number,
       ST_SetSRID(ST_MakePoint({_WHERE_X} + (d %% {BEATS} + 0.05 + 0.9 * ((d::bigint * 7919) %% 1000) / 1000.0) * {SIDE},
                               {_WHERE_Y} + ((d / {BEATS}) %% {CELLS_A_BEAT} + 0.05 + 0.9 * ((d::bigint * 104729) %% 1000) / 1000.0) * {SIDE}), 4326)
FROM {_COUNTED} CROSS JOIN generate_series(0, {PER_STATION - 1}) d
CROSS JOIN LATERAL (SELECT d %% {BEATS} / 5 || '村' AS village, '合成路' || d %% {ZONES} / 5 * 4 + d / {ZONES} %% 4 AS street,
                           d / {ZONES} * 5 + d %% 5 + 1 || '号' AS number) named;
INSERT INTO plate (code, station, address_id, status, issued_at)
SELECT f.code, a.station, a.id, 'installed', now() - interval '5 days' FROM fresh_code f JOIN address a USING (id);
INSERT INTO assignment (edition_id, plate, station, beat, grid_cell)
SELECT e.id, f.code, a.station, z.beat, z.beat || 'C' || (d / {BEATS}) %% {CELLS_A_BEAT}
FROM fresh_code f JOIN address a USING (id) JOIN edition e ON e.station = a.station
CROSS JOIN LATERAL (SELECT substr(a.code, 2)::int AS d) n
CROSS JOIN LATERAL (SELECT a.station || 'B' || lpad((n.d %% {BEATS})::text, 2, '0') AS beat) z
ORDER BY f.code;
"""


def numbers(count: int, *, seed: int = 5) -> NDArray[np.uint64]:
    """Return (count,) different 50-bit numbers, sorted."""
    drawn = np.random.default_rng(seed).integers(0, 1 << 50, count + 1_000, dtype=np.uint64)
    found: NDArray[np.uint64] = np.unique(drawn)
    keep = np.sort(np.random.default_rng(seed).permutation(len(found))[:count])
    return found[keep]


def codes(drawn: NDArray[np.uint64]) -> NDArray[np.bytes_]:
    """Return the plate codes of 50-bit numbers with their check symbols, (n,) of 12 bytes: the house's own, all at once."""
    by_six = np.array([_times(value, 6) for value in range(32)], dtype=np.uint8)
    by_eight = np.array([_times(value, 8) for value in range(32)], dtype=np.uint8)
    word = np.empty((len(drawn), 12), dtype=np.uint8)
    high, low = np.zeros(len(drawn), np.uint8), np.zeros(len(drawn), np.uint8)
    for place in range(10):
        word[:, place] = drawn >> np.uint64(5 * (9 - place)) & np.uint64(31)
        feedback = word[:, place] ^ high
        high, low = low ^ by_six[feedback], by_eight[feedback]
    word[:, 10], word[:, 11] = high, low
    written = np.frombuffer(ALPHABET.encode(), np.uint8)[word]
    found: NDArray[np.bytes_] = np.ascontiguousarray(written).view("S12").ravel()
    for one in found[:: max(1, len(found) // 50)]:
        assert parse_plate_code(one.decode()) == one.decode()
    return found


def fill(url: str, plates: int) -> NDArray[np.bytes_]:
    """Fill a database of gridmap's tables with stations of 50,000 plates each; return the codes."""
    assert plates % PER_STATION == 0
    stations = {"stations": plates // PER_STATION}
    made = np.random.default_rng(6).permutation(codes(numbers(plates)))
    with psycopg.connect(databases.libpq(url)) as session, session.cursor() as cursor:
        # Row by row, the guards would take longer than the filling; what is laid down here keeps their rules.
        cursor.execute("SET session_replication_role = replica")
        for part in (STATIONS, EDITIONS, PEOPLE):
            _run(cursor, part, stations)
        cursor.execute("CREATE TEMP TABLE fresh_code (id bigint, code text)")
        with cursor.copy("COPY fresh_code FROM STDIN") as rows:
            rows.write(b"".join(b"%d\t%s\n" % (k, code) for k, code in enumerate(made.tolist(), 1)))
        _run(cursor, DOORS, stations)
    with databases.connect(url) as session:
        session.execute("VACUUM ANALYZE")
    return made


def _run(cursor: psycopg.Cursor, part: str, values: dict[str, int]) -> None:
    for statement in part.split(";\n"):
        if statement.strip():
            cursor.execute(statement, values)
