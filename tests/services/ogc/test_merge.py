"""Vector tiles joined: every feature is there once, with its own values."""

from __future__ import annotations

import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from gridmap.services.ogc.merge import _read, _varint, merged

SQL = text("""
    SELECT ST_AsMVT(t, :layer, 4096, 'geom', 'id') FROM (
      SELECT n AS id, :prefix || n % 7 AS name, n % 3 AS kind, n > 40 AS late,
             ST_AsMVTGeom(ST_MakePoint(n * 10, n * 5), ST_MakeEnvelope(0, 0, 4096, 4096), 4096, 0, true) AS geom
      FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n) AS t""")


@given(st.integers(0, 2**63 - 1))
@settings(max_examples=200)
def test_a_number_is_read_as_it_was_written(number):
    assert _read(_varint(number), 0) == (number, len(_varint(number)))


@pytest.fixture
def tile(session):
    def make(layer: str, prefix: str, first: int, last: int) -> bytes:
        facts = {"layer": layer, "prefix": prefix, "first": first, "last": last}
        return bytes(session.scalar(SQL, facts))

    return make


def rows(body: bytes, path, layer: str) -> list[tuple[object, ...]]:
    path.write_bytes(body)
    frame = pyogrio.read_dataframe(path, layer=layer)
    return sorted(
        zip(frame["mvt_id"], frame["name"], frame["kind"], frame["late"], frame.geometry.to_wkt(), strict=True)
    )


def test_layers_of_one_name_become_one_with_all_their_features(tile, tmp_path):
    parts = [tile("a", "x", 1, 30), tile("a", "y", 31, 60), tile("b", "z", 1, 5)]
    path = tmp_path / "0.mvt"
    whole = merged([parts[0], b"", *parts[1:]])
    found = rows(whole, path, "a")
    wanted = sorted(row for part in parts[:2] for row in rows(part, path, "a"))
    assert len(found) == 60
    assert found == wanted
    path.write_bytes(whole)
    assert sorted(name for name, _ in pyogrio.list_layers(path)) == ["a", "b"]
    assert whole.count(b"late") == 2  # a key stands once in a layer


def test_one_tile_or_none_comes_back_as_it_is(tile):
    one = tile("a", "x", 1, 3)
    assert merged([one, b""]) == one
    assert merged([]) == merged([b""]) == b""
