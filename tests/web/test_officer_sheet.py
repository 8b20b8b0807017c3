"""The present view on paper: what is chosen is drawn, told in words in both languages, and marked as made up."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from gridmap.domain.access import Role
from gridmap.store.tables import Audit, Station
from gridmap.web.map_layers import PICTURES, SIGNIFICANT, class_of, options_of
from gridmap.web.map_told import legend_of, rounded
from gridmap.web.officer_sheet import settle_options
from tests.web.filled import TODAY


def words(made: bytes) -> str:
    with pypdfium2.PdfDocument(made) as document:
        return document[0].get_textpage().get_text_range().replace("\r\n", "")


@pytest.fixture
def officer(held, as_role):
    return as_role(Role.OFFICER)


def test_a_sheet_says_what_when_how_and_that_it_is_made_up(officer, sessions):
    with sessions.begin() as session:
        session.get_one(Station, "S001").synthetic = True
    reply = officer.get(f"/map/sheet.pdf?station=S001&since={TODAY.replace(day=1)}&until={TODAY}&hours=20-0&weekday=6")
    assert reply.headers["content-type"] == "application/pdf"
    told = words(reply.content)
    for part in (
        "试验派出所",
        "Hotspots",
        "合成数据",
        "SYNTHETIC",
        "Getis-Ord",
        "全部纠纷",
        "20:00–24:00",
        "周六",
        f"{TODAY}",
        "1 : ",
    ):
        assert part in told, part
    with sessions() as session:
        assert session.query(Audit).filter_by(action="print", thing="map hotspots").count() == 1


def test_a_real_station_is_not_called_made_up(officer, sessions):
    with sessions.begin() as session:
        session.get_one(Station, "S001").synthetic = False
    assert "SYNTHETIC" not in words(officer.get("/map/sheet.pdf?station=S001").content)


@pytest.mark.parametrize(
    "layer", ["hotspots", "density", "rates", "moran", "scan", "series", "repeat_places", "change"]
)
def test_every_picture_has_its_sheet(officer, layer):
    told = words(officer.get(f"/map/sheet.pdf?station=S001&layer={layer}&category=").content)
    assert "全部警情" in told


def test_a_png_is_the_same_sheet_with_the_colours_of_the_legend(officer):
    reply = officer.get("/map/sheet.png?station=S001&layer=rates")
    with Image.open(io.BytesIO(reply.content)) as image:
        assert min(image.size) > 1_500
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    assert len(np.unique(pixels[::7], axis=0)) > 20


def test_an_option_that_is_none_is_the_first_choice():
    assert options_of("rates", {"shape": "circle"})["shape"] == "beat"
    assert settle_options("rates", {"size": "500", "per": "km2"}).size_m == 500
    assert settle_options("density", {"bandwidth": "200"}).bandwidth_m == 200.0
    assert settle_options("density", {}).bandwidth_m is None


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [({"kind": "now", "p": SIGNIFICANT}, "now"), ({"kind": "space", "p": 0.051}, "chance")],
)
def test_a_circle_that_chance_would_draw_is_called_chance(facts, wanted):
    assert class_of(PICTURES["scan"], facts) == wanted


@pytest.mark.parametrize(
    ("now", "before", "ratio", "q", "wanted"),
    [(3, 1, 3.0, 0.001, "too_few"), (30, 10, 3.0, 0.001, "more"), (10, 30, 0.33, 0.001, "fewer"), (30, 0, None, 0.001, "more"),
     (30, 25, 1.2, 0.4, "same"), (30, 25, 1.2, None, "same")],
)  # fmt: skip
def test_a_change_is_one_only_beyond_chance_and_never_of_too_few(now, before, ratio, q, wanted):
    assert class_of(PICTURES["change"], {"now": now, "before": before, "ratio": ratio, "q": q}) == wanted


def test_steps_of_a_ramp_are_told_by_the_numbers_between_which_they_stand():
    cells = {"features": [{"properties": {"class": n}} for n in (1, 1, 5)]}
    told = legend_of(PICTURES["density"], {"facts": {"breaks": [10, 20, 30, 40, 50]}, "cells": cells})
    assert [(one.words[1], one.count) for one in told] == [("10 to 20", 2), ("50 or more", 1)]
    cells = {"features": [{"properties": {"class": "ok", "level": n}} for n in (1, 2, 5)]}
    told = legend_of(PICTURES["rates"], {"facts": {"breaks": [10, 20, 30, 40]}, "cells": cells})
    assert [one.words[1] for one in told] == ["below 10", "10 to 20", "40 or more"]


def test_numbers_keep_the_digits_that_count():
    assert [rounded(value) for value in (0.0, 0.00123, 0.5, 12.34, 123.4, 98_765.0)] == [
        "0",
        "0.0012",
        "0.5",
        "12",
        "123",
        "98,800",
    ]
