"""Vector tiles, read back by GDAL: each incident once, counted where there are many, nobody else's, by the index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from gridmap.domain.incidents import OF_ORIGIN, Origin
from gridmap.services import shapes as service
from gridmap.store import editions, frames, shapes, tiles
from gridmap.store.engine import enter_scope
from gridmap.store.tiles import Sought, Spot
from tests import makers
from tests.benchmarks.tilings import wiggly_tiling

ZONE = "Asia/Shanghai"
WHEN = datetime(2025, 6, 1, tzinfo=UTC)
Decode = Callable[[bytes, Spot], dict[str, gpd.GeoDataFrame]]


@pytest.fixture
def decode(tmp_path: Path) -> Decode:
    """Return the function that reads a tile with GDAL: layer -> frame in EPSG:3857."""

    def read(body: bytes, spot: Spot) -> dict[str, gpd.GeoDataFrame]:
        path = tmp_path / "tile.mvt"
        path.write_bytes(body)
        if not body:
            return {}
        place = {"X": spot.x, "Y": spot.y, "Z": spot.z}
        return {name: pyogrio.read_dataframe(path, layer=name, **place) for name, _ in pyogrio.list_layers(path)}

    return read


def covering(z: int, west: float, south: float, east: float, north: float) -> list[Spot]:
    """Return the tiles of a zoom that touch a box in EPSG:3857."""
    side = 2 * tiles.HALF / 2**z
    columns = range(int((west + tiles.HALF) // side), int((east + tiles.HALF) // side) + 1)
    rows = range(int((tiles.HALF - north) // side), int((tiles.HALF - south) // side) + 1)
    return [Spot(z, x, y) for x in columns for y in rows]


def make_city(session: Session, n: int, station: str = "S001") -> gpd.GeoDataFrame:
    """Publish a station of `n` wiggly cells in two beats; return the cells in EPSG:4326."""
    makers.make_station(session, station)
    cells = wiggly_tiling(n, metres=300.0).to_crs(4326).assign(name_zh="合成", name_en="Made up")
    cells["beat"] = np.where(np.arange(len(cells)) < len(cells) // 2, "A", "B")
    halves = [shapely.coverage_union_all(cells.geometry[cells["beat"] == code].to_numpy()) for code in "AB"]
    draft = makers.make_draft(session, station, beats=makers.zones(dict(zip("AB", halves, strict=True))), cells=cells)
    editions.set_published(session, draft, by="test", at=WHEN)
    return cells


def make_incidents(session: Session, n: int, station: str = "S001") -> pd.DataFrame:
    """Add incidents over a year, some exactly on the edges of tiles; return `id`, `at`, `source`, EPSG:3857 `x`, `y`."""
    makers.make_incident(session, 0.5, 0.5, WHEN, station=station)
    west, _, _, north = covering(14, 12_580_000, 4_270_000, 12_580_000, 4_270_000)[0].edges
    session.execute(
        text("""INSERT INTO incident (station, number, category, at, source, geom)
                SELECT :station, 'n' || i, 'noise', :at + i * interval '53 minutes',
                       (ARRAY['call', 'visit', 'patrol', 'resident', 'import'])[1 + i % 5],
                       ST_Transform(ST_SetSRID(ST_MakePoint(
                         CASE WHEN i % 50 = 0 THEN :west ELSE :west - 3000 + (i * 37) % 6000 END,
                         CASE WHEN i % 70 = 0 THEN :north ELSE :north - 3000 + (i * 91) % 6000 END), 3857), 4326)
                FROM generate_series(1, :n) AS i"""),
        {"station": station, "at": WHEN, "n": n, "west": west, "north": north},
    )
    rows = session.execute(
        text(
            """SELECT id, at, source, ST_X(geom_3857) AS x, ST_Y(geom_3857) AS y FROM incident WHERE station = :station"""
        ),
        {"station": station},
    )
    return pd.DataFrame(rows.mappings().all())


@pytest.mark.parametrize("z", [9, 14, 16])
def test_every_incident_is_in_one_tile_of_a_zoom_and_where_it_happened(session, decode, z):
    makers.make_station(session)
    known = make_incidents(session, 200).set_index("id")
    found = []
    for spot in covering(z, known["x"].min(), known["y"].min(), known["x"].max(), known["y"].max()):
        found += decode(tiles.incidents(session, "S001", ZONE, Sought(), spot), spot).values()
    drawn = pd.concat(found).astype({"mvt_id": int}).set_index("mvt_id")
    assert sorted(drawn.index) == sorted(known.index), "each once"
    unit = 2 * tiles.HALF / 2**z / tiles.EXTENT
    at = known.loc[drawn.index]
    assert np.abs(drawn.geometry.x - at["x"]).max() <= unit
    assert np.abs(drawn.geometry.y - at["y"]).max() <= unit
    local = pd.DatetimeIndex(at["at"]).tz_convert(ZONE)
    assert list(drawn["hour"]) == list(local.hour)
    assert list(drawn["weekday"]) == list(local.day_of_week + 1)
    day = (local.tz_localize(None).normalize() - pd.Timestamp(1970, 1, 1)).days
    assert list(drawn["day"]) == list(day)
    assert list(drawn["started"]) == list(at["source"].isin(OF_ORIGIN[Origin.STARTED]))


def test_too_many_incidents_are_counted_in_squares_and_none_is_lost(session, decode, monkeypatch):
    monkeypatch.setattr(tiles, "MOST_POINTS", 30)
    makers.make_station(session)
    known = make_incidents(session, 200)
    total, squares = 0, []
    for spot in covering(13, known["x"].min(), known["y"].min(), known["x"].max(), known["y"].max()):
        layers = decode(tiles.incidents(session, "S001", ZONE, Sought(), spot), spot)
        assert len(layers) <= 1, "a tile holds incidents or counts, never both"
        for name, frame in layers.items():
            total += int(frame["count"].sum()) if name == "incidents_counted" else len(frame)
            if name == "incidents_counted":
                assert frame["aggregated"].all()
                squares.append(frame)
                inside = shapely.STRtree(frame.geometry.to_numpy()).query(
                    shapely.points(known["x"], known["y"]), predicate="intersects"
                )
                assert (np.bincount(inside[1], minlength=len(frame)) >= frame["count"]).all()
    assert total == len(known)
    assert squares, "the test must count somewhere"
    assert np.allclose(pd.concat(squares).area, (2 * tiles.HALF / 2**13 / tiles.SQUARES) ** 2)


def hour_in(local: pd.Series, first: int, last: int) -> pd.Series:
    """Return which moments lie in hours of the day that may run over midnight."""
    after, before = local.dt.hour >= first, local.dt.hour < last
    return (after & before) if first < last else (after | before)


def test_the_view_decides_which_incidents_a_tile_holds(session, decode):
    makers.make_station(session)
    known = make_incidents(session, 200)
    local, source = known["at"].dt.tz_convert(ZoneInfo(ZONE)), known["source"]
    third = WHEN + timedelta(days=3)
    spots = covering(9, known["x"].min(), known["y"].min(), known["x"].max(), known["y"].max())
    for sought, kept in (
        (Sought(hours=(9, 17)), hour_in(local, 9, 17)),
        (Sought(hours=(22, 6)), hour_in(local, 22, 6)),
        (Sought(hours=(18, 0)), hour_in(local, 18, 0)),
        (Sought(weekdays=(1, 7)), (local.dt.day_of_week + 1).isin([1, 7])),
        (Sought(sources=OF_ORIGIN[Origin.STARTED]), source.isin(["visit", "patrol"])),
        (Sought(since=third), local >= third),
        (Sought(until=third), local < third),
        (Sought(categories=("noise",)), local.notna()),
        (Sought(categories=("theft",)), local.isna()),
        (Sought(zones=("nowhere",)), local.isna()),
    ):
        drawn = {
            int(id_)
            for one in spots
            for frame in decode(tiles.incidents(session, "S001", ZONE, sought, one), one).values()
            for id_ in frame["mvt_id"]
        }
        assert drawn == set(known["id"][kept]), sought


def test_tiers_and_zones_narrow_too(session, decode):
    makers.make_station(session)
    edition = makers.make_draft(session)
    inside, outside = (makers.make_incident(session, x, 0.5, WHEN + timedelta(hours=x)) for x in (0.5, 1.5))
    session.execute(
        text("""INSERT INTO dispute (station, number, kind, opened_at, incident_id, tier)
                VALUES ('S001', 'D1', 'noise', :at, :id, 3)"""),
        {"at": WHEN, "id": outside.id},
    )
    ids = {}
    for name, sought in {
        "beat": Sought(zones=("A",), edition_id=edition.id),
        "cell": Sought(zones=("B2", "B1"), edition_id=edition.id),
        "tier 3": Sought(tiers=(2, 3)),
        "tier 1": Sought(tiers=(1,)),
    }.items():
        layers = decode(tiles.incidents(session, "S001", ZONE, sought, Spot(0, 0, 0)), Spot(0, 0, 0))
        ids[name] = [int(id_) for frame in layers.values() for id_ in frame["mvt_id"]]
    assert ids == {"beat": [inside.id], "cell": [outside.id], "tier 3": [outside.id], "tier 1": []}


@pytest.mark.parametrize("z", [10, 13, 15])
def test_cells_are_drawn_where_they_are_simplified_or_not(session, decode, z):
    cells = make_city(session, 36).to_crs(3857).set_index("code")
    edition = editions.in_force(session, "S001")
    for shaped in (False, True):
        if shaped:
            service.fill(session, edition.id)
        found = []
        for spot in covering(z, *cells.total_bounds):
            layers = decode(tiles.zones(session, "S001", edition.id, "grid_cell", spot, shaped=shaped), spot)
            found.append(layers.get("cells", gpd.GeoDataFrame()))
        drawn = pd.concat([one for one in found if len(one)])
        assert set(drawn["code"]) == set(cells.index)
        assert ("name_zh" in drawn) == (z >= tiles.NAMES_FROM)
        joined = drawn.dissolve("code").geometry
        whole = cells.geometry.reindex(joined.index)
        # Half a pixel along every border.
        allowed = 2 * tiles.HALF / 2**z / 512 / 2 * whole.length
        assert (joined.symmetric_difference(whole).area < allowed).all()


def test_cells_are_counted_in_squares_where_they_are_too_small(session, decode):
    cells = make_city(session, 36)
    edition = editions.in_force(session, "S001")
    for shaped in (False, True):
        if shaped:
            service.fill(session, edition.id)
        bounds = cells.to_crs(3857).total_bounds
        counts = [
            decode(tiles.zones_counted(session, "S001", edition.id, "grid_cell", spot, shaped=shaped), spot)
            for spot in covering(9, *bounds)
        ]
        assert sum(int(one["cells_counted"]["count"].sum()) for one in counts if one) == len(cells)


def test_simplified_zones_still_share_their_borders(session):
    cells = make_city(session, 144)
    edition = editions.in_force(session, "S001")
    assert service.fill(session, edition.id) == len(cells) + 2
    sizes: dict[str, list[int]] = {"beat": [], "grid_cell": []}
    for kind, level in [("beat", 0), ("beat", 1), ("beat", 2), ("beat", 3), *(("grid_cell", n) for n in range(3))]:
        raw = session.scalars(
            text("SELECT ST_AsBinary(geom) FROM zone_shape WHERE edition_id = :e AND kind = :kind AND level = :level"),
            {"e": edition.id, "kind": kind, "level": level},
        )
        shapes_ = shapely.from_wkb([bytes(one) for one in raw])
        assert shapely.coverage_is_valid(shapes_), (kind, level)
        assert shapely.is_valid(shapes_).all()
        sizes[kind].append(int(shapely.get_num_coordinates(shapes_).sum()))
    for found in sizes.values():
        assert found == sorted(found, reverse=True)
        assert found[-1] < 0.7 * found[0]


def test_a_second_filling_does_nothing_and_a_draft_gets_none(session):
    make_city(session, 16)
    edition = editions.in_force(session, "S001")
    assert not shapes.has(session, edition.id)
    assert service.fill(session, edition.id) > 0
    assert shapes.has(session, edition.id)
    assert service.fill(session, edition.id) == 0
    draft = makers.make_draft(session)
    assert service.fill(session, draft.id) == 0


def test_no_tile_holds_anything_of_another_station(sessions, app_sessions, decode):
    """Two stations at the same place; the service is in the scope of one and asks for the tiles of the other."""
    with sessions.begin() as session:
        ids = {}
        for station in ("S001", "S002"):
            makers.make_station(session, station)
            draft = makers.make_draft(session, station)
            editions.set_published(session, draft, by="test", at=WHEN)
            service.fill(session, draft.id)
            ids[station] = (draft.id, makers.make_incident(session, 0.5, 0.5, WHEN, station=station).id)
    place = gpd.GeoSeries([makers.spot(0.5, 0.5)], crs=4326).to_crs(3857).iloc[0]
    here = covering(12, place.x, place.y, place.x, place.y)[0]
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        for station, (edition, incident) in ids.items():
            own = station == "S001"
            drawn = decode(tiles.incidents(session, station, ZONE, Sought(), here), here)
            assert [int(n) for n in drawn["incidents"]["mvt_id"]] == [incident] if own else drawn == {}
            for shaped in (False, True):
                found = tiles.zones(session, station, edition, "beat", here, shaped=shaped)
                counted = tiles.zones_counted(session, station, edition, "grid_cell", here, shaped=shaped)
                assert (bool(found), bool(counted)) == (own, own)


def test_tiles_use_the_spatial_index_under_row_level_security(sessions, app_sessions):
    with sessions.begin() as session:
        make_city(session, 900)
        edition = editions.in_force(session, "S001")
        service.fill(session, edition.id)
        make_incidents(session, 10_000)
        middle = session.execute(text("SELECT ST_X(geom_3857), ST_Y(geom_3857) FROM incident LIMIT 1")).one()
        cell = frames.zones(session, edition.id, "grid_cell").to_crs(3857).geometry.iloc[0].centroid
    with sessions().bind.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    sent: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        sent.append((statement, parameters))

    engine = app_sessions.kw["bind"]
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        at = covering(17, *middle, *middle)[0]
        over = covering(15, cell.x, cell.y, cell.x, cell.y)[0]
        event.listen(engine, "before_cursor_execute", note)
        tiles.incidents(session, "S001", ZONE, Sought(since=WHEN), at)
        tiles.zones(session, "S001", edition.id, "grid_cell", over, shaped=True)
        tiles.zones(session, "S001", edition.id, "grid_cell", over, shaped=False)
        event.remove(engine, "before_cursor_execute", note)
        assert len(sent) == 3, "one query a tile"
        plans = [
            "\n".join(session.connection().exec_driver_sql(f"EXPLAIN {one}", facts).scalars()) for one, facts in sent
        ]
    for plan, index in zip(
        plans, ("idx_incident_geom_3857", "ix_zone_shape_edition_id_kind_level_geom", "idx_grid_cell_geom"), strict=True
    ):
        assert index in plan, plan
        condition = plan.split(index, 1)[1].split("Index Cond:", 1)[1].split("\n", 1)[0]
        assert "geom" in condition, plan
        assert "&&" in condition, plan
