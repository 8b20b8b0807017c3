"""Repairs and boundary files on the drawing page."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from gridmap.domain.access import Role
from gridmap.services import editions
from gridmap.store import editions as store
from tests import makers
from tests.web.browser.drawing import draw, is_partition, open_draft, shapes, told, version
from tests.web.filled import STATION

pytestmark = pytest.mark.browser


@pytest.fixture
def faulty(held, sessions):
    """Return the number of a draft in which A1 laps over B1."""
    number = open_draft(sessions)
    with sessions.begin() as session:
        beats, cells = makers.two_squares()
        cells.loc[0, "geometry"] = makers.square(0, 0, 1.1, 0.5)
        beats.loc[0, "geometry"] = cells.geometry.iloc[0].union(cells.geometry.iloc[1])
        editions.put_zones(session, store.find(session, STATION, number), beats, cells)
    return number


def test_repairs_are_shown_with_their_ground_and_carried_out_when_accepted(origin, faulty, person, watch):
    page = draw(person(Role.PLANNER).new_page(), origin, faulty)
    expect(page.locator("#draw-faults li")).not_to_have_count(0)
    page.locator("#draw-repair > summary").click()
    rows = page.locator("#draw-repair-list ol > li")
    rows.first.wait_for()
    expect(rows.first).to_contain_text("m²", use_inner_text=True)
    rows.first.hover()
    expect(page.locator(".leaflet-gaps-pane path[stroke-width='3']")).not_to_have_count(0)
    page.locator("#draw-repair-list [data-keep=accept-1]").click()
    version(page, 1)
    page.locator("#draw-repair-list", has_text="没有需要修复的问题").wait_for()
    draft = told(page, faulty)
    assert is_partition(draft)
    expect(page.locator("#draw-faults li")).to_have_count(0)
    page.locator("#draw-undo").click()
    version(page, 2)
    page.locator("#draw-repair-list ol > li").first.wait_for()
    page.locator("#draw-repair-list [data-keep=accept-all]").click()
    version(page, 3)
    assert is_partition(told(page, faulty))
    watch.clean()


def test_doors_in_no_cell_are_counted_and_shown_where_they_are(origin, held, sessions, person, watch):
    number = open_draft(sessions)
    with sessions.begin() as session:
        makers.make_door(session, 0.25, 0.25, station=STATION, code="lonely")
        beats, cells = makers.two_squares()
        editions.put_zones(session, store.find(session, STATION, number), beats, cells.iloc[1:])
    page = draw(person(Role.PLANNER).new_page(), origin, number)
    doors = told(page, number)["live"]["orphan_doors"]["grid_cell"]["doors"]
    button = page.locator("#draw-orphans button", has_text="网格")
    assert doors > 0
    expect(button).to_have_text(f"{doors} 个门户不在任何网格", use_inner_text=True)
    button.click()
    page.locator(".leaflet-popup", has_text="这里的门户不在任何网格").wait_for()
    watch.clean()


def test_a_boundary_file_is_read_on_trial_then_kept_and_can_be_undone(origin, held, sessions, person, watch, tmp_path):
    number = open_draft(sessions)
    beats, cells = makers.two_squares()
    cells.loc[0, "geometry"], cells.loc[1, "geometry"] = makers.square(0, 0, 1, 0.4), makers.square(0, 0.4, 1, 0.6)
    features = [
        {"type": "Feature", "properties": {"kind": kind, **row.drop("geometry").to_dict()}, "geometry": row.geometry.__geo_interface__}
        for kind, frame in (("beat", beats), ("grid_cell", cells))
        for _, row in frame.iterrows()
    ]  # fmt: skip
    file = tmp_path / "zones.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    page = draw(person(Role.PLANNER).new_page(), origin, number)
    page.locator("#draw-repair > summary").click()
    page.locator("#draw-import-body summary").click()
    page.locator("#draw-import-body [name=file]").set_input_files(file)
    page.locator("[data-form=import] button", has_text="试读").click()
    page.locator("#draw-import-body", has_text="4 个网格").wait_for()
    assert told(page, number)["version"] == 0
    page.locator("[data-form=import] button", has_text="导入草案").click()
    version(page, 1)
    assert shapes(told(page, number), "cells")["A1"].area == pytest.approx(0.4 * makers.SIDE**2)
    page.locator("#draw-undo").click()
    version(page, 2)
    assert shapes(told(page, number), "cells")["A1"].area == pytest.approx(0.5 * makers.SIDE**2)
    watch.clean()


def test_a_file_that_is_none_says_so_and_changes_nothing(origin, held, sessions, person, tmp_path):
    number = open_draft(sessions)
    file = tmp_path / "zones.gpkg"
    file.write_bytes(b"<img src=x onerror=window.__x=1>")
    page = draw(person(Role.PLANNER).new_page(), origin, number)
    page.locator("#draw-repair > summary").click()
    page.locator("#draw-import-body summary").click()
    page.locator("#draw-import-body [name=file]").set_input_files(file)
    page.locator("[data-form=import] button", has_text="试读").click()
    page.locator("#draw-import-body .message.bad").wait_for()
    assert page.evaluate("window.__x") is None
    assert told(page, number)["version"] == 0
